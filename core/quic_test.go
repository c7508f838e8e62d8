package core

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"slices"
	"testing"

	"patina/core/ech"
	"patina/core/iana"
	"patina/core/keys"
)

// quicEnd is one end of a QUIC connection without packets.
type quicEnd interface {
	// advance lets it go on and returns what it wants done.
	advance() ([]QUICEvent, error)
	receive(level QUICLevel, data []byte) error
	done() bool
}

// ourQUIC is an end of ours that agrees to everything.
type ourQUIC struct {
	*QUIC
	events
	custom func(c *Conn, w Wait) (bool, error)
	later  []QUICEvent // of the next advance
}

func newOurQUIC(q *QUIC) *ourQUIC {
	o := &ourQUIC{QUIC: q}
	q.Conn().SetObserver(&o.events)
	return o
}

func (o *ourQUIC) done() bool { return o.Conn().HandshakeComplete() }

func (o *ourQUIC) receive(level QUICLevel, data []byte) error { return o.Receive(level, data) }

func (o *ourQUIC) advance() (list []QUICEvent, err error) {
	list, o.later = o.later, nil
	for {
		w, err := o.Advance()
		for e := o.NextEvent(); e.Kind != QUICNoEvent; e = o.NextEvent() {
			list = append(list, e)
		}
		if err != nil || w == WaitRead {
			return list, err
		}
		if w == WaitWrite || w == WaitNone || len(o.Conn().Output()) > 0 {
			return list, fmt.Errorf("QUIC gets %v", w)
		}
		if o.custom != nil {
			if ok, err := o.custom(o.Conn(), w); ok || err != nil {
				if err != nil {
					return list, err
				}
				continue
			}
		}
		if err := o.answer(o.Conn(), w); err != nil {
			return list, err
		}
	}
}

// goQUIC is an end of crypto/tls.
type goQUIC struct {
	*tls.QUICConn
	params   []byte
	started  bool
	complete bool
	ticket   bool // a server sends one, with early data
	rejected bool
}

var goLevels = [...]QUICLevel{tls.QUICEncryptionLevelInitial: QUICInitial, tls.QUICEncryptionLevelEarly: QUICEarly,
	tls.QUICEncryptionLevelHandshake: QUICHandshake, tls.QUICEncryptionLevelApplication: QUICApplication}

func (g *goQUIC) done() bool { return g.complete }

func (g *goQUIC) receive(level QUICLevel, data []byte) error {
	if !g.started {
		g.started = true
		if err := g.Start(context.Background()); err != nil {
			return err
		}
	}
	return g.HandleData(tls.QUICEncryptionLevel(slices.Index(goLevels[:], level)), data)
}

func (g *goQUIC) advance() (list []QUICEvent, err error) {
	if !g.started {
		g.started = true
		if err := g.Start(context.Background()); err != nil {
			return nil, err
		}
	}
	for {
		e := g.NextEvent()
		add := func(k QUICEventKind) {
			list = append(list, QUICEvent{k, goLevels[e.Level], iana.CipherSuite(e.Suite), bytes.Clone(e.Data)})
		}
		switch e.Kind {
		case tls.QUICNoEvent:
			return list, nil
		case tls.QUICSetReadSecret:
			add(QUICReadSecret)
		case tls.QUICSetWriteSecret:
			add(QUICWriteSecret)
		case tls.QUICWriteData:
			add(QUICCrypto)
		case tls.QUICTransportParameters:
			add(QUICTransportParameters)
		case tls.QUICTransportParametersRequired:
			g.SetTransportParameters(g.params)
		case tls.QUICRejectedEarlyData:
			g.rejected = true
		case tls.QUICHandshakeDone:
			g.complete = true
			if g.ticket {
				if err := g.SendSessionTicket(tls.QUICSessionTicketOptions{EarlyData: true}); err != nil {
					return list, err
				}
			}
		case tls.QUICErrorEvent:
			return list, e.Err
		}
	}
}

// quicPair connects two ends.
type quicPair struct {
	client, server quicEnd
	// secrets, of each end, by direction and level.
	secrets [2]map[string]string
	params  [2]string // what each was told of the other
	levels  [2][]QUICLevel
}

