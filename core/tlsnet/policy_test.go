package tlsnet

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"patina/core"
	"patina/core/iana"
	"patina/core/pki"
	"patina/core/verifier"
)

// TestPolicy: a client's policy is asked for and applied, in both versions.
func TestPolicy(t *testing.T) {
	a := newAuthority(t)
	mustStaple := func(x *x509.Certificate) {
		x.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 24}, Value: []byte{0x30, 3, 2, 1, 5}}}
	}
	stapled := func(cred *core.Credential, status int) *core.Credential {
		leaf, err := x509.ParseCertificate(cred.Chain[0])
		if err != nil {
			t.Fatal(err)
		}
		cred.Staple, err = ocsp.CreateResponse(a.cert, a.cert, ocsp.Response{Status: status, SerialNumber: leaf.SerialNumber,
			ThisUpdate: time.Now(), NextUpdate: time.Now().Add(time.Hour), RevokedAt: time.Now()}, a.key)
		if err != nil {
			t.Fatal(err)
		}
		return cred
	}
	for _, c := range []struct {
		name   string
		cred   *core.Credential
		policy verifier.Policy
		alert  iana.AlertDescription // 0: accepted
		words  string
	}{
		{"nothing", a.credential(t, nil), verifier.Policy{}, 0, ""},
		{"stapled", stapled(a.credential(t, mustStaple), ocsp.Good), verifier.Policy{OCSP: pki.CheckStaple}, 0, ""},
		{"must-staple", a.credential(t, mustStaple), verifier.Policy{OCSP: pki.CheckStaple}, iana.AlertBadCertificateStatusResponse, "the server has sent none"},
		{"revoked", stapled(a.credential(t, nil), ocsp.Revoked), verifier.Policy{OCSP: pki.CheckStaple}, iana.AlertCertificateRevoked, "has been revoked"},
		{"revoked, not asked", stapled(a.credential(t, nil), ocsp.Revoked), verifier.Policy{}, 0, ""},
		{"pinned", a.credential(t, nil), verifier.Policy{Pins: verifier.Pins{"example.org": {verifier.PinOf(a.cert)}}}, 0, ""},
		{"not pinned", a.credential(t, nil), verifier.Policy{Pins: verifier.Pins{"example.org": {{}}}}, iana.AlertBadCertificate, "pinned for this host"},
	} {
		for _, v := range []iana.ProtocolVersion{iana.VersionTLS12, iana.VersionTLS13} {
			x, y := sockets(t)
			s := a.server(t, func(cfg *Config) { cfg.Settings.Credentials = []*core.Credential{c.cred} }).Conn(y)
			served := goDo(s.Handshake)
			err := a.client(t, func(cfg *Config) { cfg.Policy, cfg.Params.MaxVersion = c.policy, v }).Conn(x, "example.org").Handshake()
			var ce *CertificateError
			if c.alert == 0 && err != nil || c.alert != 0 && (!errors.As(err, &ce) || !strings.Contains(err.Error(), c.words)) {
				t.Errorf("%s, %v: %v", c.name, v, err)
			}
			err = <-served
			var alert core.AlertError
			if errors.As(err, &alert); iana.AlertDescription(alert) != c.alert || c.alert == 0 && err != nil {
				t.Errorf("%s, %v: the server got %v, want %v", c.name, v, err, c.alert)
			}
		}
	}
}
