package pki

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"testing"
	"time"
)

func crlsOf(t *testing.T, ders [][]byte) *CRLs {
	t.Helper()
	var lists []*CRL
	for _, der := range ders {
		l, err := ParseCRL(der)
		if err != nil {
			t.Fatal(err)
		}
		lists = append(lists, l)
	}
	return NewCRLs(lists)
}

// list makes a revocation list of a's, valid now, with the certificates revoked.
func (a *authority) list(t testing.TB, edit func(*x509.RevocationList), revoked ...*authority) []byte {
	t.Helper()
	serial++
	tmpl := &x509.RevocationList{Number: big.NewInt(serial), ThisUpdate: time.Now().Add(-time.Hour), NextUpdate: time.Now().Add(time.Hour)}
	for _, r := range revoked {
		tmpl.RevokedCertificateEntries = append(tmpl.RevokedCertificateEntries,
			x509.RevocationListEntry{SerialNumber: r.cert.SerialNumber, RevocationTime: time.Now().Add(-time.Hour), ReasonCode: 1})
	}
	if edit != nil {
		edit(tmpl)
	}
	issuer := *a.cert
	issuer.KeyUsage |= x509.KeyUsageCRLSign // what it lacks is for the verifier to find
	der, err := x509.CreateRevocationList(rand.Reader, tmpl, &issuer, a.key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// distributionPoints makes a certificate name the URI for its lists.
func distributionPoint(uri string) func(*x509.Certificate) {
	return func(c *x509.Certificate) { c.CRLDistributionPoints = []string{uri} }
}

// idp is an issuingDistributionPoint: the URI, if there is one, then more.
func idp(uri string, more ...byte) func(*x509.RevocationList) {
	var value []byte
	if uri != "" {
		name := append([]byte{0x86, byte(len(uri))}, uri...)
		full := append([]byte{0xa0, byte(len(name))}, name...)
		value = append([]byte{0xa0, byte(len(full))}, full...)
	}
	value = append(value, more...)
	return func(l *x509.RevocationList) {
		l.ExtraExtensions = append(l.ExtraExtensions, pkix.Extension{Id: oidIDP, Critical: true, Value: append([]byte{0x30, byte(len(value))}, value...)})
	}
}

// crlCases are verifications with revocation lists.
func crlCases(t *testing.T) (cases []verifyCase) {
	root := (*authority)(nil).issue(t, "CRL Root", nil, ca)
	mid := root.issue(t, "CRL Mid", nil, ca)
	leaf := mid.issue(t, "l", nil, with(server("l"), distributionPoint("http://crl.example.com/1")))
	other := mid.issue(t, "o", nil, server("o"))
	noSign := root.issue(t, "CRL no sign", nil, with(ca, func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageCertSign }))
	noSignLeaf := noSign.issue(t, "l", nil, server("l"))
	forger := &authority{mid.cert, newKey(t)}
	stranger := root.issue(t, "CRL Mid", nil, ca) // the same name, another key
	stale := func(l *x509.RevocationList) {
		l.ThisUpdate, l.NextUpdate = time.Now().Add(-3*time.Hour), time.Now().Add(-2*time.Hour)
	}
	early := func(l *x509.RevocationList) { l.ThisUpdate = time.Now().Add(30 * time.Minute) }
	critical := func(l *x509.RevocationList) {
		l.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 2, 3, 4}, Critical: true, Value: []byte{5, 0}}}
	}
	older := func(l *x509.RevocationList) { l.ThisUpdate = time.Now().Add(-2 * time.Hour) }
	removed := func(l *x509.RevocationList) { l.RevokedCertificateEntries[0].ReasonCode = removeFromCRL }
	entryCritical := func(l *x509.RevocationList) {
		l.RevokedCertificateEntries[0].ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 2, 3, 4}, Critical: true, Value: []byte{5, 0}}}
	}
	rootList := root.list(t, nil)
	for _, x := range []struct {
		name  string
		leaf  *authority
		check CRLCheck
		crls  [][]byte
	}{
		{"not revoked", leaf, CRLCheckLeaf, [][]byte{mid.list(t, nil, other)}},
		{"revoked", leaf, CRLCheckLeaf, [][]byte{mid.list(t, nil, other, leaf)}},
		{"no check", leaf, NoCRLCheck, [][]byte{mid.list(t, nil, leaf)}},
		{"no list", leaf, CRLCheckLeaf, nil},
		{"a list of the root only", leaf, CRLCheckLeaf, [][]byte{rootList}},
		{"stale", leaf, CRLCheckLeaf, [][]byte{mid.list(t, stale)}},
		{"stale, revoked", leaf, CRLCheckLeaf, [][]byte{mid.list(t, stale, leaf)}},
		{"stale and fresh", leaf, CRLCheckLeaf, [][]byte{mid.list(t, stale, leaf), mid.list(t, nil)}},
		{"early", leaf, CRLCheckLeaf, [][]byte{mid.list(t, early)}},
		{"forged", leaf, CRLCheckLeaf, [][]byte{forger.list(t, nil)}},
		{"of a stranger of the same name", leaf, CRLCheckLeaf, [][]byte{stranger.list(t, nil)}},
		{"issuer without cRLSign", noSignLeaf, CRLCheckLeaf, [][]byte{noSign.list(t, nil)}},
		{"critical extension", leaf, CRLCheckLeaf, [][]byte{mid.list(t, critical)}},
		{"critical extension, revoked", leaf, CRLCheckLeaf, [][]byte{mid.list(t, critical, leaf)}},
		{"critical extension of an entry", leaf, CRLCheckLeaf, [][]byte{mid.list(t, entryCritical, leaf)}},
		{"critical extension, and one without", leaf, CRLCheckLeaf, [][]byte{mid.list(t, critical, leaf), mid.list(t, older)}},
		{"older not, newer revoked", leaf, CRLCheckLeaf, [][]byte{mid.list(t, older), mid.list(t, nil, leaf)}},
		{"newer not, older revoked", leaf, CRLCheckLeaf, [][]byte{mid.list(t, nil), mid.list(t, older, leaf)}},
		{"removed", leaf, CRLCheckLeaf, [][]byte{mid.list(t, removed, leaf)}},
		{"for its distribution point", leaf, CRLCheckLeaf, [][]byte{mid.list(t, idp("http://crl.example.com/1"))}},
		{"for its distribution point, revoked", leaf, CRLCheckLeaf, [][]byte{mid.list(t, idp("http://crl.example.com/1"), leaf)}},
		{"for another distribution point", leaf, CRLCheckLeaf, [][]byte{mid.list(t, idp("http://crl.example.com/2"))}},
		{"for a distribution point, and it has none", other, CRLCheckLeaf, [][]byte{mid.list(t, idp("http://crl.example.com/1"))}},
		{"for users", leaf, CRLCheckLeaf, [][]byte{mid.list(t, idp("", 0x81, 1, 0xff), leaf)}},
		{"for CAs", leaf, CRLCheckLeaf, [][]byte{mid.list(t, idp("", 0x82, 1, 0xff))}},
		{"for attributes", leaf, CRLCheckLeaf, [][]byte{mid.list(t, idp("", 0x85, 1, 0xff))}},
		{"for others and for it", leaf, CRLCheckLeaf, [][]byte{mid.list(t, idp("", 0x82, 1, 0xff)), mid.list(t, older, leaf)}},
		{"all", leaf, CRLCheckAll, [][]byte{mid.list(t, nil), rootList}},
		{"all, the root's missing", leaf, CRLCheckAll, [][]byte{mid.list(t, nil)}},
		{"all, the intermediate revoked", leaf, CRLCheckAll, [][]byte{mid.list(t, nil), root.list(t, nil, mid)}},
		{"all, the root revoked", leaf, CRLCheckAll, [][]byte{mid.list(t, nil), root.list(t, nil, root)}},
		{"the leaf only, the intermediate revoked", leaf, CRLCheckLeaf, [][]byte{mid.list(t, nil), root.list(t, nil, mid)}},
		{"all, for CAs", leaf, CRLCheckAll, [][]byte{mid.list(t, nil), root.list(t, idp("", 0x82, 1, 0xff), mid)}},
		{"all, for users", leaf, CRLCheckAll, [][]byte{mid.list(t, nil), root.list(t, idp("", 0x81, 1, 0xff))}},
	} {
		c := verifyCase{name: "CRL " + x.name, leaf: x.leaf, untrusted: []*authority{mid, noSign}, roots: []*authority{root}, crls: x.crls}
		c.opts.CRLCheck = x.check
		c.args = [][]string{nil, {"-crl_check"}, {"-crl_check", "-crl_check_all"}}[x.check]
		cases = append(cases, c)
	}
	return cases
}