// run lets both go on, giving each what the other sends, until nothing happens.
func (p *quicPair) run() (cerr, serr error) {
	ends := [2]quicEnd{p.client, p.server}
	p.secrets = [2]map[string]string{{}, {}}
	type item struct {
		from int
		QUICEvent
	}
	var queue []item
	advance := func(i int) error {
		list, err := ends[i].advance()
		for _, e := range list {
			queue = append(queue, item{i, e})
		}
		return err
	}
	var errs [2]error
	errs[0] = advance(0)
	for len(queue) > 0 && errs == [2]error{} {
		x := queue[0]
		queue = queue[1:]
		i, to := x.from, 1-x.from
		switch x.Kind {
		case QUICCrypto:
			p.levels[i] = append(p.levels[i], x.Level)
			// In two pieces.
			n := len(x.Data) / 2
			for _, piece := range [][]byte{x.Data[:n], x.Data[n:]} {
				if errs[to] = ends[to].receive(x.Level, piece); errs[to] == nil {
					errs[to] = advance(to)
				}
				if errs[to] != nil {
					break
				}
			}
		case QUICReadSecret:
			p.secrets[i][fmt.Sprintf("%v from %d", x.Level, to)] = fmt.Sprintf("%v %x", x.Suite, x.Data)
		case QUICWriteSecret:
			p.secrets[i][fmt.Sprintf("%v from %d", x.Level, i)] = fmt.Sprintf("%v %x", x.Suite, x.Data)
		case QUICTransportParameters:
			p.params[i] = string(x.Data)
		}
	}
	return errs[0], errs[1]
}

// mustRun runs a handshake and compares what both sides know. early says that
// there must be secrets for early data.
func (p *quicPair) mustRun(t *testing.T, early bool) {
	t.Helper()
	if cerr, serr := p.run(); cerr != nil || serr != nil {
		t.Fatalf("client: %v; server: %v", cerr, serr)
	}
	if !p.client.done() || !p.server.done() {
		t.Fatalf("client done %v, server done %v", p.client.done(), p.server.done())
	}
	want := 4
	if early {
		want++
	}
	for from, other := range p.secrets {
		if len(p.secrets[from]) != want {
			t.Errorf("secrets %v", p.secrets[from])
		}
		for name, s := range p.secrets[from] {
			if p.secrets[1-from][name] != s {
				t.Errorf("%s: %s, %s", name, s, other[name])
			}
		}
	}
	if p.params != [2]string{"of the server", "of the client"} {
		t.Errorf("transport parameters %q", p.params)
	}
	for i := range p.levels {
		if !slices.IsSorted(p.levels[i]) || slices.Contains(p.levels[i], QUICEarly) {
			t.Errorf("levels %v", p.levels[i])
		}
	}
}

func quicClientParams(p Params) Params {
	p.QUICTransportParameters = []byte("of the client")
	if p.ServerName == "" {
		p.ServerName = "example.org"
	}
	return p
}

func quicServerParams(p Params) Params {
	p.QUICTransportParameters = []byte("of the server")
	return p
}

