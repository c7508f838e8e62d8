package pki

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"
)

// opensslCode is X509_V_ERR_* by Reason, from openssl/x509_vfy.h.
var opensslCode = map[Reason]int{
	Unspecified: 1, NoIssuer: 2, BadSignature: 7, NotYetValid: 9, Expired: 10, SelfSignedLeaf: 18, SelfSignedInChain: 19,
	NoIssuerLocally: 20, ChainTooLong: 22, PathLengthExceeded: 25, InvalidPurpose: 26, KeyUsageNoCertSign: 32,
	UnhandledCritical: 34, PermittedViolation: 47, ExcludedViolation: 48, HostnameMismatch: 62, EmailMismatch: 63,
	NoCRL: 3, BadCRLSignature: 8, CRLNotYetValid: 11, CRLExpired: 12, Revoked: 23, KeyUsageNoCRLSign: 35,
	UnhandledCriticalCRL: 36, DifferentCRLScope: 44, IPAddressMismatch: 64, LeafKeyTooSmall: 66, CAKeyTooSmall: 67, DigestTooWeak: 68, InvalidCA: 79,
}

type authority struct {
	cert *x509.Certificate
	key  crypto.Signer
}

var serial int64

func newKey(t testing.TB) crypto.Signer {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func (a *authority) issue(t testing.TB, name string, key crypto.Signer, edit func(*x509.Certificate)) *authority {
	t.Helper()
	serial++
	if key == nil {
		key = newKey(t)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{Organization: []string{"Patina"}, CommonName: name},
		NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(48 * time.Hour),
	}
	edit(tmpl)
	parent, signer := tmpl, key
	if a != nil {
		parent, signer = a.cert, a.key
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{c, key}
}

func ca(c *x509.Certificate) {
	c.BasicConstraintsValid, c.IsCA, c.MaxPathLen = true, true, -1
	c.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
}

func server(names ...string) func(*x509.Certificate) {
	return func(c *x509.Certificate) {
		c.DNSNames, c.KeyUsage = names, x509.KeyUsageDigitalSignature
		c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	}
}

func with(fs ...func(*x509.Certificate)) func(*x509.Certificate) {
	return func(c *x509.Certificate) {
		for _, f := range fs {
			f(c)
		}
	}
}

type verifyCase struct {
	name      string
	leaf      *authority
	untrusted []*authority
	roots     []*authority
	opts      Options
	args      []string // the same options for the openssl command
	crls      [][]byte // revocation lists, DER
}

func cases(t *testing.T) []verifyCase {
	root := (*authority)(nil).issue(t, "Root", nil, ca)
	other := (*authority)(nil).issue(t, "Other Root", nil, ca)
	mid := root.issue(t, "Intermediate", nil, ca)
	mid2 := mid.issue(t, "Second Intermediate", nil, ca)
	leaf := mid.issue(t, "leaf", nil, server("www.example.com", "*.wild.example.com", "f*.part.example.com"))
	one := []*authority{root}
	mids := []*authority{mid}
	past := func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Hour) }
	future := func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Hour) }
	host := func(h string) Options { return Options{Hosts: []string{h}} }
	hostArgs := func(h string) []string { return []string{"-verify_hostname", h} }
	mk := func(name string, l *authority, u, r []*authority) verifyCase {
		return verifyCase{name: name, leaf: l, untrusted: u, roots: r}
	}
	mkHost := func(h string) verifyCase {
		return verifyCase{name: "host " + h, leaf: leaf, untrusted: mids, roots: one, opts: host(h), args: hostArgs(h)}
	}
	rsa1024, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	weakCA := root.issue(t, "Weak", rsa1024, ca)
	cn := mid.issue(t, "cn.example.com", nil, server())
	ncRoot := (*authority)(nil).issue(t, "NC Root", nil, with(ca, func(c *x509.Certificate) {
		c.PermittedDNSDomains, c.PermittedDNSDomainsCritical = []string{"example.com"}, true
		c.ExcludedDNSDomains = []string{"bad.example.com"}
	}))
	pathRoot := (*authority)(nil).issue(t, "Path Root", nil, with(ca, func(c *x509.Certificate) { c.MaxPathLen, c.MaxPathLenZero = 0, true }))
	pathMid := pathRoot.issue(t, "Path Mid", nil, ca)
	crossRoot := other.issue(t, "Root", root.key, ca) // Root, signed by Other
	notCA := root.issue(t, "Not a CA", nil, server("x"))
	noSign := root.issue(t, "No certSign", nil, with(ca, func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageDigitalSignature }))
	wrong := *mid.cert // the right name, the wrong key
	forged := &authority{&wrong, newKey(t)}
	wrong.PublicKey = forged.key.Public()
	self := (*authority)(nil).issue(t, "self", nil, server("self.example.com"))
	mimic := (*authority)(nil).issue(t, "self", nil, server("self.example.com"))
	expiredMid := root.issue(t, "Expired Intermediate", nil, with(ca, past))
	expiredRoot := (*authority)(nil).issue(t, "Expired Root", nil, with(ca, past))
	clientCA := root.issue(t, "Client CA", nil, with(ca, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }))
	upper := root.issue(t, "case TEST  Name", nil, ca)
	ipLeaf := mid.issue(t, "ip", nil, with(server(), func(c *x509.Certificate) {
		c.IPAddresses = []net.IP{net.ParseIP("192.0.2.1"), net.ParseIP("2001:db8::1")}
		c.EmailAddresses = []string{"Someone@Example.com"}
	}))
	list := []verifyCase{
		mk("good", leaf, mids, one),
		mk("no intermediate", leaf, nil, one),
		mk("untrusted root sent", leaf, []*authority{mid, root}, []*authority{other}),
		mk("untrusted root not sent", leaf, mids, []*authority{other}),
		mk("root sent too", leaf, []*authority{root, mid}, one),
		mk("no roots", leaf, mids, nil),
		mk("self-signed", self, nil, one),
		mk("self-signed trusted", self, nil, []*authority{self}),
		mk("self-signed mimic", mimic, nil, []*authority{self}),
		mk("expired leaf", mid.issue(t, "l", nil, with(server("l"), past)), mids, one),
		mk("future leaf", mid.issue(t, "l", nil, with(server("l"), future)), mids, one),
		mk("expired intermediate", expiredMid.issue(t, "l", nil, server("l")), []*authority{expiredMid}, one),
		mk("expired root", expiredRoot.issue(t, "l", nil, server("l")), nil, []*authority{expiredRoot}),
		mk("forged", forged.issue(t, "l", nil, server("l")), mids, one),
		mk("expired and forged", forged.issue(t, "l", nil, with(server("l"), past)), mids, one),
		mk("issuer not a CA", notCA.issue(t, "l", nil, server("l")), []*authority{notCA}, one),
		mk("issuer without certSign", noSign.issue(t, "l", nil, server("l")), []*authority{noSign}, one),
		mk("client certificate as server", mid.issue(t, "l", nil, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }), mids, one),
		mk("any usage", mid.issue(t, "l", nil, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageAny} }), mids, one),
		mk("no usages", mid.issue(t, "l", nil, func(c *x509.Certificate) {}), mids, one),
		mk("leaf is a CA", mid, nil, one),
		mk("root as leaf", root, nil, one),
		mk("key usage certSign only", mid.issue(t, "l", nil, func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageCertSign }), mids, one),
		mk("issuer for clients only", clientCA.issue(t, "l", nil, server("l")), []*authority{clientCA}, one),
		mk("path length", pathMid.issue(t, "l", nil, server("l")), []*authority{pathMid}, []*authority{pathRoot}),
		mk("path length respected", pathRoot.issue(t, "l", nil, server("l")), nil, []*authority{pathRoot}),
		mk("critical extension", mid.issue(t, "l", nil, with(server("l"), func(c *x509.Certificate) {
			c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 2, 3, 4}, Critical: true, Value: []byte{5, 0}}}
		})), mids, one),
		mk("permitted name", ncRoot.issue(t, "l", nil, server("a.example.com")), nil, []*authority{ncRoot}),
		mk("name not permitted", ncRoot.issue(t, "l", nil, server("a.example.org")), nil, []*authority{ncRoot}),
		mk("excluded name", ncRoot.issue(t, "l", nil, server("a.bad.example.com")), nil, []*authority{ncRoot}),
		mk("common name not permitted", ncRoot.issue(t, "a.example.org", nil, server()), nil, []*authority{ncRoot}),
		mk("cross-signed", leaf, []*authority{mid, crossRoot}, []*authority{other}),
		mk("cross-signed, both trusted", leaf, []*authority{mid, crossRoot}, []*authority{root, other}),
		mk("two intermediates", mid2.issue(t, "l", nil, server("l")), []*authority{mid, mid2}, one),
		mk("names equal but for case and space", func() *authority {
			issuer := *upper.cert
			issuer.RawSubject = nil
			issuer.Subject.CommonName = "CASE test name"
			return (&authority{&issuer, upper.key}).issue(t, "l", nil, server("l"))
		}(), []*authority{upper}, one),
		{name: "partial chain", leaf: leaf, untrusted: mids, roots: mids, opts: Options{PartialChain: true}, args: []string{"-partial_chain"}},
		{name: "intermediate trusted, no partial chain", leaf: leaf, untrusted: nil, roots: mids, opts: Options{}, args: nil},
		{name: "leaf trusted, partial chain", leaf: leaf, untrusted: nil, roots: []*authority{leaf}, opts: Options{PartialChain: true}, args: []string{"-partial_chain"}},
		{name: "leaf trusted, no partial chain", leaf: leaf, untrusted: nil, roots: []*authority{leaf}, opts: Options{}, args: nil},
		{name: "depth 0", leaf: leaf, untrusted: mids, roots: one, opts: Options{Depth: 0}, args: []string{"-verify_depth", "0"}},
		{name: "depth 1", leaf: leaf, untrusted: mids, roots: one, opts: Options{Depth: 1}, args: []string{"-verify_depth", "1"}},
		{name: "level 2 weak leaf", leaf: mid.issue(t, "l", rsa1024, server("l")), untrusted: mids, roots: one, opts: Options{Level: 2}, args: []string{"-auth_level", "2"}},
		{name: "level 1 weak leaf", leaf: mid.issue(t, "l", rsa1024, server("l")), untrusted: mids, roots: one, opts: Options{Level: 1}, args: []string{"-auth_level", "1"}},
		{name: "level 2 weak CA", leaf: weakCA.issue(t, "l", nil, server("l")), untrusted: []*authority{weakCA}, roots: one, opts: Options{Level: 2}, args: []string{"-auth_level", "2"}},
		{name: "level 4 P-256", leaf: leaf, untrusted: mids, roots: one, opts: Options{Level: 4}, args: []string{"-auth_level", "4"}},
		{name: "cn without SAN", leaf: cn, untrusted: mids, roots: one, opts: host("cn.example.com"), args: hostArgs("cn.example.com")},
		{name: "cn with SAN", leaf: leaf, untrusted: mids, roots: one, opts: host("leaf"), args: hostArgs("leaf")},
		{name: "IP", leaf: ipLeaf, untrusted: mids, roots: one, opts: Options{IP: netip.MustParseAddr("192.0.2.1")}, args: []string{"-verify_ip", "192.0.2.1"}},
		{name: "IPv6", leaf: ipLeaf, untrusted: mids, roots: one, opts: Options{IP: netip.MustParseAddr("2001:db8::1")}, args: []string{"-verify_ip", "2001:db8::1"}},
		{name: "wrong IP", leaf: ipLeaf, untrusted: mids, roots: one, opts: Options{IP: netip.MustParseAddr("192.0.2.2")}, args: []string{"-verify_ip", "192.0.2.2"}},
		{name: "email", leaf: ipLeaf, untrusted: mids, roots: one, opts: Options{Email: "Someone@example.COM"}, args: []string{"-verify_email", "Someone@example.COM"}},
		{name: "email other case", leaf: ipLeaf, untrusted: mids, roots: one, opts: Options{Email: "someone@example.com"}, args: []string{"-verify_email", "someone@example.com"}},
	}
	for _, h := range []string{"www.example.com", "WWW.EXAMPLE.COM", "example.com", "a.wild.example.com", "a.b.wild.example.com",
		"wild.example.com", ".wild.example.com", "xn--a.wild.example.com", "foo.part.example.com", "f.part.example.com",
		"bar.part.example.com", ".example.com", "www.example.com.", "www_.wild.example.com"} {
		list = append(list, mkHost(h))
	}
	return list
}

