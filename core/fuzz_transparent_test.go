package core

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"time"

	"patina/core/certcomp"
	"patina/core/certcomp/zlib"
	"patina/core/ech"
	"patina/core/iana"
	"patina/core/provider/transparent"
	"patina/core/record"
)

// Fuzzing of whole connections over a provider that makes cryptography
// transparent: what a peer sends after the handshake's authentication is reached
// too.
//
// An input is what one connection of ours is to be (two bytes, setups.of) and
// what its peer does: a list of acts. The harness frames them: it gives
// handshake messages their length and records their header and protection, so
// that a change of a byte is a change of the message and not only a record that
// does not open.
//
//	kind, length (2 bytes), then length bytes:
//	actHandshake   a message: its type, its body
//	actFragments   the same in records of one byte up to the message's type
//	actRecord      a record: its content type, its content
//	actRaw         bytes as they are
//	actBadTag      as actRecord, with a tag that does not open
//	actOp          operations of ours, one for each byte
const (
	actHandshake = iota
	actFragments
	actRecord
	actRaw
	actBadTag
	actOp
	acts
)

const (
	maxActs      = 64
	maxFuzzInput = 1 << 16
)

// setup is a connection under test.
type setup struct {
	cfg    *Config
	params Params
}

// fuzzed is a connection under test.
type fuzzed struct {
	t testing.TB
	*end
	in, out bytes.Buffer
	later   bool // questions after the handshake are postponed
}

// zeroReader is a source of zeros, for Rand.
type zeroReader struct{}

func (zeroReader) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// still is when all of it happens.
var still = time.Unix(1700000000, 0)

// settingsFor are the Settings of both sides; bits choose.
func settingsFor(t testing.TB, bits uint8) Settings {
	id := identityOf(t, "p256")
	cred := &Credential{Chain: [][]byte{id.cert}, Schemes: id.cred.Schemes, Staple: []byte("staple"), SCTs: [][]byte{[]byte("timestamp")}}
	if bits&1 == 0 {
		cred.Signer = transparent.Signer{Key: id.key.Public()}
	}
	s := Settings{Provider: transparent.New(), Rand: zeroReader{}, Now: func() time.Time { return still },
		Credentials: []*Credential{cred}, ALPN: []string{"h2", "http/1.1"}, PSKs: []*PSK{fuzzPSK, fuzzPSK12}, Ask: AskTicket | AskSession | AskEarlyData}
	key := fuzzECHKey()
	var err error
	if s.ECHKeys, err = ech.NewKeys(s.Provider.HPKE(), key); err != nil {
		t.Fatal(err)
	}
	if bits&2 != 0 {
		s.Ask |= AskClientHello | AskSelect | AskStaple | AskCertificate | AskPSK
		s.PSKs = nil
	}
	if bits&4 != 0 {
		s.Groups = []iana.NamedGroup{iana.GroupSecp256r1, iana.GroupX25519}
		s.CertCompression = []certcomp.Algorithm{stored, zlib.Algorithm()}
	}
	if bits&8 != 0 {
		s.Suites = []iana.CipherSuite{iana.TLS_CHACHA20_POLY1305_SHA256, iana.TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256, iana.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256}
		s.ServerCertTypes = []iana.CertificateType{iana.CertTypeRawPublicKey, iana.CertTypeX509}
		s.ClientCertTypes = s.ServerCertTypes
		raw := *cred
		raw.Chain, raw.PublicKeyInfo, raw.Staple, raw.SCTs = nil, rawCredential(t, id).PublicKeyInfo, nil, nil
		s.Credentials = []*Credential{&raw, cred}
	}
	return s
}

// stored is a compression that changes nothing, so that what is inside can be
// reached.
var stored = certcomp.Algorithm{ID: 0xff01,
	Compress: func(msg []byte) ([]byte, error) { return bytes.Clone(msg), nil },
	Decompress: func(dst, src []byte) error {
		if len(src) != len(dst) {
			return certcomp.ErrLength
		}
		copy(dst, src)
		return nil
	}}

// setups are made once: bits of Settings -> Config.
type setups [1 << 4]*Config

func newSetups(t testing.TB) *setups {
	all := new(setups)
	for i := range all {
		cfg, err := NewConfig(settingsFor(t, uint8(i)))
		if err != nil {
			t.Fatal(err)
		}
		all[i] = cfg
	}
	return all
}

