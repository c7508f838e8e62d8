package core

import (
	"bytes"
	"crypto"
	"crypto/ecdh"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"patina/core/iana"
	"patina/core/wire"
)

const (
	x509Type = iana.CertTypeX509
	rawType  = iana.CertTypeRawPublicKey
)

func types(t ...iana.CertificateType) []iana.CertificateType { return t }

// rawCredential is a credential of the key alone.
func rawCredential(t testing.TB, id *identity) *Credential {
	t.Helper()
	spki, err := x509.MarshalPKIXPublicKey(id.key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return &Credential{PublicKeyInfo: spki, Schemes: id.cred.Schemes, Signer: id.cred.Signer}
}

func sameKey(a, b crypto.PublicKey) bool {
	k, ok := a.(interface{ Equal(crypto.PublicKey) bool })
	return ok && k.Equal(b)
}

// TestRawPublicKeys: keys of every kind on both sides, resumed too.
func TestRawPublicKeys(t *testing.T) {
	for _, v := range bothVersions {
		for _, kind := range keyKinds {
			server, client := identityOf(t, kind), identityOf(t, "p256")
			keys, err := NewTicketKeys(nil)
			if err != nil {
				t.Fatal(err)
			}
			scfg := configOf(t, func(s *Settings) {
				s.Credentials = []*Credential{server.cred, rawCredential(t, server)}
				s.ServerCertTypes, s.ClientCertTypes, s.TicketKeys = types(rawType, x509Type), types(rawType), keys
			})
			ccfg := configOf(t, func(s *Settings) {
				s.Credentials = []*Credential{client.cred, rawCredential(t, client)}
				s.ServerCertTypes, s.ClientCertTypes, s.Ask = types(rawType), types(x509Type, rawType), AskSession
			})
			var session *Session
			for i := range 3 {
				p := newPair(NewClient(ccfg, Params{MinVersion: v, MaxVersion: v, Session: session, RequestStaple: true, RequestSCT: true}),
					NewServer(scfg, Params{ClientAuth: RequireClientCert, Tickets: 1}))
				p.mustHandshake(t)
				if p.client.Resumed() != (i > 0) || (count2(p.client.asked, WaitVerify) > 0) != (i == 0) || (count2(p.server.asked, WaitVerify) > 0) != (i == 0) {
					t.Errorf("%v, %s: resumed %v, asked %v and %v", v, kind, p.client.Resumed(), p.client.asked, p.server.asked)
				}
				for _, tt := range []struct {
					e    *end
					peer *identity
				}{{p.client, server}, {p.server, client}} {
					spki, key := tt.e.PeerRawPublicKey()
					if len(tt.e.PeerChain()) != 0 || !sameKey(key, tt.peer.key.Public()) || !bytes.Equal(spki, rawCredential(t, tt.peer).PublicKeyInfo) {
						t.Errorf("%v, %s, %d: %d certificates, key %v", v, kind, i, len(tt.e.PeerChain()), key)
					}
					if own, peer := tt.e.CertTypes(); i == 0 && (own != rawType || peer != rawType) {
						t.Errorf("%v, %s: %v, %v", v, kind, own, peer)
					}
				}
				session = p.client.Session()
			}
		}
	}
}

func count2(list []Wait, w Wait) (n int) {
	for _, v := range list {
		if v == w {
			n++
		}
	}
	return n
}

// TestCertTypes: what is agreed on follows from both sides' lists (RFC 7250,
// section 4.2).
func TestCertTypes(t *testing.T) {
	server, client := identityOf(t, "p256"), identityOf(t, "ed25519")
	const unsupported = iana.AlertUnsupportedCertificate
	for _, tt := range []struct {
		name                       string
		clientHas, clientAccepts   []iana.CertificateType // of the client
		serverHas, serverAccepts   []iana.CertificateType // of the server
		auth                       ClientAuth
		wantServer, wantClient     iana.CertificateType
		alert                      iana.AlertDescription
		byClient                   bool // the client refuses
		serverSaysOwn, serverSaysC bool // the server answers server_certificate_type, client_certificate_type
	}{
		{name: "nobody knows of it", auth: RequireClientCert},
		{name: "the client does not", serverHas: types(rawType, x509Type), serverAccepts: types(rawType, x509Type), auth: RequireClientCert},
		{name: "the client does not, the server has keys only", serverHas: types(rawType), alert: unsupported},
		{name: "the client does not, the server accepts keys only", serverAccepts: types(rawType), auth: RequireClientCert, alert: unsupported},
		{name: "the server does not", clientAccepts: types(rawType, x509Type), clientHas: types(rawType, x509Type), auth: RequireClientCert},
		{name: "the server does not, the client accepts keys only", clientAccepts: types(rawType), alert: unsupported, byClient: true},
		{name: "X.509 only is not said", clientAccepts: types(x509Type), clientHas: types(x509Type), serverHas: types(rawType, x509Type), serverAccepts: types(x509Type), auth: RequireClientCert},
		{name: "the server's order", clientAccepts: types(rawType, x509Type), serverHas: types(x509Type, rawType), serverSaysOwn: true},
		{name: "the server's key", clientAccepts: types(x509Type, rawType), serverHas: types(rawType, x509Type), wantServer: rawType, serverSaysOwn: true},
		{name: "the client's key", clientHas: types(x509Type, rawType), serverAccepts: types(rawType), auth: RequireClientCert, wantClient: rawType, serverSaysC: true},
		{name: "the client is not asked", clientHas: types(rawType), serverAccepts: types(rawType)},
		{name: "nothing in common for the server", clientAccepts: types(rawType), serverHas: types(x509Type), alert: unsupported},
		{name: "nothing in common for the client", clientHas: types(rawType), serverAccepts: types(x509Type), auth: RequestClientCert, alert: unsupported},
	} {
		for _, v := range bothVersions {
			ccfg := configOf(t, func(s *Settings) {
				s.Credentials = []*Credential{client.cred, rawCredential(t, client)}
				s.ClientCertTypes, s.ServerCertTypes = tt.clientHas, tt.clientAccepts
			})
			scfg := configOf(t, func(s *Settings) {
				s.Credentials = []*Credential{rawCredential(t, server), server.cred}
				s.ServerCertTypes, s.ClientCertTypes = tt.serverHas, tt.serverAccepts
			})
			p := newPair(NewClient(ccfg, Params{MinVersion: v, MaxVersion: v}), NewServer(scfg, Params{ClientAuth: tt.auth}))
			cerr, serr := p.handshake()
			ours, theirs := serr, cerr
			if tt.byClient {
				ours, theirs = cerr, serr
			}
			if tt.alert != 0 {
				if ours == nil || alertOf(t, ours) != tt.alert || theirs != AlertError(tt.alert) {
					t.Errorf("%v, %s: %v, %v", v, tt.name, ours, theirs)
				}
				continue
			}
			if cerr != nil || serr != nil {
				t.Errorf("%v, %s: %v, %v", v, tt.name, cerr, serr)
				continue
			}
			own, peer := p.client.CertTypes()
			if sown, speer := p.server.CertTypes(); own != tt.wantClient || peer != tt.wantServer || sown != tt.wantServer || speer != tt.wantClient {
				t.Errorf("%v, %s: %v %v, %v %v", v, tt.name, own, peer, sown, speer)
			}
			if spki, _ := p.client.PeerRawPublicKey(); (len(spki) > 0) != (tt.wantServer == rawType) || (len(p.client.PeerChain()) > 0) == (len(spki) > 0) {
				t.Errorf("%v, %s: the server's key of %d bytes", v, tt.name, len(spki))
			}
			if spki, _ := p.server.PeerRawPublicKey(); tt.auth != NoClientCert && ((len(spki) > 0) != (tt.wantClient == rawType) || (len(p.server.PeerChain()) > 0) == (len(spki) > 0)) {
				t.Errorf("%v, %s: the client's key of %d bytes", v, tt.name, len(spki))
			}
			p.exchange(t)
		}
	}
}

// TestRawPublicKeyOwner: the owner gives the credential, signs, judges and
// refuses.
func TestRawPublicKeyOwner(t *testing.T) {
	server, client := identityOf(t, "p256"), identityOf(t, "rsa")
	for _, v := range bothVersions {
		scfg := configOf(t, func(s *Settings) {
			s.Credentials = []*Credential{rawCredential(t, server)}
			s.ServerCertTypes, s.ClientCertTypes = types(rawType), types(rawType)
		})
		ccfg := configOf(t, func(s *Settings) {
			s.ServerCertTypes, s.ClientCertTypes, s.Ask = types(rawType), types(rawType), AskCertificate
		})
		for _, tt := range []struct {
			name string
			give *Credential
			want bool
		}{
			{"a key that signs elsewhere", &Credential{PublicKeyInfo: rawCredential(t, client).PublicKeyInfo, Schemes: client.cred.Schemes}, true},
			{"a certificate where a key was agreed on", client.cred, false},
			{"none", nil, false},
		} {
			p := newPair(NewClient(ccfg, Params{MinVersion: v, MaxVersion: v}), NewServer(scfg, Params{ClientAuth: RequestClientCert}))
			answers{
				WaitCertificate: func(c *Conn) error { return c.AnswerCertificate(tt.give) },
				WaitSign:        signWith(client),
			}.use(p.client)
			p.mustHandshake(t)
			if spki, _ := p.server.PeerRawPublicKey(); (len(spki) > 0) != tt.want {
				t.Errorf("%v, %s: %x", v, tt.name, spki)
			}
		}
		// Refused by the client: no certificate authority is there to help.
		p := newPair(NewClient(ccfg, Params{MinVersion: v, MaxVersion: v}), NewServer(scfg, Params{}))
		refusal := errors.New("not the key that was expected")
		answers{WaitVerify: func(c *Conn) error {
			if spki, key := c.PeerRawPublicKey(); len(spki) == 0 || !sameKey(key, server.key.Public()) {
				t.Error("nothing to judge")
			}
			c.Abort(iana.AlertBadCertificate, refusal)
			return nil
		}}.use(p.client)
		if cerr, serr := p.handshake(); !errors.Is(cerr, refusal) || serr != AlertError(iana.AlertBadCertificate) {
			t.Errorf("%v: %v, %v", v, cerr, serr)
		}
	}
	// After the handshake.
	ccfg := configOf(t, func(s *Settings) {
		s.Credentials, s.ClientCertTypes = []*Credential{rawCredential(t, client)}, types(rawType)
	})
	p := withPostAuth(t, ccfg, serverOf(t, func(s *Settings) { s.ClientCertTypes = types(rawType, x509Type) }), Params{})
	p.request(t, RequireClientCert)
	if _, _, cerr, serr := p.turn(t); cerr != nil || serr != nil {
		t.Fatal(cerr, serr)
	}
	if spki, _ := p.server.PeerRawPublicKey(); len(spki) == 0 || !bytes.Equal(p.server.Session().PeerRawPublicKey, spki) || p.server.PeerChain() != nil {
		t.Error("the key is not known")
	}
}

// TestRawPublicKeyRefused: answers and keys that a client must not take.
func TestRawPublicKeyRefused(t *testing.T) {
	id := identityOf(t, "p256")
	spki := rawCredential(t, id).PublicKeyInfo
	raw, x, pgp := rawType, x509Type, iana.CertTypeOpenPGP
	agree, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	useless, err := x509.MarshalPKIXPublicKey(agree.PublicKey())
	if err != nil {
		t.Fatal(err)
	}
	list := func(certs ...[]byte) []byte { return wire.AppendCertificate13(nil, nil, certs, nil) }
	for _, tt := range []struct {
		name   string
		offers []iana.CertificateType
		server *iana.CertificateType
		client *iana.CertificateType
		cert   []byte
		alert  iana.AlertDescription
		kind   Kind
	}{
		{"right", types(raw), &raw, nil, list(spki), 0, 0},
		{"a type not offered", types(raw), &x, nil, nil, iana.AlertIllegalParameter, KindIllegalParameter},
		{"a type nobody has", types(raw, x), &pgp, nil, nil, iana.AlertIllegalParameter, KindIllegalParameter},
		{"a client's type not offered", types(raw), &raw, &pgp, nil, iana.AlertIllegalParameter, KindIllegalParameter},
		{"an answer to nothing", nil, &raw, nil, nil, iana.AlertUnsupportedExtension, KindUnsolicitedExtension},
		{"no answer", types(raw), nil, nil, nil, iana.AlertUnsupportedCertificate, KindUnsupportedCertType},
		{"two keys", types(raw), &raw, nil, list(spki, spki), iana.AlertIllegalParameter, KindIllegalParameter},
		{"no key", types(raw), &raw, nil, list(), iana.AlertDecodeError, KindNoServerCertificate},
		{"a certificate", types(raw), &raw, nil, list(id.cert), iana.AlertBadCertificate, KindBadCertificate},
		{"something behind the key", types(raw), &raw, nil, list(append(slices.Clone(spki), 0)), iana.AlertBadCertificate, KindBadCertificate},
		{"a key in a chain's place", types(raw, x), &x, nil, list(spki), iana.AlertBadCertificate, KindBadCertificate},
		{"a key that does not sign", types(raw), &raw, nil, list(useless), iana.AlertUnsupportedCertificate, KindUnsupportedKey},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := configOf(t, func(s *Settings) { s.ServerCertTypes, s.ClientCertTypes = tt.offers, tt.offers })
			s := newScript(t, NewClient(cfg, only13(Params{})))
			s.toExtensions()
			s.send(wire.AppendEncryptedExtensions(nil, &wire.EncryptedExtensions{ServerCertType: tt.server, ClientCertType: tt.client}))
			if tt.cert != nil {
				s.send(tt.cert)
			}
			if tt.alert != 0 {
				s.wantAlert(tt.alert)
				wantKind(t, s.err, tt.kind)
				return
			}
			s.send(s.verify(id, iana.SigECDSASecp256r1SHA256))
			s.send(s.finished())
			if s.run(); !s.done {
				t.Error(s.err)
			}
		})
	}
	// The proof is still wanted.
	cfg := configOf(t, func(s *Settings) { s.ServerCertTypes = types(raw) })
	s := newScript(t, NewClient(cfg, only13(Params{})))
	s.toExtensions()
	s.send(wire.AppendEncryptedExtensions(nil, &wire.EncryptedExtensions{ServerCertType: &raw}), list(spki))
	verify := s.verify(id, iana.SigECDSASecp256r1SHA256)
	verify[len(verify)-1] ^= 1
	s.send(verify)
	s.wantAlert(iana.AlertDecryptError)
}