// TestCRLUndecided: lists this package does not apply are never passed over.
func TestCRLUndecided(t *testing.T) {
	root := (*authority)(nil).issue(t, "R", nil, ca)
	leaf := root.issue(t, "l", nil, server("l"))
	reasons := root.issue(t, "l", nil, func(c *x509.Certificate) {
		// A point for keyCompromise only.
		c.ExtraExtensions = []pkix.Extension{{Id: oidCRLDP, Value: []byte{0x30, 6, 0x30, 4, 0x81, 2, 6, 0x40}}}
	})
	delta := func(l *x509.RevocationList) {
		l.ExtraExtensions = []pkix.Extension{{Id: oidDeltaCRL, Critical: true, Value: []byte{2, 1, 1}}}
	}
	relative := func(l *x509.RevocationList) {
		l.ExtraExtensions = []pkix.Extension{{Id: oidIDP, Critical: true, Value: []byte{0x30, 4, 0xa0, 2, 0xa1, 0}}}
	}
	for name, x := range map[string]struct {
		leaf *authority
		list []byte
	}{
		"delta":                          {leaf, root.list(t, delta)},
		"indirect":                       {leaf, root.list(t, idp("", 0x84, 1, 0xff))},
		"some reasons":                   {leaf, root.list(t, idp("", 0x83, 2, 6, 0x40))},
		"relative name":                  {leaf, root.list(t, relative)},
		"a certificate for some reasons": {reasons, root.list(t, nil)},
	} {
		o := &Options{Roots: poolOf([]*authority{root}), Now: time.Now(), Depth: -1, CRLCheck: CRLCheckLeaf, CRLs: crlsOf(t, [][]byte{x.list})}
		if _, _, err := verify(wrap(t, []*authority{x.leaf})[0], o); err == nil || err.Reason != Undecided {
			t.Errorf("%s: %v, want Undecided", name, err)
		}
	}
}