func writePEM(t *testing.T, path string, list []*authority) {
	t.Helper()
	var b bytes.Buffer
	for _, a := range list {
		pem.Encode(&b, &pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw})
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

var verifyError = regexp.MustCompile(`error (\d+) at (\d+) depth`)

// opensslVerify is the first error the openssl command reports, 0 for none.
func opensslVerify(t *testing.T, c verifyCase) (code, depth int) {
	dir := t.TempDir()
	leaf, roots, others := filepath.Join(dir, "leaf"), filepath.Join(dir, "roots"), filepath.Join(dir, "others")
	writePEM(t, leaf, []*authority{c.leaf})
	args := []string{"verify", "-purpose", "sslserver", "-no-CApath", "-no-CAstore"}
	if len(c.roots) > 0 {
		writePEM(t, roots, c.roots)
		args = append(args, "-CAfile", roots)
	} else {
		args = append(args, "-no-CAfile")
	}
	if len(c.untrusted) > 0 {
		writePEM(t, others, c.untrusted)
		args = append(args, "-untrusted", others)
	}
	for i, der := range c.crls {
		file := filepath.Join(dir, fmt.Sprint("crl", i))
		if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, "-CRLfile", file)
	}
	out, err := exec.Command("openssl", append(append(args, c.args...), leaf)...).CombinedOutput()
	if err == nil {
		return 0, 0
	}
	m := verifyError.FindSubmatch(out)
	if m == nil {
		t.Fatalf("openssl verify: %v\n%s", err, out)
	}
	code, _ = strconv.Atoi(string(m[1]))
	depth, _ = strconv.Atoi(string(m[2]))
	return code, depth
}