// TestQUICGoServer: our client with crypto/tls: new, resumed, with early data
// taken and refused, after a HelloRetryRequest, and with a client certificate.
func TestQUICGoServer(t *testing.T) {
	id := identityOf(t, "p256")
	cfg := configOf(t, func(s *Settings) {
		s.Ask, s.ALPN, s.Credentials = AskSession, []string{"h3", "other"}, []*Credential{id.cred}
	})
	tlsConfig := &tls.Config{Certificates: []tls.Certificate{goCertificate(id)}, NextProtos: []string{"h3"}, MinVersion: tls.VersionTLS13}
	var session *Session
	for _, tt := range []struct {
		name            string
		change          func(c *tls.Config)
		resumed, early  bool
		offers, accepts bool
	}{
		{"new", nil, false, false, false, false},
		{"resumed", nil, true, false, false, false},
		{"early data", nil, true, true, true, true},
		{"retry", func(c *tls.Config) { c.CurvePreferences = []tls.CurveID{tls.CurveP521} }, true, false, true, false},
		{"client certificate", func(c *tls.Config) { c.ClientAuth, c.SessionTicketsDisabled = tls.RequireAnyClientCert, true }, false, false, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := tlsConfig
			if tt.change != nil {
				c = c.Clone()
				tt.change(c)
			}
			ours := newOurQUIC(NewQUICClient(cfg, quicClientParams(Params{Session: session, EarlyData: tt.offers, MinVersion: iana.VersionTLS12, PostHandshakeAuth: true})))
			peer := &goQUIC{QUICConn: tls.QUICServer(&tls.QUICConfig{TLSConfig: c}), params: []byte("of the server"), ticket: !c.SessionTicketsDisabled}
			p := &quicPair{client: ours, server: peer}
			if tt.offers && !tt.accepts {
				// crypto/tls never had the secret of early data.
				if cerr, serr := p.run(); cerr != nil || serr != nil || !ours.done() || !peer.complete {
					t.Fatal(cerr, serr)
				}
			} else {
				p.mustRun(t, tt.early)
			}
			st := peer.ConnectionState()
			if st.DidResume != tt.resumed || ours.Conn().Resumed() != tt.resumed || st.NegotiatedProtocol != "h3" || ours.Conn().ALPN() != "h3" {
				t.Errorf("resumed %v %v, %q", st.DidResume, ours.Conn().Resumed(), ours.Conn().ALPN())
			}
			want := EarlyNone
			if tt.offers {
				if want = EarlyRejected; tt.accepts {
					want = EarlyAccepted
				}
			}
			if got := ours.Conn().EarlyStatus(); got != want {
				t.Errorf("early data %v, want %v", got, want)
			}
			if len(ours.sessions) > 0 {
				session = ours.sessions[0]
				if session.MaxEarlyData != quicMaxEarlyData {
					t.Errorf("%d bytes of early data", session.MaxEarlyData)
				}
			}
			if slices.ContainsFunc(ours.messages, func(m string) bool { return m == ">change_cipher_spec" || m == ">end_of_early_data" }) {
				t.Errorf("%v", ours.messages)
			}
		})
	}
}

// TestQUICGoClient: crypto/tls's client with our server.
func TestQUICGoClient(t *testing.T) {
	tickets, err := NewTicketKeys(nil)
	if err != nil {
		t.Fatal(err)
	}
	cache := tls.NewLRUClientSessionCache(4)
	client := &tls.Config{InsecureSkipVerify: true, ServerName: "example.org", NextProtos: []string{"h3"}, MinVersion: tls.VersionTLS13,
		ClientSessionCache: cache, Certificates: []tls.Certificate{goCertificate(identityOf(t, "p256"))}}
	for i, tt := range []struct {
		name    string
		change  func(s *Settings, p *Params)
		resumed bool
		early   bool
	}{
		{"new", nil, false, false},
		{"early data", nil, true, true},
		{"early data again", nil, true, true},
		{"early data refused", func(s *Settings, p *Params) { s.AntiReplay = nil }, true, false},
		// Without a session: after a HelloRetryRequest to a hello with early data
		// crypto/tls's binder is of the hello that still had the extension.
		{"retry", func(s *Settings, p *Params) { s.Groups = []iana.NamedGroup{iana.GroupSecp521r1} }, false, false},
		{"client certificate", func(s *Settings, p *Params) { p.ClientAuth = RequireClientCert }, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			params := quicServerParams(Params{Tickets: 1, MaxEarlyData: 1})
			cfg := serverOf(t, func(s *Settings) {
				s.TicketKeys, s.ALPN, s.Ask = tickets, []string{"h3"}, AskClientHello
				s.AntiReplay = NewStrikeRegister(100, s.Now().AddDate(0, 0, -1))
				if tt.change != nil {
					tt.change(s, &params)
				}
			})
			ours := newOurQUIC(NewQUICServer(cfg, params))
			var told []byte
			ours.custom = func(c *Conn, w Wait) (bool, error) {
				if w == WaitClientHello {
					told = ours.PeerTransportParameters()
				}
				return false, nil
			}
			client := client.Clone()
			if i > 3 {
				client.ClientSessionCache = nil
			}
			peer := &goQUIC{QUICConn: tls.QUICClient(&tls.QUICConfig{TLSConfig: client}), params: []byte("of the client")}
			p := &quicPair{client: peer, server: ours}
			if tt.resumed && !tt.early {
				// Only the client has the secret of early data.
				if cerr, serr := p.run(); cerr != nil || serr != nil || !ours.done() || !peer.complete {
					t.Fatal(cerr, serr)
				}
			} else {
				p.mustRun(t, tt.early)
			}
			if st := peer.ConnectionState(); st.DidResume != tt.resumed || ours.Conn().Resumed() != tt.resumed || st.NegotiatedProtocol != "h3" {
				t.Errorf("resumed %v %v", st.DidResume, ours.Conn().Resumed())
			}
			if tt.early != (ours.Conn().EarlyStatus() == EarlyAccepted) || peer.rejected != (tt.resumed && !tt.early) {
				t.Errorf("%v, rejected %v", ours.Conn().EarlyStatus(), peer.rejected)
			}
			if string(ours.PeerTransportParameters()) != "of the client" || string(told) != "of the client" {
				t.Errorf("transport parameters %q, %q", ours.PeerTransportParameters(), told)
			}
		})
	}
}