// TestBadCRL: what is malformed is no list.
func TestBadCRL(t *testing.T) {
	root := (*authority)(nil).issue(t, "R", nil, ca)
	good := root.list(t, idp("http://crl.example.com/1", 0x81, 1, 0xff), root)
	for n := range good {
		if _, err := ParseCRL(good[:n]); err == nil {
			t.Errorf("%d bytes of %d are a list", n, len(good))
		}
	}
	for _, v := range [][]byte{{0x30, 1}, {0x30, 2, 0xa0, 0}, {0x30, 4, 0xa0, 2, 0xa0, 0}, {0x30, 2, 0x81, 0}, {0x30, 3, 0x86, 1, 0}, {0x31, 0}} {
		der := root.list(t, func(l *x509.RevocationList) {
			l.ExtraExtensions = []pkix.Extension{{Id: oidIDP, Critical: true, Value: v}}
		})
		if _, err := ParseCRL(der); err == nil {
			t.Errorf("issuingDistributionPoint %x is taken", v)
		}
	}
}

// asVersion1 is a list as of version 1: without a version, without extensions.
func (a *authority) asVersion1(t testing.TB, der []byte) []byte {
	t.Helper()
	var list struct {
		TBS       asn1.RawValue
		Algorithm asn1.RawValue
		Signature asn1.BitString
	}
	if _, err := asn1.Unmarshal(der, &list); err != nil {
		t.Fatal(err)
	}
	var fields []byte
	for rest, i := list.TBS.Bytes, 0; len(rest) > 0; i++ {
		var f asn1.RawValue
		rest, _ = asn1.Unmarshal(rest, &f)
		if i > 0 && f.Class == asn1.ClassUniversal {
			fields = append(fields, f.FullBytes...)
		}
	}
	tbs, err := asn1.Marshal(asn1.RawValue{Tag: asn1.TagSequence, IsCompound: true, Bytes: fields})
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256(tbs)
	signature, err := a.key.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	list.TBS, list.Signature = asn1.RawValue{FullBytes: tbs}, asn1.BitString{Bytes: signature, BitLength: 8 * len(signature)}
	out, err := asn1.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestCRLVersion1: lists as of version 1 count, which many CAs write.
func TestCRLVersion1(t *testing.T) {
	root := (*authority)(nil).issue(t, "root", nil, ca)
	good, bad := root.issue(t, "good", nil, server("l")), root.issue(t, "bad", nil, server("l"))
	der := root.asVersion1(t, root.list(t, nil, bad))
	for _, x := range []struct {
		leaf *authority
		want Reason
	}{{good, 0}, {bad, Revoked}} {
		c, err := Parse(x.leaf.cert.Raw)
		if err != nil {
			t.Fatal(err)
		}
		o := Options{Roots: poolOf([]*authority{root}), Now: time.Now(), Depth: -1, CRLCheck: CRLCheckLeaf, CRLs: crlsOf(t, [][]byte{der})}
		_, _, e := verify(c, &o)
		if x.want == 0 && e != nil || x.want != 0 && (e == nil || e.Reason != x.want) {
			t.Errorf("%s: %v, want %v", x.leaf.cert.Subject.CommonName, e, x.want)
		}
	}
	broken := bytes.Clone(der)
	broken[len(broken)-1] ^= 1
	c, _ := Parse(good.cert.Raw)
	if _, _, e := verify(c, &Options{Roots: poolOf([]*authority{root}), Now: time.Now(), Depth: -1, CRLCheck: CRLCheckLeaf, CRLs: crlsOf(t, [][]byte{broken})}); e == nil || e.Reason != BadCRLSignature {
		t.Errorf("a broken signature: %v", e)
	}
}

// TestFoundCRLs: issuers not met yet are asked for, one by one; what cannot be
// read leaves the verdict open, what is not there is a reason.
func TestFoundCRLs(t *testing.T) {
	root := (*authority)(nil).issue(t, "root", nil, ca)
	inter := root.issue(t, "inter", nil, ca)
	leaf := inter.issue(t, "leaf", nil, server("l"))
	c, err := Parse(leaf.cert.Raw)
	if err != nil {
		t.Fatal(err)
	}
	up, err := Parse(inter.cert.Raw)
	if err != nil {
		t.Fatal(err)
	}
	var found FoundCRLs
	o := Options{Roots: poolOf([]*authority{root}), Untrusted: []*Cert{up}, Now: time.Now(), Depth: -1, CRLCheck: CRLCheckAll, CRLs: &found}
	ask := func(issuer *authority, depth int) {
		t.Helper()
		if _, _, e := verify(c, &o); e == nil || !bytes.Equal(e.MissingCRLs, issuer.cert.RawSubject) || e.Depth != depth {
			t.Fatalf("%v, want to be asked for the lists of %s at depth %d", e, issuer.cert.Subject.CommonName, depth)
		}
	}
	listOf := func(a *authority, revoked ...*authority) []*CRL {
		l, err := ParseCRL(a.list(t, nil, revoked...))
		if err != nil {
			t.Fatal(err)
		}
		return []*CRL{l}
	}
	ask(inter, 0)
	found.Add(inter.cert.RawSubject, listOf(inter))
	ask(root, 1)
	found.Add(root.cert.RawSubject, listOf(root))
	if _, _, e := verify(c, &o); e != nil {
		t.Fatal(e)
	}
	for name, x := range map[string]struct {
		lists []*CRL
		want  Reason
	}{"revoked": {listOf(root, inter), Revoked}, "nothing": {nil, NoCRL}, "unread": {[]*CRL{UnreadCRL}, Undecided}} {
		found.Add(root.cert.RawSubject, x.lists)
		if _, _, e := verify(c, &o); e == nil || e.Reason != x.want || e.MissingCRLs != nil {
			t.Errorf("%s: %v, want %v", name, e, x.want)
		}
	}
}

func FuzzCRL(f *testing.F) {
	root := (*authority)(nil).issue(f, "R", nil, ca)
	leaf := root.issue(f, "l", nil, with(server("l"), distributionPoint("http://crl.example.com/1")))
	f.Add(root.list(f, idp("http://crl.example.com/1", 0x81, 1, 0xff), root, leaf))
	f.Add(root.list(f, nil))
	c, err := New(leaf.cert)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, der []byte) {
		l, err := ParseCRL(bytes.Clone(der))
		if err != nil {
			return
		}
		l.issuer = c.issuer
		verify(c, &Options{Roots: poolOf([]*authority{root}), Now: time.Now(), Depth: -1, CRLCheck: CRLCheckAll, CRLs: NewCRLs([]*CRL{l})})
	})
}