// of is the connection that the two bytes ask for.
func (all *setups) of(client bool, a, b uint8) setup {
	p := Params{RequestStaple: b&1 != 0, RequestSCT: b&1 != 0, ServerName: "example.org", EOFIsClose: b&2 != 0,
		PostHandshakeAuth: a&0x80 != 0}
	if a&0x10 != 0 {
		p.MaxVersion = iana.VersionTLS12
	}
	if a&0x20 != 0 {
		p.MinVersion = iana.VersionTLS13
	}
	if a&0x40 != 0 {
		p.MaxFragmentLength = 1
	}
	if a&4 != 0 {
		p.RecordSizeLimit = 700
	}
	if client {
		if b&4 != 0 {
			p.Session = fuzzSession(iana.VersionTLS13)
		} else if b&8 != 0 {
			p.Session = fuzzSession(iana.VersionTLS12)
		}
		p.EarlyData, p.AllowPSKKE = b&0x10 != 0, b&0x40 != 0
		if b&0x20 != 0 {
			p.PSKs = []*PSK{fuzzPSK, fuzzPSK12}
		}
		if b&0x80 != 0 && a&0x40 == 0 {
			p.ECHConfigs = ech.ConfigList{fuzzECHKey().Config}
		}
		p.ECHGrease = b&0x80 != 0
	} else {
		p.ServerName = ""
		p.ClientAuth = ClientAuth((b >> 2 & 3) % 3)
		p.Tickets = int(b >> 4 & 3)
		p.MaxEarlyData, p.AllowPSKKE = 1000, b&0x80 != 0
		p.NoTickets = b&0x40 != 0
		p.PreferServer, p.PrioritizeChaCha = b&0x80 != 0, b&0x80 != 0
		p.PSKSuites, p.PSKIdentityHint = true, []byte("hint")
	}
	return setup{all[a&15], p}
}

// fuzzECHKey is what servers open and clients seal ClientHellos with.
func fuzzECHKey() ech.Key {
	config, private, err := ech.NewConfig(transparent.New().HPKE(), ech.Template{PublicName: "public.example"})
	if err != nil {
		panic(err)
	}
	return ech.Key{Config: config, PrivateKey: private}
}

// fuzzPSK and fuzzPSK12 are external PSKs that both sides know.
var (
	fuzzPSK   = &PSK{Identity: []byte("external"), Key: make([]byte, 32)}
	fuzzPSK12 = &PSK{Version: iana.VersionTLS12, Identity: []byte("external"), Key: make([]byte, 32)}
)

// fuzzSession is a session that both sides know; its encoding is its ticket.
func fuzzSession(v iana.ProtocolVersion) *Session {
	s := &Session{Version: v, Suite: iana.TLS_AES_256_GCM_SHA384, Group: iana.GroupX25519, Lifetime: 7200, Created: still.Unix() - 60,
		Secret: make([]byte, 48), ServerName: "example.org", ALPN: "h2", EMS: true, MaxEarlyData: 1000}
	if v == iana.VersionTLS12 {
		s.Suite = iana.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384
	}
	ticket, err := s.AppendBinary(nil)
	if err != nil {
		panic(err)
	}
	s.Ticket = ticket
	return s
}

// answerFuzz answers the questions that an owner of tickets and keys is asked.
func answerFuzz(c *Conn, w Wait) (bool, error) {
	switch w {
	case WaitTicketOpen:
		s, err := DecodeSession(bytes.Clone(c.Ticket()))
		if err != nil {
			s = nil
		}
		return true, c.AnswerTicket(s, s != nil)
	case WaitTicketSeal:
		ticket, err := c.NewSession().AppendBinary(nil)
		if err != nil {
			return true, err
		}
		return true, c.AnswerSealed(ticket, 7200)
	case WaitSessionLookup:
		if bytes.HasPrefix(c.SessionID(), []byte("known")) {
			return true, c.AnswerSession(fuzzSession(iana.VersionTLS12))
		}
		return true, c.AnswerSession(nil)
	case WaitPSK:
		if bytes.Equal(c.PSKIdentity(), fuzzPSK.Identity) {
			if c.Version() == iana.VersionTLS12 {
				return true, c.AnswerPSK(fuzzPSK12)
			}
			return true, c.AnswerPSK(fuzzPSK)
		}
		return true, c.AnswerPSK(nil)
	case WaitEarlyAccept:
		return true, c.AnswerEarlyData(true)
	case WaitEarlyData:
		_, _, err := c.ReadEarly(make([]byte, 100))
		return true, err
	case WaitSign:
		return true, c.AnswerSign([]byte(transparent.Signature))
	case WaitCertificate:
		return true, c.AnswerCertificate(c.Config().Credentials[0])
	case WaitStaple:
		return true, c.AnswerStaple([]byte("answered"))
	}
	return false, nil
}

