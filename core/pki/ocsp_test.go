package pki

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"
)

// respond makes an OCSP response for c, by the responder for the issuer.
func respond(t testing.TB, issuer, responder *authority, c *x509.Certificate, edit func(*ocsp.Response)) []byte {
	t.Helper()
	r := ocsp.Response{Status: ocsp.Good, SerialNumber: c.SerialNumber, ThisUpdate: time.Now().Add(-time.Hour), NextUpdate: time.Now().Add(time.Hour)}
	if responder != issuer {
		r.Certificate = responder.cert
	}
	if edit != nil {
		edit(&r)
	}
	der, err := ocsp.CreateResponse(issuer.cert, responder.cert, r, responder.key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func delegated(c *x509.Certificate) {
	c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning}
	c.KeyUsage = x509.KeyUsageDigitalSignature
}

type ocspCase struct {
	name     string
	response []byte
	want     Reason
	// differs: openssl ocsp judges otherwise, for this reason.
	differs string
}

func ocspCases(t *testing.T, root, mid, leaf *authority) []ocspCase {
	delegate := mid.issue(t, "Delegate", nil, delegated)
	noEKU := mid.issue(t, "No EKU", nil, server("no"))
	rootDelegate := root.issue(t, "Delegate of the root", nil, delegated)
	expired := mid.issue(t, "Expired delegate", nil, with(delegated, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Hour) }))
	stranger := (*authority)(nil).issue(t, "OCSP Mid", nil, ca)
	strangers := stranger.issue(t, "Delegate of a stranger", nil, delegated)
	other := mid.issue(t, "o", nil, server("o"))
	mimic := &authority{mid.cert, stranger.key}
	at := func(this, next time.Duration) func(*ocsp.Response) {
		return func(r *ocsp.Response) {
			r.ThisUpdate, r.NextUpdate = time.Now().Add(this), time.Now().Add(next)
			if next == 0 {
				r.NextUpdate = time.Time{}
			}
		}
	}
	const day = 24 * time.Hour
	list := []ocspCase{
		{"good", respond(t, mid, mid, leaf.cert, nil), 0, ""},
		{"good, delegated", respond(t, mid, delegate, leaf.cert, nil), 0, ""},
		{"revoked", respond(t, mid, mid, leaf.cert, func(r *ocsp.Response) {
			r.Status, r.RevokedAt, r.RevocationReason = ocsp.Revoked, time.Now().Add(-time.Hour), ocsp.KeyCompromise
		}), Revoked, ""},
		{"revoked, delegated", respond(t, mid, delegate, leaf.cert, func(r *ocsp.Response) { r.Status, r.RevokedAt = ocsp.Revoked, time.Now().Add(-time.Hour) }), Revoked, ""},
		{"unknown", respond(t, mid, mid, leaf.cert, func(r *ocsp.Response) { r.Status = ocsp.Unknown }), OCSPUnknown, ""},
		{"of another certificate", respond(t, mid, mid, other.cert, nil), BadOCSP, ""},
		{"delegate without OCSPSigning", respond(t, mid, noEKU, leaf.cert, nil), OCSPNotAuthorized, ""},
		{"delegate of the root", respond(t, mid, rootDelegate, leaf.cert, nil), OCSPNotAuthorized, ""},
		{"delegate of a stranger", respond(t, mid, strangers, leaf.cert, nil), OCSPNotAuthorized, ""},
		{"expired delegate", respond(t, mid, expired, leaf.cert, nil), OCSPNotAuthorized, ""},
		{"a stranger of the issuer's name", respond(t, mimic, mimic, leaf.cert, nil), BadOCSPSignature, ""},
		{"the stranger, with its certificate", respond(t, mid, stranger, leaf.cert, nil), OCSPNotAuthorized, ""},
		{"of another issuer, by this one", respond(t, root, mid, leaf.cert, func(r *ocsp.Response) { r.Certificate = mid.cert }), OCSPOther, ""},
		{"SHA-256 of the issuer", respond(t, mid, mid, leaf.cert, func(r *ocsp.Response) { r.IssuerHash = crypto.SHA256 }), 0, "it looks for SHA-1 only, unless told"},
		{"expired", respond(t, mid, mid, leaf.cert, at(-2*day, -time.Hour)), OCSPExpired, ""},
		{"just expired", respond(t, mid, mid, leaf.cert, at(-2*day, -5*time.Minute+20*time.Second)), 0, ""},
		{"expired by a little more", respond(t, mid, mid, leaf.cert, at(-2*day, -5*time.Minute-20*time.Second)), OCSPExpired, ""},
		{"early", respond(t, mid, mid, leaf.cert, at(time.Hour, 2*time.Hour)), OCSPNotYetValid, ""},
		{"a little early", respond(t, mid, mid, leaf.cert, at(5*time.Minute-20*time.Second, time.Hour)), 0, ""},
		{"early by a little more", respond(t, mid, mid, leaf.cert, at(5*time.Minute+20*time.Second, time.Hour)), OCSPNotYetValid, ""},
		{"without nextUpdate", respond(t, mid, mid, leaf.cert, at(-time.Hour, 0)), 0, ""},
		{"without nextUpdate, old", respond(t, mid, mid, leaf.cert, at(-241*time.Hour, 0)), OCSPExpired, "no limit to the age by default"},
		{"without nextUpdate, nearly as old", respond(t, mid, mid, leaf.cert, at(-239*time.Hour, 0)), 0, ""},
		{"critical extension", respond(t, mid, mid, leaf.cert, func(r *ocsp.Response) {
			r.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 2, 3, 4}, Critical: true, Value: []byte{5, 0}}}
		}), BadOCSP, "critical extensions are not looked at"},
		{"tryLater", ocsp.TryLaterErrorResponse, OCSPUnsuccessful, ""},
		{"unauthorized", ocsp.UnauthorizedErrorResponse, OCSPUnsuccessful, ""},
		{"nothing of the kind", []byte("<html>"), BadOCSP, ""},
	}
	signed := bytes.Clone(list[0].response)
	signed[len(signed)-1] ^= 1
	return append(list, ocspCase{"a changed signature", signed, BadOCSPSignature, ""})
}

