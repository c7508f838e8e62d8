package core

import (
	"errors"
	"strings"
	"testing"
	"time"

	"patina/core/iana"
	"patina/core/wire"
)

// What is refused on purpose, item by item: as a client offers it and as a server
// chooses it, with the alert and with words for whoever reads the error.

// legacySuites is one suite of each family, or more.
var legacySuites = []struct {
	id   iana.CipherSuite
	name string
	why  string
}{
	{0x0004, "TLS_RSA_WITH_RC4_128_MD5", "RSA key exchange, RC4"},
	{0xc011, "TLS_ECDHE_RSA_WITH_RC4_128_SHA", "RC4"},
	{0x0009, "TLS_RSA_WITH_DES_CBC_SHA", "RSA key exchange, DES"},
	{0x000a, "TLS_RSA_WITH_3DES_EDE_CBC_SHA", "RSA key exchange, DES"},
	{0xc012, "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA", "DES"},
	{0x0003, "TLS_RSA_EXPORT_WITH_RC4_40_MD5", "RSA key exchange, export suites, RC4"},
	{0x0014, "TLS_DHE_RSA_EXPORT_WITH_DES40_CBC_SHA", "finite-field Diffie-Hellman, export suites, DES"},
	{0x002f, "TLS_RSA_WITH_AES_128_CBC_SHA", "RSA key exchange, CBC"},
	{0xc013, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "CBC"},
	{0xc024, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384", "CBC"},
	{0x009c, "TLS_RSA_WITH_AES_128_GCM_SHA256", "RSA key exchange"},
	{0xc09d, "TLS_RSA_WITH_AES_256_CCM", "RSA key exchange"},
	{0x0033, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA", "finite-field Diffie-Hellman, CBC"},
	{0x009e, "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", "finite-field Diffie-Hellman"},
	{0xccaa, "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "finite-field Diffie-Hellman"},
	{0x00a7, "TLS_DH_anon_WITH_AES_256_GCM_SHA384", "finite-field Diffie-Hellman, no authentication"},
	{0xc018, "TLS_ECDH_anon_WITH_AES_128_CBC_SHA", "no authentication, CBC"},
	{0x003b, "TLS_RSA_WITH_NULL_SHA256", "RSA key exchange, no encryption"},
	{0xc010, "TLS_ECDHE_RSA_WITH_NULL_SHA", "no encryption"},
}

// TestRefusedSuites: no Config takes them, no server chooses them, no client goes
// on with one, whatever the rest of the message.
func TestRefusedSuites(t *testing.T) {
	says := func(name string, err error, kind Kind, words string) {
		t.Helper()
		wantKind(t, err, kind)
		if err == nil || !strings.HasSuffix(err.Error(), "refused here: "+words) {
			t.Errorf("%s: %v, want %s", name, err, words)
		}
	}
	for _, x := range legacySuites {
		if _, err := NewConfig(Settings{Now: time.Now, Suites: []iana.CipherSuite{iana.TLS_AES_128_GCM_SHA256, x.id}}); !errors.Is(err, ErrSettings) || !strings.Contains(err.Error(), x.id.String()) {
			t.Errorf("%s in Settings: %v", x.name, err)
		}
		for _, v := range bothVersions {
			s := newScript(t, NewServer(serverOf(t, nil), Params{}))
			hello := s.clientHello()
			hello.CipherSuites = []iana.CipherSuite{x.id}
			if v == iana.VersionTLS12 {
				hello = newScript12(t, NewServer(serverOf(t, nil), Params{})).hello2()
				hello.CipherSuites = []iana.CipherSuite{x.id, iana.TLS_EMPTY_RENEGOTIATION_INFO_SCSV}
			}
			s.send(wire.AppendClientHello(nil, hello))
			s.wantAlert(iana.AlertHandshakeFailure)
			says(v.String()+", a server, "+x.name, s.err, KindNoSharedCipher, x.why)
		}
		client := newScript12(t, NewClient(configOf(t, nil), only12(Params{})))
		answer := client.answer()
		answer.CipherSuite = x.id
		client.sendHello(answer)
		client.wantAlert(iana.AlertIllegalParameter)
		says("a client, "+x.name, client.err, KindWrongCipher, x.why)

		client13 := newScript(t, NewClient(configOf(t, nil), only13(Params{})))
		answer13 := client13.serverHello()
		answer13.CipherSuite = x.id
		client13.send(wire.AppendServerHello(nil, answer13))
		client13.wantAlert(iana.AlertIllegalParameter)
		says("a client of TLS 1.3, "+x.name, client13.err, KindWrongCipher, x.why)
	}
}

// TestRefusedVersions: SSL 3.0 to TLS 1.1, offered or chosen. (SSL 2.0 is in
// TestForeign.)
func TestRefusedVersions(t *testing.T) {
	for v, name := range map[iana.ProtocolVersion]string{iana.VersionSSL3: "SSLv3", iana.VersionTLS10: "TLSv1", iana.VersionTLS11: "TLSv1.1"} {
		for _, listed := range []bool{false, true} { // in supported_versions, too
			s := newScript12(t, NewServer(serverOf(t, nil), Params{}))
			hello := s.hello2()
			if hello.LegacyVersion = v; listed {
				hello.LegacyVersion = iana.VersionTLS12
				hello.SupportedVersions = []iana.ProtocolVersion{v}
			}
			s.send(wire.AppendClientHello(nil, hello))
			s.wantAlert(iana.AlertProtocolVersion)
			wantKind(t, s.err, KindUnsupportedProtocol)
			if s.err == nil || !strings.Contains(s.err.Error(), name) {
				t.Errorf("%s, listed %v: %v", name, listed, s.err)
			}
		}
		for _, p := range []Params{{}, {MaxVersion: iana.VersionTLS12}} {
			s := newScript12(t, NewClient(configOf(t, nil), p))
			answer := s.answer()
			answer.LegacyVersion = v
			s.sendHello(answer)
			s.wantAlert(iana.AlertProtocolVersion)
			wantKind(t, s.err, KindUnsupportedProtocol)
			if s.err == nil || !strings.Contains(s.err.Error(), name) {
				t.Errorf("a client, %s: %v", name, s.err)
			}
		}
		// They cannot be asked for either: the least is TLS 1.2.
		c := NewClient(configOf(t, nil), Params{MinVersion: v})
		for _, offered := range firstHello(t, c).SupportedVersions {
			if offered < iana.VersionTLS12 {
				t.Errorf("MinVersion %v: the client offers %v", v, offered)
			}
		}
	}
}

// TestRefusedGroups: finite fields, in both versions; what the server's error says
// of other groups.
func TestRefusedGroups(t *testing.T) {
	for _, g := range []iana.NamedGroup{iana.GroupFfdhe2048, 0x0101, 0x0102, 0x0103, 0x0104} {
		if _, err := NewConfig(Settings{Now: time.Now, Groups: []iana.NamedGroup{iana.GroupX25519, g}}); !errors.Is(err, ErrSettings) || !strings.Contains(err.Error(), g.String()) {
			t.Errorf("%v in Settings: %v", g, err)
		}
		s := newScript(t, NewServer(serverOf(t, nil), Params{}))
		hello := s.clientHello()
		hello.Groups, hello.KeyShares = []iana.NamedGroup{g}, []wire.KeyShare{{Group: g, Data: make([]byte, 256)}}
		s.send(wire.AppendClientHello(nil, hello))
		s.wantAlert(iana.AlertHandshakeFailure)
		wantKind(t, s.err, KindNoSharedGroup)
		if s.err == nil || !strings.Contains(s.err.Error(), "finite-field") {
			t.Errorf("%v: %v", g, s.err)
		}
		s12 := newScript12(t, NewServer(serverOf(t, nil), Params{}))
		hello = s12.hello2()
		hello.Groups = []iana.NamedGroup{g, iana.GroupX448}
		s12.send(wire.AppendClientHello(nil, hello))
		s12.wantAlert(iana.AlertHandshakeFailure)
		wantKind(t, s12.err, KindNoSharedCipher)
		if s12.err == nil || !strings.HasSuffix(s12.err.Error(), "finite-field Diffie-Hellman, x448") {
			t.Errorf("%v: %v", g, s12.err)
		}
	}
}

// TestRefusedSignatures: a client that verifies SHA-1 and MD5 only; a certificate
// that does not fit what it verifies is another matter.
func TestRefusedSignatures(t *testing.T) {
	weak := []iana.SignatureScheme{iana.SigRSAPKCS1SHA1, iana.SigECDSASHA1, 0x0101}
	for _, tt := range []struct {
		schemes []iana.SignatureScheme
		words   string
	}{{weak, "such as with SHA-1"}, {[]iana.SignatureScheme{iana.SigRSAPSSRSAESHA256}, "the client verifies rsa_pss_rsae_sha256"}} {
		s := newScript(t, NewServer(serverOf(t, nil), Params{}))
		hello := s.clientHello()
		hello.SignatureSchemes = tt.schemes
		s.send(wire.AppendClientHello(nil, hello))
		s.wantAlert(iana.AlertHandshakeFailure)
		wantKind(t, s.err, KindNoCredential)
		s12 := newScript12(t, NewServer(serverOf(t, nil), Params{}))
		hello = s12.hello2()
		hello.SignatureSchemes = tt.schemes
		s12.send(wire.AppendClientHello(nil, hello))
		s12.wantAlert(iana.AlertHandshakeFailure)
		wantKind(t, s12.err, KindNoSharedCipher)
		for _, err := range []error{s.err, s12.err} {
			if err == nil || !strings.Contains(err.Error(), tt.words) {
				t.Errorf("%v: %v", tt.schemes, err)
			}
		}
	}
}

// TestSuitesOffered: what an error says where nothing is refused on purpose.
func TestSuitesOffered(t *testing.T) {
	for want, list := range map[string][]iana.CipherSuite{
		"the client offers TLS_AES_128_GCM_SHA256":                     {0x002f, iana.TLS_AES_128_GCM_SHA256},
		"the client offers no suite that is known here":                {0xfefe},
		"the client offers none":                                       nil,
		"the client offers nothing but what is refused here: RC4, CBC": {0xc013, 0xc007},
	} {
		if got := suitesOffered(list); got != want {
			t.Errorf("%v: %s, want %s", list, got, want)
		}
	}
	for id := range iana.CipherSuite(0xffff) {
		if refused(id) != 0 && wellKnown(id) {
			t.Errorf("%v is refused: %v", id, refused(id))
		}
	}
}

func wellKnown(id iana.CipherSuite) bool { return !strings.Contains(id.String(), "(") }