// TestQUICOwn: both sides ours, with everything the other transport has too.
func TestQUICOwn(t *testing.T) {
	key := echKey(t, ech.Template{})
	for _, groups := range [][]iana.NamedGroup{allGroups, {iana.GroupSecp384r1}} {
		server := echServerOf(t, func(s *Settings) { s.ECHKeys, s.ALPN, s.Groups = echRing(t, key), []string{"h3"}, groups })
		client := configOf(t, func(s *Settings) { s.ALPN = []string{"h3"} })
		c := newOurQUIC(NewQUICClient(client, quicClientParams(Params{ServerName: hiddenName, ECHConfigs: ech.ConfigList{key.Config}, RequestStaple: true})))
		s := newOurQUIC(NewQUICServer(server, quicServerParams(Params{ClientAuth: RequestClientCert})))
		p := &quicPair{client: c, server: s}
		p.mustRun(t, false)
		a, aerr := c.Conn().ExportKeyingMaterial("label", nil, 32)
		b, berr := s.Conn().ExportKeyingMaterial("label", nil, 32)
		if aerr != nil || berr != nil || !bytes.Equal(a, b) || c.Conn().ECH() != ECHAccepted || s.Conn().ServerName() != hiddenName {
			t.Errorf("%v %v, %v", aerr, berr, c.Conn().ECH())
		}
		for _, q := range []*ourQUIC{c, s} {
			conn := q.Conn()
			_, _, rerr := conn.Read(make([]byte, 1))
			_, _, perr := conn.Peek(make([]byte, 1))
			_, _, werr := conn.Write([]byte{1})
			_, _, eerr := conn.WriteEarly([]byte{1})
			_, _, xerr := conn.ReadEarly(make([]byte, 1))
			if rerr != ErrQUIC || perr != ErrQUIC || werr != ErrQUIC || eerr != ErrQUIC || xerr != ErrNoEarlyData || conn.KeyUpdate(true) != ErrQUIC {
				t.Errorf("%v %v %v %v %v", rerr, perr, werr, eerr, xerr)
			}
			if len(conn.Output()) > 0 {
				t.Errorf("%d bytes of records", len(conn.Output()))
			}
			conn.Free()
			if e := q.NextEvent(); e.Kind != QUICNoEvent {
				t.Errorf("an event after the end: %+v", e)
			}
		}
	}
}