func wrap(t *testing.T, list []*authority) []*Cert {
	t.Helper()
	var out []*Cert
	for _, a := range list {
		c, err := New(a.cert)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, c)
	}
	return out
}

func poolOf(list []*authority) *Pool {
	ders := [][]byte{{0x30, 0x00}} // one that cannot be read, which must not matter
	for _, a := range list {
		ders = append(ders, a.cert.Raw)
	}
	return NewPool(ders)
}

// TestVerifyLikeOpenSSL holds each verdict against the openssl command's.
func TestVerifyLikeOpenSSL(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Fatal("the openssl command is what this is compared with: apt-get install openssl")
	}
	for _, c := range slices.Concat(cases(t), pssCases(t), crlCases(t), constraintCases(t), pathCases(t)) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := c.opts
			o.Roots, o.Untrusted, o.Now, o.Purpose = poolOf(c.roots), wrap(t, c.untrusted), time.Now(), ServerAuth
			o.CRLs = crlsOf(t, c.crls)
			if !regexp.MustCompile(`^depth`).MatchString(c.name) {
				o.Depth = -1
			}
			leaf := wrap(t, []*authority{c.leaf})[0]
			_, _, err := verify(leaf, &o)
			if lazy := verifyLazily(leaf, o, c.roots); (lazy == nil) != (err == nil) || lazy != nil && lazy.Reason != err.Reason {
				t.Errorf("%v from a Cache, %v from a Pool", lazy, err)
			}
			got, gotDepth := 0, 0
			if err != nil {
				got, gotDepth = opensslCode[err.Reason], err.Depth
			}
			want, wantDepth := opensslVerify(t, c)
			if got != want || gotDepth != wantDepth {
				t.Errorf("code %d at depth %d (%v), openssl says %d at depth %d", got, gotDepth, err, want, wantDepth)
			}
		})
	}
}