// TestRawPublicKeyRefused12: the same in TLS 1.2, whose Certificate has no list
// for a raw public key (RFC 7250, section 3).
func TestRawPublicKeyRefused12(t *testing.T) {
	id := identityOf(t, "p256")
	spki := rawCredential(t, id).PublicKeyInfo
	raw, x, pgp := rawType, x509Type, iana.CertTypeOpenPGP
	for _, tt := range []struct {
		name   string
		offers []iana.CertificateType
		server *iana.CertificateType
		cert   []byte
		alert  iana.AlertDescription
		kind   Kind
	}{
		{"right", types(raw), &raw, wire.AppendRawPublicKey12(nil, spki), 0, 0},
		{"a type not offered", types(raw), &x, nil, iana.AlertIllegalParameter, KindIllegalParameter},
		{"a type nobody has", types(raw, x), &pgp, nil, iana.AlertIllegalParameter, KindIllegalParameter},
		{"an answer to nothing", nil, &raw, nil, iana.AlertUnsupportedExtension, KindUnsolicitedExtension},
		{"no answer", types(raw), nil, nil, iana.AlertUnsupportedCertificate, KindUnsupportedCertType},
		{"no key", types(raw), &raw, wire.AppendRawPublicKey12(nil, nil), iana.AlertDecodeError, KindNoServerCertificate},
		{"a list", types(raw), &raw, wire.AppendCertificate12(nil, [][]byte{spki}), iana.AlertBadCertificate, KindBadCertificate},
		{"something behind the key", types(raw), &raw, wire.AppendRawPublicKey12(nil, append(slices.Clone(spki), 0)), iana.AlertBadCertificate, KindBadCertificate},
		{"a key in a chain's place", types(raw, x), &x, wire.AppendRawPublicKey12(nil, spki), iana.AlertDecodeError, KindDecode},
		{"a key of another kind than the suite's", types(raw), &raw, wire.AppendRawPublicKey12(nil, rawCredential(t, identityOf(t, "rsa")).PublicKeyInfo), iana.AlertIllegalParameter, KindWrongCertificateType},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newScript12(t, NewClient(configOf(t, func(s *Settings) { s.ServerCertTypes = tt.offers }), only12(Params{})))
			sh := s.answer()
			sh.ServerCertType = tt.server
			s.sendHello(sh)
			if tt.cert != nil {
				s.send(tt.cert)
			}
			if tt.alert != 0 {
				s.wantAlert(tt.alert)
				wantKind(t, s.err, tt.kind)
				return
			}
			s.send(s.keyExchange(nil), s.done12())
			if s.run(); s.err != nil {
				t.Fatal(s.err)
			}
			if got, _ := s.engine.PeerRawPublicKey(); !bytes.Equal(got, spki) || s.engine.PeerSignatureScheme() != iana.SigECDSASecp256r1SHA256 {
				t.Errorf("%x", got)
			}
		})
	}
}