func newFuzzed(t testing.TB, all *setups, client bool, a, b uint8) *fuzzed {
	x := all.of(client, a, b)
	f := &fuzzed{t: t}
	if client {
		f.end = newEnd(NewClient(x.cfg, x.params))
	} else {
		f.end = newEnd(NewServer(x.cfg, x.params))
	}
	f.custom = f.answer
	return f
}

func (f *fuzzed) answer(c *Conn, w Wait) (bool, error) {
	if f.later && c.HandshakeComplete() && c.Postpone() == nil {
		return true, nil
	}
	return answerFuzz(c, w)
}

// frame puts a record into the connection's input, protected as it expects it.
func (f *fuzzed) frame(typ byte, content []byte, tag byte) {
	for {
		limit := record.MaxPlaintext
		if agreed := f.Conn.in.opener.MaxContent; agreed > 0 {
			limit = agreed
		}
		if agreed := f.Conn.in.opener.MaxInner; agreed > 0 {
			limit = min(limit, agreed-1)
		}
		n := min(len(content), limit)
		f.one(typ, content[:n], tag)
		if content = content[n:]; len(content) == 0 {
			return
		}
	}
}

func (f *fuzzed) one(typ byte, content []byte, tag byte) {
	o := &f.Conn.in.opener
	trailer := append(make([]byte, 15), tag)
	switch {
	case !o.Protected() || f.Version() == iana.VersionTLS13 && typ == byte(iana.ContentChangeCipherSpec):
		f.header(typ, len(content))
		f.in.Write(content)
	case f.Version() == iana.VersionTLS13:
		f.header(byte(iana.ContentApplicationData), len(content)+17)
		f.in.Write(content)
		f.in.WriteByte(typ)
		f.in.Write(trailer)
	default:
		explicit := f.Conn.suite.ExplicitNonce()
		f.header(typ, explicit+len(content)+16)
		f.in.Write(make([]byte, explicit))
		f.in.Write(content)
		f.in.Write(trailer)
	}
}

func (f *fuzzed) header(typ byte, n int) { f.in.Write([]byte{typ, 3, 3, byte(n >> 8), byte(n)}) }

// run lets the engine go on until it wants more input or fails.
func (f *fuzzed) run() error {
	op := f.Handshake
	if f.HandshakeComplete() {
		op = readOp(f.end, nil)
	}
	for range 1 << 16 {
		before := f.in.Len()
		w, err := f.advance(&f.out, &f.in, op)
		f.out.Reset()
		if err != nil {
			return err
		}
		if f.HandshakeComplete() {
			op = readOp(f.end, nil)
		}
		if w == WaitRead && f.in.Len() == 0 && before == 0 {
			return nil
		}
	}
	return errors.New("no end")
}

// ops are what an owner does of itself.
func (f *fuzzed) op(b byte) error {
	switch b % 11 {
	case 10: // questions after the handshake are postponed, or answered after all
		if f.later = !f.later; !f.later {
			for _, w := range []Wait{WaitCertificate, WaitSign} {
				if _, err := f.answer(f.Conn, w); err != nil && f.Err() != nil {
					return err
				}
			}
			if err := f.AnswerVerify(AcceptVerified()); err != nil && err != ErrNoQuestion {
				return err
			}
		}
	case 0:
		msg := []byte("some data")
		_, err := f.advance(&f.out, &f.in, func() (Wait, error) {
			n, w, err := f.Write(msg)
			msg = msg[n:]
			return w, err
		})
		return err
	case 1, 2:
		if err := f.KeyUpdate(b%2 == 0); err != nil && err != ErrHandshake {
			return err
		}
	case 3:
		_, err := f.advance(&f.out, &f.in, f.CloseNotify)
		return err
	case 4:
		f.ReceivedEOF()
	case 5:
		f.Warn(iana.AlertNoRenegotiation)
	case 6:
		f.SetMaxFragment(int(b) << 4)
	case 9:
		msg := []byte("early")
		_, err := f.advance(&f.out, &f.in, func() (Wait, error) {
			n, w, err := f.WriteEarly(msg)
			msg = msg[n:]
			return w, err
		})
		if err == ErrEarlyData || err == ErrEarlyDataLimit {
			return nil
		}
		return err
	case 8:
		if _, err := f.RequestCertificate(RequestClientCert); f.Err() != nil {
			return err
		}
	case 7:
		if _, err := f.ExportKeyingMaterial("label", []byte{b}, 16); f.HandshakeComplete() && err != nil {
			f.t.Fatal(err)
		}
	}
	return nil
}