// verifyLazily verifies with a Cache that is filled name by name.
func verifyLazily(leaf *Cert, o Options, roots []*authority) *Error {
	var k Cache
	var absent [][]byte
	o.Absent = func(name []byte) bool {
		return slices.ContainsFunc(absent, func(a []byte) bool { return bytes.Equal(a, name) })
	}
	for {
		o.Roots = k.At(1)
		_, _, err := verify(leaf, &o)
		if err == nil || err.Missing == nil {
			return err
		}
		want, _ := canonicalName(err.Missing)
		var found [][]byte
		for _, r := range roots {
			if have, _ := canonicalName(r.cert.RawSubject); have == want {
				found = append(found, r.cert.Raw)
			}
		}
		if !k.Add(1, found) {
			absent = append(absent, err.Missing)
		}
	}
}

// TestCacheVersions: certificates of a set that has changed are forgotten, and
// what a slow finder brings of an old version counts for nothing.
func TestCacheVersions(t *testing.T) {
	a := (*authority)(nil).issue(t, "A", nil, ca)
	subject, _ := canonicalName(a.cert.RawSubject)
	var k Cache
	known := func(version uint64) bool {
		_, known := k.At(version).named(subject)
		return known
	}
	if !k.Add(1, [][]byte{a.cert.Raw, nil}) || k.Add(1, [][]byte{nil}) {
		t.Error("Add does not tell whether there is one")
	}
	if !known(1) || known(2) || known(0) {
		t.Error("what was found in version 1 is not just in version 1")
	}
	b := (*authority)(nil).issue(t, "B", nil, ca)
	k.Add(2, [][]byte{b.cert.Raw})
	if known(1) || known(2) {
		t.Error("kept over a change")
	}
	if !k.Add(1, [][]byte{a.cert.Raw}) || known(1) || known(2) {
		t.Error("an old version has taken the place of a new one")
	}
}

