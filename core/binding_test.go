package core

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"strings"
	"testing"

	"patina/core/iana"
)

// TestBindingsGo compares the channel bindings with those of crypto/tls, from
// both roles, new and resumed.
func TestBindingsGo(t *testing.T) {
	keys, err := NewTicketKeys(nil)
	if err != nil {
		t.Fatal(err)
	}
	check := func(t *testing.T, ours *end, st tls.ConnectionState) {
		t.Helper()
		got, err := ours.BindingExporter()
		want, _ := st.ExportKeyingMaterial("EXPORTER-Channel-Binding", []byte{}, 32)
		if err != nil || len(got) != 32 || !bytes.Equal(got, want) {
			t.Errorf("tls-exporter %x, %v; want %x", got, err, want)
		}
		got, err = ours.BindingUnique()
		if ours.Version() == iana.VersionTLS13 {
			if err != ErrNoBinding {
				t.Errorf("tls-unique of TLS 1.3: %x, %v", got, err)
			}
		} else if err != nil || len(got) != 12 || !bytes.Equal(got, st.TLSUnique) {
			t.Errorf("tls-unique %x, %v; want %x", got, err, st.TLSUnique)
		}
	}
	for _, v := range bothVersions {
		t.Run(v.String(), func(t *testing.T) {
			p := Params{MaxVersion: v, MinVersion: v, ServerName: "example.org", Tickets: 1}
			peer := &tls.Config{Certificates: []tls.Certificate{goCertificate(identityOf(t, "p256"))}}
			client := configOf(t, func(s *Settings) { s.Ask = AskSession })
			for i := range 2 {
				ours := newEnd(NewClient(client, p))
				if _, err := ours.BindingExporter(); err != ErrHandshake {
					t.Errorf("before the handshake: %v", err)
				}
				st, err := withGo(t, ours, peer)
				if err != nil || ours.Resumed() != (i == 1) {
					t.Fatal(err, ours.Resumed())
				}
				check(t, ours, st)
				end, err := ours.BindingServerEndPoint()
				if want := sha256.Sum256(identityOf(t, "p256").cert); err != nil || !bytes.Equal(end, want[:]) {
					t.Errorf("tls-server-end-point %x, %v; want %x", end, err, want)
				}
				p.Session = ours.sessions[0]
			}
			server := serverOf(t, func(s *Settings) { s.TicketKeys = keys })
			peer = &tls.Config{InsecureSkipVerify: true, ServerName: "example.org", MinVersion: uint16(v), MaxVersion: uint16(v), ClientSessionCache: tls.NewLRUClientSessionCache(1)}
			for i := range 2 {
				ours := newEnd(NewServer(server, p))
				st, err := withGo(t, ours, peer)
				if err != nil || ours.Resumed() != (i == 1) {
					t.Fatal(err, ours.Resumed())
				}
				check(t, ours, st)
			}
		})
	}
}

// TestBindingsOpenSSL: s_client exports the same, and hashes the same
// certificate.
func TestBindingsOpenSSL(t *testing.T) {
	ours := newEnd(NewServer(serverOf(t, nil), Params{}))
	out, err := sClient(t, ours, "-keymatexport", "EXPORTER-Channel-Binding", "-keymatexportlen", "32")
	if err != nil {
		t.Fatal(err, out)
	}
	b, err := ours.BindingExporter()
	if err != nil || !strings.Contains(strings.ToUpper(out), strings.ToUpper(hex.EncodeToString(b))) {
		t.Errorf("%x, %v is not in %s", b, err, out)
	}
}

// TestBindingServerEndPoint: the hash follows the signature of the certificate.
func TestBindingServerEndPoint(t *testing.T) {
	hash := map[string]func(b []byte) []byte{
		"p256": func(b []byte) []byte { s := sha256.Sum256(b); return s[:] },
		"rsa":  func(b []byte) []byte { s := sha256.Sum256(b); return s[:] },
		"p384": func(b []byte) []byte { s := sha512.Sum384(b); return s[:] },
		"p521": func(b []byte) []byte { s := sha512.Sum512(b); return s[:] },
	}
	for _, kind := range keyKinds {
		id := identityOf(t, kind)
		p := newPair(NewClient(configOf(t, nil), Params{}), NewServer(serverOf(t, func(s *Settings) { s.Credentials = []*Credential{id.cred} }), Params{}))
		p.mustHandshake(t)
		a, aerr := p.client.BindingServerEndPoint()
		b, berr := p.server.BindingServerEndPoint()
		if f := hash[kind]; f == nil {
			if aerr != ErrNoBinding || berr != ErrNoBinding {
				t.Errorf("%s: %v %v", kind, aerr, berr)
			}
		} else if want := f(id.cert); aerr != nil || berr != nil || !bytes.Equal(a, want) || !bytes.Equal(b, want) {
			t.Errorf("%s: %x %v, %x %v; want %x", kind, a, aerr, b, berr, want)
		}
	}
	for a, want := range map[x509.SignatureAlgorithm]crypto.Hash{x509.MD5WithRSA: crypto.SHA256, x509.SHA1WithRSA: crypto.SHA256,
		x509.SHA384WithRSAPSS: crypto.SHA384, x509.SHA512WithRSA: crypto.SHA512, x509.PureEd25519: 0, x509.MD2WithRSA: 0} {
		if got := signatureHash(a); got != want {
			t.Errorf("%v: %v", a, got)
		}
	}
}

// TestNoBinding: what would not be safe is not given.
func TestNoBinding(t *testing.T) {
	p := newPair(NewClient(configOf(t, nil), only12(Params{NoEMS: true})), NewServer(serverOf(t, nil), Params{}))
	p.mustHandshake(t)
	for _, e := range []*end{p.client, p.server} {
		if _, err := e.BindingExporter(); err != ErrNoBinding {
			t.Errorf("tls-exporter: %v", err)
		}
		if _, err := e.BindingUnique(); err != ErrNoBinding {
			t.Errorf("tls-unique: %v", err)
		}
	}
	// A TLS 1.3 server that resumes has no certificate in use.
	keys, err := NewTicketKeys(nil)
	if err != nil {
		t.Fatal(err)
	}
	server, client := serverOf(t, func(s *Settings) { s.TicketKeys = keys }), configOf(t, func(s *Settings) { s.Ask = AskSession })
	p = newPair(NewClient(client, Params{}), NewServer(server, Params{Tickets: 1}))
	p.mustHandshake(t)
	p = newPair(NewClient(client, Params{Session: p.client.sessions[0]}), NewServer(server, Params{}))
	p.mustHandshake(t)
	if _, err := p.server.BindingServerEndPoint(); err != ErrNoBinding || !p.server.Resumed() {
		t.Errorf("resumed %v: %v", p.server.Resumed(), err)
	}
}