// TestCertTypeSettings: lists and credentials that cannot work.
func TestCertTypeSettings(t *testing.T) {
	id := identityOf(t, "p256")
	both := *id.cred
	both.PublicKeyInfo = rawCredential(t, id).PublicKeyInfo
	for _, s := range []Settings{
		{ServerCertTypes: types(rawType, rawType)}, {ClientCertTypes: types(iana.CertTypeOpenPGP)},
		{Credentials: []*Credential{&both}}, {Credentials: []*Credential{{Schemes: id.cred.Schemes}}},
	} {
		s.Now = configOf(t, nil).Now
		if _, err := NewConfig(s); !errors.Is(err, ErrSettings) {
			t.Errorf("%v %v: %v", s.ServerCertTypes, s.ClientCertTypes, err)
		}
	}
}

// TestGnuTLSRawPublicKeys: GnuTLS presents keys, and takes ours, in both roles and
// versions.
func TestGnuTLSRawPublicKeys(t *testing.T) {
	server, client := identityOf(t, "p256"), identityOf(t, "rsa")
	files := func(id *identity) []string {
		cert, key := opensslFiles(t, id)
		pub := filepath.Join(filepath.Dir(cert), "pub.pem")
		if err := os.WriteFile(pub, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: rawCredential(t, id).PublicKeyInfo}), 0o600); err != nil {
			t.Fatal(err)
		}
		return []string{"--rawpkkeyfile", key, "--rawpkfile", pub}
	}
	for _, v := range bothVersions {
		t.Run(v.String(), func(t *testing.T) {
			priority := gnutlsPriority(v) + ":-CTYPE-ALL:+CTYPE-CLI-RAWPK:+CTYPE-SRV-RAWPK"
			use := func(id *identity) *Config {
				return configOf(t, func(s *Settings) {
					s.Credentials = []*Credential{rawCredential(t, id)}
					s.ServerCertTypes, s.ClientCertTypes = types(rawType), types(rawType)
				})
			}
			dial, out := gnutlsServer(t, append(files(server), priority)...)
			e := newEnd(NewClient(use(client), Params{}))
			if err := echo(e, dial(), 100); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
			if _, key := e.PeerRawPublicKey(); !sameKey(key, server.key.Public()) || e.Credential() == nil {
				t.Errorf("key %v\n%s", key, out)
			}
			ours := newEnd(NewServer(use(server), Params{ClientAuth: RequireClientCert}))
			cli, err := gnutlsClient(t, ours, append(files(client), priority)...)
			if err != nil {
				t.Errorf("%v\n%s", err, cli)
			}
			if _, key := ours.PeerRawPublicKey(); !sameKey(key, client.key.Public()) {
				t.Errorf("key %v\n%s", key, cli)
			}
		})
	}
}