// TestUndecided: constraints this package does not apply are never passed over.
func TestUndecided(t *testing.T) {
	// permittedSubtrees with one registeredID.
	value := []byte{0x30, 0x07, 0xa0, 0x05, 0x30, 0x03, 0x88, 0x01, 0x2a}
	for _, critical := range []bool{true, false} {
		root := (*authority)(nil).issue(t, "R", nil, with(ca, func(c *x509.Certificate) {
			c.ExtraExtensions = []pkix.Extension{{Id: oidNameConstr, Critical: critical, Value: value}}
		}))
		leaf := root.issue(t, "l", nil, server("l"))
		_, _, err := verify(wrap(t, []*authority{leaf})[0], &Options{Roots: poolOf([]*authority{root}), Now: time.Now(), Depth: -1})
		if err == nil || err.Reason != Undecided {
			t.Errorf("critical=%v: %v, want Undecided", critical, err)
		}
	}
}

// TestPeerName: the name that fitted is told, for SSL_get0_peername.
func TestPeerName(t *testing.T) {
	root := (*authority)(nil).issue(t, "R", nil, ca)
	leaf := root.issue(t, "l", nil, server("a.example.com", "*.example.org"))
	for host, want := range map[string]string{"A.example.com": "a.example.com", "x.example.org": "*.example.org"} {
		chain, name, err := verify(wrap(t, []*authority{leaf})[0], &Options{
			Roots: poolOf([]*authority{root}), Now: time.Now(), Depth: -1, Hosts: []string{"nowhere", host}})
		if err != nil || name != want || len(chain) != 2 {
			t.Errorf("%s: %q, chain of %d, %v; want %q and 2", host, name, len(chain), err, want)
		}
	}
}