// TestQUICOwnEarly: sessions of QUIC, with early data taken, and refused by a
// HelloRetryRequest.
func TestQUICOwnEarly(t *testing.T) {
	tickets, err := NewTicketKeys(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := configOf(t, func(s *Settings) { s.ALPN, s.Ask = []string{"h3"}, AskSession })
	var session *Session
	for i, groups := range [][]iana.NamedGroup{allGroups, allGroups, {iana.GroupSecp384r1}} {
		server := serverOf(t, func(s *Settings) {
			s.ALPN, s.Groups, s.TicketKeys = []string{"h3"}, groups, tickets
			s.AntiReplay = NewStrikeRegister(100, s.Now().AddDate(0, 0, -1))
		})
		c := newOurQUIC(NewQUICClient(client, quicClientParams(Params{Session: session, EarlyData: true})))
		s := newOurQUIC(NewQUICServer(server, quicServerParams(Params{Tickets: 1, MaxEarlyData: 100})))
		p := &quicPair{client: c, server: s}
		want := []EarlyStatus{EarlyNone, EarlyAccepted, EarlyRejected}[i]
		if want == EarlyRejected {
			if cerr, serr := p.run(); cerr != nil || serr != nil {
				t.Fatal(cerr, serr)
			}
		} else {
			p.mustRun(t, want == EarlyAccepted)
		}
		if c.Conn().EarlyStatus() != want || s.Conn().EarlyStatus() != want || c.Conn().Resumed() != (i > 0) || !c.done() || !s.done() {
			t.Errorf("%d: %v %v, resumed %v", i, c.Conn().EarlyStatus(), s.Conn().EarlyStatus(), c.Conn().Resumed())
		}
		session = c.sessions[0]
		if session.MaxEarlyData != quicMaxEarlyData {
			t.Errorf("%d bytes of early data", session.MaxEarlyData)
		}
	}
}

// TestQUICVectors is RFC 9001, appendix A.1 and A.5.
func TestQUICVectors(t *testing.T) {
	unhexed := func(s string) []byte {
		b, err := hex.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	client, server := keys.QUICInitial(unhexed("8394c8f03e515708"))
	k := new(keys.KDF)
	k.Init(sha256.New())
	for _, tt := range []struct {
		s                   *keys.Secret
		secret, key, iv, hp string
	}{
		{&client, "c00cf151ca5be075ed0ebfb5c80323c42d6b7db67881289af4008f1f6c357aea", "1f369613dd76d5467730efcbe3b1a22d", "fa044b2f42a3fd3b46fb255c", "9f50449e04a0e810283a1e9933adedd2"},
		{&server, "3c199828fd139efd216c155ad844cc81fb82fa8d7446fa7d78be803acdda951b", "cf3a5331653c364c88f0f379b6067e37", "0ac1493ca1905853b0bba03e", "c206b8d9b9f0f37644430b490eeaa314"},
	} {
		key, iv, hp := make([]byte, 16), make([]byte, 12), make([]byte, 16)
		keys.QUICPacketKeys(k, tt.s, key, iv, hp)
		for _, x := range [][2]string{{hex.EncodeToString(tt.s.Bytes()), tt.secret}, {hex.EncodeToString(key), tt.key}, {hex.EncodeToString(iv), tt.iv}, {hex.EncodeToString(hp), tt.hp}} {
			if x[0] != x[1] {
				t.Errorf("%s, want %s", x[0], x[1])
			}
		}
	}
	s := keys.MakeSecret(unhexed("9ac312a7f877468ebe69422748ad00a15443f18203a07d6060f688f30f21632b"))
	key, iv, hp := make([]byte, 32), make([]byte, 12), make([]byte, 32)
	keys.QUICPacketKeys(k, &s, key, iv, hp)
	next := keys.QUICNext(k, &s)
	for _, x := range [][2]string{
		{hex.EncodeToString(key), "c6d98ff3441c3fe1b2182094f69caa2ed4b716b65488960a7a984979fb23e1c8"},
		{hex.EncodeToString(iv), "e0459b3474bdd0e44a41c144"},
		{hex.EncodeToString(hp), "25a282b9e82f06f21f488917a4fc8f1b73573685608597d0efcb076b0ab7a7a4"},
		{hex.EncodeToString(next.Bytes()), "1223504755036d556342ee9361d253421a826c9ecdf3c7148684b36b714881f9"},
	} {
		if x[0] != x[1] {
			t.Errorf("%s, want %s", x[0], x[1])
		}
	}
}
