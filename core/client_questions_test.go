package core

import (
	"bytes"
	"slices"
	"testing"

	"patina/core/iana"
)

// TestClientQuestions: a client asked for a certificate whose key signs
// elsewhere, or that is of no use to the server.
func TestClientQuestions(t *testing.T) {
	id, ed := identityOf(t, "rsa"), identityOf(t, "ed25519")
	cred := &Credential{Chain: id.cred.Chain, Schemes: id.cred.Schemes}
	names := [][]byte{{0x30, 0}, {0x30, 2, 5, 0}}
	for _, v := range bothVersions {
		server := serverOf(t, func(s *Settings) { s.ClientCAs = names })
		client := configOf(t, func(s *Settings) { s.Ask = AskCertificate })
		for _, tt := range []struct {
			name string
			give *Credential
			want []byte
		}{
			{"signed elsewhere", cred, id.cert},
			{"signed at once", id.cred, id.cert},
			{"none", nil, nil},
			{"without a chain", &Credential{Schemes: id.cred.Schemes}, nil},
			{"too long", &Credential{Chain: [][]byte{make([]byte, 1<<20)}, Schemes: id.cred.Schemes}, nil},
			{"of no scheme of the server's", ed.cred, nil},
		} {
			t.Run(v.String()+"/"+tt.name, func(t *testing.T) {
				cfg := server
				if tt.give == ed.cred {
					cfg = serverOf(t, func(s *Settings) {
						s.SignatureSchemes = []iana.SignatureScheme{iana.SigECDSASecp256r1SHA256, iana.SigRSAPSSRSAESHA256}
					})
				}
				p := newPair(NewClient(client, Params{MinVersion: v, MaxVersion: v}), NewServer(cfg, Params{ClientAuth: RequestClientCert}))
				answers{
					WaitCertificate: func(c *Conn) error {
						r := c.CertificateRequest()
						if cfg == server && !slices.EqualFunc(r.Authorities, names, bytes.Equal) || !slices.Equal(r.Schemes, cfg.SignatureSchemes) {
							t.Errorf("%+v", r)
						}
						return c.AnswerCertificate(tt.give)
					},
					WaitSign: signWith(id),
				}.use(p.client)
				p.mustHandshake(t)
				want := []Wait{WaitVerify, WaitCertificate}
				if tt.give == cred {
					want = append(want, WaitSign)
				}
				if !slices.Equal(p.client.asked, want) {
					t.Errorf("asked %v", p.client.asked)
				}
				chain := p.server.PeerChain()
				if (len(chain) > 0) != (tt.want != nil) || len(chain) > 0 && !bytes.Equal(chain[0].Raw, tt.want) {
					t.Errorf("%d certificates", len(chain))
				}
				if (p.client.Credential() != nil) != (tt.want != nil) || p.client.SignatureScheme() != p.server.PeerSignatureScheme() {
					t.Errorf("%v, %v", p.client.SignatureScheme(), p.server.PeerSignatureScheme())
				}
				if r := p.client.CertificateRequest(); r.Schemes != nil {
					t.Errorf("a request that has been answered: %v", r)
				}
			})
		}
	}
}