func TestCanonicalName(t *testing.T) {
	enc := func(tag byte, s string) []byte {
		v := append([]byte{tag, byte(len(s))}, s...)
		atv := append([]byte{0x06, 0x03, 0x55, 0x04, 0x03}, v...)
		seq := append([]byte{0x30, byte(len(atv))}, atv...)
		set := append([]byte{0x31, byte(len(seq))}, seq...)
		return append([]byte{0x30, byte(len(set))}, set...)
	}
	canon := func(der []byte) string {
		s, ok := canonicalName(der)
		if !ok {
			t.Fatalf("% x: malformed", der)
		}
		return s
	}
	same := canon(enc(0x0c, "some name"))
	for _, der := range [][]byte{enc(0x13, " Some \t NAME "), enc(0x1e, "\x00s\x00o\x00m\x00e\x00 \x00n\x00a\x00m\x00e"), enc(0x14, "some name")} {
		if canon(der) != same {
			t.Errorf("% x is another name", der)
		}
	}
	if canon(enc(0x0c, "somename")) == same || canon(enc(0x04, "some name")) == same {
		t.Error("different names are the same")
	}
	for _, der := range [][]byte{nil, {0x30}, {0x30, 0x05, 0x31, 0x00}, enc(0x0c, "x")[:8], append(enc(0x0c, "x"), 0)} {
		if _, ok := canonicalName(der); ok {
			t.Errorf("% x: accepted", der)
		}
	}
}

// TestWideStore: a store with many certificates of one name and a peer that sends
// many more costs no more than a walk along them.
func TestWideStore(t *testing.T) {
	key := newKey(t)
	var roots, peers []*authority
	for i := range 60 {
		roots = append(roots, (*authority)(nil).issue(t, "Same", nil, ca))
		peers = append(peers, (*authority)(nil).issue(t, fmt.Sprint("P", i%3), key, ca))
	}
	leaf := peers[0].issue(t, "P1", key, server("l"))
	_, _, err := verify(wrap(t, []*authority{leaf})[0], &Options{Roots: poolOf(roots), Untrusted: wrap(t, peers), Now: time.Now(), Depth: -1})
	if err == nil {
		t.Fatal("a forged chain is accepted")
	}
}

func TestPool(t *testing.T) {
	a, b := (*authority)(nil).issue(t, "A", nil, ca), (*authority)(nil).issue(t, "B", nil, ca)
	// c has a readable subject and is not a certificate.
	broken := bytes.Replace(a.cert.Raw, []byte("Patina"), []byte("Patinb"), -1)
	broken = broken[:len(broken)-1]
	p := NewPool([][]byte{a.cert.Raw, b.cert.Raw, a.cert.Raw, broken, nil, []byte("rubbish")})
	if p.Len() != 2 {
		t.Errorf("%d certificates, want 2", p.Len())
	}
	subject, _ := canonicalName(b.cert.RawSubject)
	if got, _ := p.named(subject); len(got) != 1 || !bytes.Equal(got[0].X509.Raw, b.cert.Raw) {
		t.Errorf("named B: %d certificates", len(got))
	}
	nobody, known1 := p.named("nobody")
	none, known2 := (*Pool)(nil).named(subject)
	if nobody != nil || none != nil || !known1 || !known2 || (*Pool)(nil).Len() != 0 {
		t.Error("certificates out of nowhere")
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte{0x30, 0x00})
	f.Add([]byte{0x30, 0x0c, 0x31, 0x0a, 0x30, 0x08, 0x06, 0x03, 0x55, 0x04, 0x03, 0x0c, 0x01, 0x41})
	f.Fuzz(func(t *testing.T, der []byte) {
		canonicalName(der)
		subjectOf(der)
		NewPool([][]byte{der})
		if c, err := Parse(der); err == nil {
			verify(c, &Options{Roots: NewPool([][]byte{der}), Untrusted: []*Cert{c}, Depth: -1, Purpose: ServerAuth, Hosts: []string{"a.b.c"}})
		}
	})
}
