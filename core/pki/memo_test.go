package pki

import (
	"crypto/x509"
	"testing"
	"time"
)

// TestMemo: what is remembered is a signature by a key, and nothing else about a
// chain.
func TestMemo(t *testing.T) {
	root := (*authority)(nil).issue(t, "R", nil, ca)
	leaf := root.issue(t, "l", nil, server("l"))
	wrong := *root.cert // the right name, the wrong key
	forger := &authority{&wrong, newKey(t)}
	wrong.PublicKey = forger.key.Public()
	var m Memo
	o := Options{Roots: poolOf([]*authority{root}), Now: time.Now(), Depth: -1, Memo: &m}
	verify := func(a *authority, o Options) Reason {
		if _, _, err := verify(wrap(t, []*authority{a})[0], &o); err != nil {
			return err.Reason
		}
		return 0
	}
	forged := forger.issue(t, "l", nil, server("l"))
	for range 3 {
		if r := verify(leaf, o); r != 0 {
			t.Error(r)
		}
		if r := verify(forged, o); r != BadSignature {
			t.Errorf("forged: %v", r)
		}
	}
	c, issuer := wrap(t, []*authority{leaf})[0], wrap(t, []*authority{root})[0]
	key := memoKey(c, issuer)
	if known := m.slot(&key).Load(); known == nil || *known != key {
		t.Error("not remembered")
	}
	later := o
	later.Now = time.Now().Add(1000 * time.Hour)
	if r := verify(leaf, later); r != Expired {
		t.Errorf("later: %v", r)
	}
	other := o
	other.Roots = poolOf([]*authority{forger.issue(t, "R2", nil, ca)})
	if r := verify(leaf, other); r != NoIssuerLocally {
		t.Errorf("other roots: %v", r)
	}
	// A certificate that differs by a bit of its signature.
	changed := *c.X509
	changed.Raw = append([]byte(nil), c.X509.Raw...)
	changed.Raw[len(changed.Raw)-1] ^= 1
	if memoKey(&Cert{X509: &changed}, issuer) == key {
		t.Error("the same key")
	}
}

// BenchmarkVerify shows what a chain costs, and what it costs once it is known.
func BenchmarkVerify(b *testing.B) {
	root := (*authority)(nil).issue(b, "R", nil, ca)
	mid := root.issue(b, "M", nil, ca)
	leaf := mid.issue(b, "l", nil, server("l"))
	for name, m := range map[string]*Memo{"memo": new(Memo), "fresh": nil} {
		b.Run(name, func(b *testing.B) {
			pool := poolOf([]*authority{root})
			b.ReportAllocs()
			for b.Loop() {
				c, _ := m.New(leaf.cert)
				u, _ := m.New(mid.cert)
				if _, _, err := verify(c, &Options{Roots: pool, Untrusted: []*Cert{u}, Now: time.Now(), Depth: -1, Hosts: []string{"l"}, Memo: m}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestMemoNew reads a certificate's facts once for each parsed certificate, never another's, and keeps no long one.
func TestMemoNew(t *testing.T) {
	var m Memo
	parse := func(der []byte) *x509.Certificate {
		x, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	facts := func(x *x509.Certificate) *Cert {
		c, err := m.New(x)
		if err != nil || c.X509 != x {
			t.Fatalf("New: %v, %v", c, err)
		}
		return c
	}
	root := (*authority)(nil).issue(t, "R", nil, ca)
	one := parse(root.cert.Raw)
	if facts(one) != facts(one) {
		t.Error("the same certificate was read twice")
	}
	if again := parse(one.Raw); facts(again) == facts(one) {
		t.Error("facts of another parsed certificate")
	}
	long := parse(one.Raw)
	long.Raw = append(long.Raw[:len(long.Raw):len(long.Raw)], make([]byte, maxMemoCert)...)
	if facts(long) == facts(long) {
		t.Error("a long certificate was kept")
	}
	if c, err := (*Memo)(nil).New(one); err != nil || c.X509 != one {
		t.Errorf("without a memo: %v, %v", c, err)
	}
}
