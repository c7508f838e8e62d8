package core

import (
	"bytes"
	"testing"

	"patina/core/iana"
)

func only13(p Params) Params { p.MinVersion = iana.VersionTLS13; return p }

// TestHandshake13 shakes hands with every suite, group and kind of key.
func TestHandshake13(t *testing.T) {
	suites := []iana.CipherSuite{iana.TLS_AES_128_GCM_SHA256, iana.TLS_AES_256_GCM_SHA384, iana.TLS_CHACHA20_POLY1305_SHA256}
	check := func(t *testing.T, s iana.CipherSuite, g iana.NamedGroup, kind string) {
		id := identityOf(t, kind)
		server := serverOf(t, func(set *Settings) { set.Credentials = []*Credential{id.cred} })
		client := configOf(t, func(set *Settings) {
			set.Suites = []iana.CipherSuite{s}
			set.Groups = []iana.NamedGroup{g}
		})
		client.Groups = []iana.NamedGroup{g}
		server.Groups = allGroups
		p := newPair(NewClient(client, only13(Params{ServerName: "example.org"})), NewServer(server, Params{}))
		p.mustHandshake(t)
		for _, e := range []*end{p.client, p.server} {
			if e.Version() != iana.VersionTLS13 || e.Suite() != s || e.Group() != g || e.ServerName() != "example.org" || e.Resumed() || !e.EMS() {
				t.Errorf("%v %v %v %q resumed %v", e.Version(), e.Suite(), e.Group(), e.ServerName(), e.Resumed())
			}
		}
		if !bytes.Equal(p.client.PeerChain()[0].Raw, id.cert) || p.client.PeerSignatureScheme() != p.server.SignatureScheme() {
			t.Error("the chains or schemes differ")
		}
		for _, label := range []string{labelClientHandshake, labelServerHandshake, labelClientTraffic, labelServerTraffic, labelExporter} {
			if c, s := p.client.secrets[label], p.server.secrets[label]; len(c) == 0 || !bytes.Equal(c, s) {
				t.Errorf("%s: %x, %x", label, c, s)
			}
		}
	}
	for _, s := range suites {
		t.Run(s.String(), func(t *testing.T) { check(t, s, iana.GroupX25519, "p256") })
	}
	for _, g := range allGroups {
		t.Run(g.String(), func(t *testing.T) { check(t, suites[0], g, "p256") })
	}
	for _, kind := range keyKinds {
		t.Run(kind, func(t *testing.T) { check(t, suites[1], iana.GroupX25519, kind) })
	}
}