// TestFacts: what has been agreed is the same from both sides.
func TestFacts(t *testing.T) {
	for _, v := range bothVersions {
		client := configOf(t, nil)
		server := serverOf(t, nil)
		p := newPair(NewClient(client, Params{MinVersion: v, MaxVersion: v, ServerName: "example.org"}), NewServer(server, Params{}))
		if c := p.client; c.Version() != 0 || c.Suite() != 0 || c.Session() != nil || c.HandshakeComplete() || c.Started() {
			t.Errorf("before: %v %v", c.Version(), c.Suite())
		}
		p.mustHandshake(t)
		c, s := p.client, p.server
		if !slices.Equal(s.PeerSignatureSchemes(), client.SignatureSchemes) || !slices.Equal(s.PeerGroups(), client.Groups) {
			t.Errorf("%v %v", s.PeerSignatureSchemes(), s.PeerGroups())
		}
		for name, f := range map[string]func(c *Conn) []byte{
			"ClientRandom": (*Conn).ClientRandom, "ServerRandom": (*Conn).ServerRandom,
			"ClientFinished": (*Conn).ClientFinished, "ServerFinished": (*Conn).ServerFinished,
		} {
			if a, b := f(c.Conn), f(s.Conn); len(a) < 12 || !bytes.Equal(a, b) || bytes.Equal(a, make([]byte, len(a))) {
				t.Errorf("%s: %x, %x", name, a, b)
			}
		}
		if c.Config() != client || s.Config() != server || !c.IsClient() || s.IsClient() || !c.Started() || !s.Started() {
			t.Error("the configuration or the role")
		}
		if c.SignatureScheme() != 0 || s.SignatureScheme() != iana.SigECDSASecp256r1SHA256 || s.Credential() != server.Credentials[0] {
			t.Errorf("%v %v", c.SignatureScheme(), s.SignatureScheme())
		}
		if c.ClientHello() != nil || s.ClientHello() != nil {
			t.Error("the hello outlives the handshake")
		}
		if a, b := c.Session(), s.Session(); a == nil || b == nil || a.Version != v || a.Suite != b.Suite || len(a.PeerChain) != 1 || len(b.PeerChain) != 0 {
			t.Errorf("%+v\n%+v", a, b)
		}
	}
}

// TestPrefersChaCha: what comes before ChaCha20 in a client's list.
func TestPrefersChaCha(t *testing.T) {
	chacha, aes := iana.TLS_CHACHA20_POLY1305_SHA256, iana.TLS_AES_128_GCM_SHA256
	for _, tt := range []struct {
		list []iana.CipherSuite
		want bool
	}{
		{nil, false}, {[]iana.CipherSuite{chacha}, true}, {[]iana.CipherSuite{aes, chacha}, false},
		{[]iana.CipherSuite{0x1a1a, chacha}, true}, {[]iana.CipherSuite{0x1234, chacha}, false}, {[]iana.CipherSuite{0x1a1a}, false},
	} {
		if prefersChaCha(tt.list) != tt.want {
			t.Errorf("%v", tt.list)
		}
	}
}

// TestServerNameAcknowledged: both sides know whether the server has answered
// server_name, which a resumed TLS 1.2 handshake must not (RFC 6066, section 3).
func TestServerNameAcknowledged(t *testing.T) {
	for _, v := range bothVersions {
		keys, err := NewTicketKeys(nil)
		if err != nil {
			t.Fatal(err)
		}
		server := serverOf(t, func(s *Settings) { s.Ask, s.TicketKeys = AskSelect, keys })
		var session *Session
		for _, tt := range []struct {
			name      string
			sni       string
			ack, want bool
		}{
			{"acknowledged", "example.org", true, true},
			{"ignored", "example.org", false, false},
			{"not sent", "", true, false},
			{"resumed", "example.org", true, v == iana.VersionTLS13},
		} {
			params := Params{MinVersion: v, MaxVersion: v, ServerName: tt.sni}
			if tt.name == "resumed" {
				params.Session = session
			}
			p := newPair(NewClient(configOf(t, nil), params), NewServer(server, Params{Tickets: 1}))
			answers{WaitSelect: func(c *Conn) error { return c.AnswerSelect(Selection{AckServerName: tt.ack}) }}.use(p.server)
			p.mustHandshake(t)
			if c, s := p.client.ServerNameAcknowledged(), p.server.ServerNameAcknowledged(); c != tt.want || s != tt.want {
				t.Errorf("%v, %s: %v, %v", v, tt.name, c, s)
			}
			if tt.name == "resumed" && !p.client.Resumed() {
				t.Errorf("%v: not resumed", v)
			}
			if tt.name == "acknowledged" {
				session = p.client.Session()
			}
		}
	}
}