// take performs the peer's acts. The error is the connection's.
func (f *fuzzed) take(data []byte) error {
	err := f.run()
	for n := 0; err == nil && len(data) >= 3 && n < maxActs; n++ {
		kind, size := data[0]%acts, int(data[1])<<8|int(data[2])
		data = data[3:]
		size = min(size, len(data))
		body := data[:size]
		data = data[size:]
		if size == 0 && kind != actOp {
			continue
		}
		switch kind {
		case actHandshake:
			f.frame(byte(iana.ContentHandshake), handshakeOf(body), 0)
		case actFragments:
			msg := handshakeOf(body)
			at := min(len(msg), 1+int(msg[0]))
			for i := range at {
				f.frame(byte(iana.ContentHandshake), msg[i:i+1], 0)
			}
			if at < len(msg) {
				f.frame(byte(iana.ContentHandshake), msg[at:], 0)
			}
		case actRecord:
			f.frame(body[0], body[1:], 0)
		case actRaw:
			f.in.Write(body)
		case actBadTag:
			f.frame(body[0], body[1:], transparent.BadTag)
		case actOp:
			for _, b := range body {
				if err = f.op(b); err != nil {
					return err
				}
			}
		}
		err = f.run()
	}
	return err
}

// handshakeOf is a message: type and body.
func handshakeOf(body []byte) []byte {
	n := len(body) - 1
	return append([]byte{body[0], byte(n >> 16), byte(n >> 8), byte(n)}, body[1:]...)
}

// finish checks what holds however a connection went.
func (f *fuzzed) finish(err error) {
	if err != nil && err != io.EOF && err != ErrClosed {
		if f.Err() == nil {
			f.t.Fatalf("%v did not end the connection", err)
		}
		lasting(f.t, f.end, err)
		return
	}
	if f.HandshakeComplete() {
		if f.Version() == 0 || f.Suite() == 0 || f.Session() == nil {
			f.t.Fatal("a complete handshake without version, suite or session")
		}
		if _, err := f.ExportKeyingMaterial("x", nil, 32); err != nil {
			f.t.Fatal(err)
		}
	}
	f.Free()
}

// TestFuzzSeeds: every seed, played back, leads through the whole handshake to
// the peer's close_notify: so the targets reach behind authentication.
func TestFuzzSeeds(t *testing.T) {
	all := newSetups(t)
	for _, client := range []bool{true, false} {
		for _, s := range fuzzSeeds(client) {
			data := s.record(t, all, client)
			f := newFuzzed(t, all, client, data[0], data[1])
			err := f.take(data[2:])
			if err != io.EOF || !f.HandshakeComplete() || !f.PeerClosed() || f.Resumed() != s.resumed || f.Version() != s.version || (f.PSK() != nil) != s.psk {
				t.Errorf("client %v, %s: %v, done %v, closed %v, resumed %v", client, s.name, err, f.HandshakeComplete(), f.PeerClosed(), f.Resumed())
			}
			f.finish(err)
		}
	}
}

func fuzzConnections(f *testing.F, client bool) {
	all := newSetups(f)
	for _, s := range fuzzSeeds(client) {
		f.Add(s.record(f, all, client))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) < 2 || len(data) > maxFuzzInput {
			return
		}
		x := newFuzzed(t, all, client, data[0], data[1])
		x.finish(x.take(data[2:]))
	})
}

// FuzzClient is a client of ours and whatever a server sends.
func FuzzClient(f *testing.F) { fuzzConnections(f, true) }

// FuzzServer is a server of ours and whatever a client sends.
func FuzzServer(f *testing.F) { fuzzConnections(f, false) }