// opensslOCSP is what the openssl command says of a response.
func opensslOCSP(t *testing.T, dir string, response []byte) (good, revoked bool, out string) {
	t.Helper()
	file := filepath.Join(dir, "response")
	if err := os.WriteFile(file, response, 0o600); err != nil {
		t.Fatal(err)
	}
	all, err := exec.Command("openssl", "ocsp", "-no_nonce", "-respin", file, "-issuer", filepath.Join(dir, "issuer"), "-cert", filepath.Join(dir, "leaf"),
		"-CAfile", filepath.Join(dir, "roots")).CombinedOutput()
	out = fmt.Sprintf("%s%v", all, err)
	ok := strings.Contains(out, "Response verify OK") && !strings.Contains(out, "WARNING")
	return ok && strings.Contains(out, "leaf: good"), ok && strings.Contains(out, "leaf: revoked"), out
}

// TestOCSPLikeOpenSSL holds each verdict against the openssl command's.
func TestOCSPLikeOpenSSL(t *testing.T) {
	root := (*authority)(nil).issue(t, "OCSP Root", nil, ca)
	mid := root.issue(t, "OCSP Mid", nil, ca)
	leaf := mid.issue(t, "l", nil, server("l"))
	dir := t.TempDir()
	writePEM(t, filepath.Join(dir, "issuer"), []*authority{mid})
	writePEM(t, filepath.Join(dir, "leaf"), []*authority{leaf})
	writePEM(t, filepath.Join(dir, "roots"), []*authority{root, mid})
	for _, c := range ocspCases(t, root, mid, leaf) {
		o := Options{Roots: poolOf([]*authority{root}), Untrusted: wrap(t, []*authority{mid}), Now: time.Now(), Depth: -1, Staple: c.response, OCSPCheck: CheckStaple}
		_, _, err := verify(wrap(t, []*authority{leaf})[0], &o)
		got := Reason(0)
		if err != nil {
			got = err.Reason
		}
		if got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
		good, revoked, out := opensslOCSP(t, dir, c.response)
		if same := good == (c.want == 0) && revoked == (c.want == Revoked); same != (c.differs == "") {
			t.Errorf("%s: openssl says good %v, revoked %v\n%s", c.name, good, revoked, out)
		}
		o.OCSPCheck = NoOCSPCheck
		if _, _, err := verify(wrap(t, []*authority{leaf})[0], &o); err != nil {
			t.Errorf("%s: looked at all the same: %v", c.name, err)
		}
	}
}

// TestOCSPOfOpenSSL: responses that the openssl command makes.
func TestOCSPOfOpenSSL(t *testing.T) {
	root := (*authority)(nil).issue(t, "OCSP Root", nil, ca)
	leaf := root.issue(t, "l", nil, server("l"))
	delegate := root.issue(t, "Delegate", nil, delegated)
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	writePEM(t, path("root"), []*authority{root})
	writePEM(t, path("leaf"), []*authority{leaf})
	for name, a := range map[string]*authority{"root": root, "delegate": delegate} {
		writePEM(t, path(name), []*authority{a})
		der, err := x509.MarshalPKCS8PrivateKey(a.key)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path(name+".key"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := func(args ...string) {
		t.Helper()
		if out, err := exec.Command("openssl", append([]string{"ocsp"}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
	}
	for status, want := range map[string]Reason{"V": 0, "R": Revoked} {
		revoked := ""
		if status == "R" {
			revoked = time.Now().Add(-time.Hour).UTC().Format("060102150405Z")
		}
		line := fmt.Sprintf("%s\t%s\t%s\t%X\tunknown\t/CN=l\n", status, leaf.cert.NotAfter.UTC().Format("060102150405Z"), revoked, []byte(leaf.cert.SerialNumber.FillBytes(make([]byte, 2))))
		if err := os.WriteFile(path("index"), []byte(line), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, by := range []string{"root", "delegate"} {
			for _, more := range [][]string{{"-rmd", "sha256"}, {"-rmd", "sha384", "-resp_key_id"}, {"-rmd", "sha1"}} {
				run("-issuer", path("root"), "-cert", path("leaf"), "-no_nonce", "-reqout", path("request"))
				run(append([]string{"-index", path("index"), "-CA", path("root"), "-rsigner", path(by), "-rkey", path(by + ".key"), "-ndays", "1",
					"-reqin", path("request"), "-respout", path("response")}, more...)...)
				der, err := os.ReadFile(path("response"))
				if err != nil {
					t.Fatal(err)
				}
				want := want
				if more[1] == "sha1" {
					want = BadOCSPSignature
				}
				s, got := VerifyOCSP(der, wrap(t, []*authority{leaf})[0], wrap(t, []*authority{root})[0], time.Now())
				if got != want || s != nil && (s.RevokedAt.IsZero() != (want == 0) || s.NextUpdate.IsZero()) {
					t.Errorf("%s by %s, %v: %v, want %v", status, by, more, got, want)
				}
			}
		}
	}
}

// feature is the TLS feature extension with these numbers.
func feature(numbers ...int) func(*x509.Certificate) {
	return func(c *x509.Certificate) {
		value, err := asn1.Marshal(numbers)
		if err != nil {
			panic(err)
		}
		c.ExtraExtensions = append(c.ExtraExtensions, pkix.Extension{Id: oidTLSFeature, Value: value})
	}
}

// TestMustStaple: a certificate that promises a response is refused without one
// (RFC 7633); so is everything below an issuer that promises it.
func TestMustStaple(t *testing.T) {
	root := (*authority)(nil).issue(t, "R", nil, ca)
	strict := root.issue(t, "S", nil, with(ca, feature(featureStatusRequest)))
	for name, x := range map[string]struct {
		leaf   *authority
		issuer *authority
		needed bool
	}{
		"no feature":      {root.issue(t, "l", nil, server("l")), root, false},
		"another feature": {root.issue(t, "l", nil, with(server("l"), feature(17))), root, false},
		"must-staple":     {root.issue(t, "l", nil, with(server("l"), feature(17, featureStatusRequest))), root, true},
		"unreadable": {root.issue(t, "l", nil, with(server("l"), func(c *x509.Certificate) {
			c.ExtraExtensions = []pkix.Extension{{Id: oidTLSFeature, Value: []byte{4, 0}}}
		})), root, true},
		"the issuer's": {strict.issue(t, "l", nil, server("l")), strict, true},
	} {
		o := Options{Roots: poolOf([]*authority{root}), Untrusted: wrap(t, []*authority{strict}), Now: time.Now(), Depth: -1}
		leaf := wrap(t, []*authority{x.leaf})[0]
		for check, want := range []bool{false, x.needed, true} {
			o.OCSPCheck, o.Staple = OCSPCheck(check), nil
			if _, _, err := verify(leaf, &o); (err != nil) != want || err != nil && err.Reason != NoStaple {
				t.Errorf("%s, check %d: %v", name, check, err)
			}
			o.Staple = respond(t, x.issuer, x.issuer, x.leaf.cert, nil)
			if _, _, err := verify(leaf, &o); err != nil {
				t.Errorf("%s, check %d, stapled: %v", name, check, err)
			}
		}
	}
}

func FuzzOCSP(f *testing.F) {
	root := (*authority)(nil).issue(f, "R", nil, ca)
	leaf := root.issue(f, "l", nil, server("l"))
	delegate := root.issue(f, "D", nil, delegated)
	f.Add(respond(f, root, root, leaf.cert, nil))
	f.Add(respond(f, root, delegate, leaf.cert, func(r *ocsp.Response) {
		r.ExtraExtensions = []pkix.Extension{{Id: oidOCSPSCTs, Value: []byte{4, 2, 0, 0}}}
	}))
	f.Add(ocsp.TryLaterErrorResponse)
	c, err := New(leaf.cert)
	if err != nil {
		f.Fatal(err)
	}
	issuer, err := New(root.cert)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, der []byte) {
		before := bytes.Clone(der)
		VerifyOCSP(der, c, issuer, time.Now())
		if !bytes.Equal(before, der) {
			t.Fatal("the response has been changed")
		}
	})
}
