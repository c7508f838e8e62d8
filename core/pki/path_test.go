package pki

import (
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"testing"
	"time"
)

// subtree is a GeneralSubtree with a base of a kind.
func subtree(tag byte, base []byte) []byte {
	return tlv(0x30, tlv(tag, base))
}

func tlv(tag byte, v []byte) []byte {
	if len(v) > 255 {
		return append([]byte{tag, 0x82, byte(len(v) >> 8), byte(len(v))}, v...) // up to 65535
	}
	if len(v) > 127 {
		return append([]byte{tag, 0x81, byte(len(v))}, v...)
	}
	return append([]byte{tag, byte(len(v))}, v...)
}

func nameOf(t testing.TB, n pkix.Name) []byte {
	t.Helper()
	der, err := asn1.Marshal(n.ToRDNSequence())
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// constrained is an authority with constraints, DER of GeneralSubtrees.
func constrained(t testing.TB, permitted, excluded [][]byte) *authority {
	var v []byte
	for i, list := range [][][]byte{permitted, excluded} {
		var subtrees []byte
		for _, s := range list {
			subtrees = append(subtrees, s...)
		}
		if len(subtrees) > 0 {
			v = append(v, tlv(0xa0+byte(i), subtrees)...)
		}
	}
	return (*authority)(nil).issue(t, "NC "+fmt.Sprint(serial), nil, with(ca, func(c *x509.Certificate) {
		c.ExtraExtensions = []pkix.Extension{{Id: oidNameConstr, Critical: true, Value: tlv(0x30, v)}}
	}))
}

// constraintCases are name constraints of every kind.
func constraintCases(t *testing.T) (cases []verifyCase) {
	one := func(s []byte) [][]byte { return [][]byte{s} }
	dns := func(s string) []byte { return subtree(0x82, []byte(s)) }
	mail := func(s string) []byte { return subtree(0x81, []byte(s)) }
	uri := func(s string) []byte { return subtree(0x86, []byte(s)) }
	ip := func(b ...byte) []byte { return subtree(0x87, b) }
	dir := func(n pkix.Name) []byte { return subtree(0xa4, nameOf(t, n)) }
	add := func(name string, root, leaf *authority, more ...*authority) {
		cases = append(cases, verifyCase{name: "constraint " + name, leaf: leaf, untrusted: more, roots: []*authority{root}})
	}
	set := func(f func(*x509.Certificate)) func(*x509.Certificate) { return with(server(), f) }
	hosts := func(names ...string) func(*x509.Certificate) { return server(names...) }
	mails := func(names ...string) func(*x509.Certificate) {
		return set(func(c *x509.Certificate) { c.EmailAddresses = names })
	}
	uris := func(names ...string) func(*x509.Certificate) {
		return set(func(c *x509.Certificate) {
			for _, n := range names {
				u, err := url.Parse(n)
				if err != nil {
					t.Fatal(err)
				}
				c.URIs = append(c.URIs, u)
			}
		})
	}
	ips := func(names ...string) func(*x509.Certificate) {
		return set(func(c *x509.Certificate) {
			for _, n := range names {
				c.IPAddresses = append(c.IPAddresses, net.ParseIP(n))
			}
		})
	}
	for _, x := range []struct {
		kind                string
		permitted, excluded [][]byte
		leaves              map[string]func(*x509.Certificate)
	}{
		{"DNS", one(dns("example.com")), nil, map[string]func(*x509.Certificate){
			"itself": hosts("example.com"), "below": hosts("a.b.example.com"), "case": hosts("A.EXAMPLE.com"), "beside": hosts("badexample.com"),
			"other": hosts("example.org"), "one of two": hosts("example.com", "example.org"), "wildcard": hosts("*.example.com"), "mail only": mails("a@example.org")}},
		{"DNS with a dot", one(dns(".example.com")), nil, map[string]func(*x509.Certificate){"itself": hosts("example.com"), "below": hosts("a.example.com")}},
		{"DNS everything", one(dns("")), nil, map[string]func(*x509.Certificate){"any": hosts("example.com")}},
		{"DNS but", one(dns("example.com")), one(dns("no.example.com")), map[string]func(*x509.Certificate){"in": hosts("yes.example.com"), "out": hosts("a.no.example.com")}},
		{"DNS nothing", nil, one(dns("")), map[string]func(*x509.Certificate){"any": hosts("example.com"), "IP": ips("192.0.2.1")}},
		{"mail of a host", one(mail("example.com")), nil, map[string]func(*x509.Certificate){
			"in": mails("a@example.com"), "case": mails("a@EXAMPLE.com"), "below": mails("a@b.example.com"), "other": mails("a@example.org")}},
		{"mail of a domain", one(mail(".example.com")), nil, map[string]func(*x509.Certificate){"itself": mails("a@example.com"), "below": mails("a@b.example.com")}},
		{"mail of one", one(mail("a@example.com")), nil, map[string]func(*x509.Certificate){
			"in": mails("a@example.com"), "other": mails("b@example.com"), "case of the host": mails("a@Example.Com"), "case": mails("A@example.com")}},
		{"mail but", nil, one(mail("example.com")), map[string]func(*x509.Certificate){"in": mails("a@example.com"), "out": mails("a@example.org")}},
		{"URI", one(uri("example.com")), nil, map[string]func(*x509.Certificate){
			"in": uris("http://example.com/a"), "port": uris("http://example.com:80/"), "user": uris("http://u@example.com/"), "below": uris("http://a.example.com/"), "other": uris("http://example.org/")}},
		{"URI of a domain", one(uri(".example.com")), nil, map[string]func(*x509.Certificate){"itself": uris("http://example.com/"), "below": uris("http://a.example.com/x?y")}},
		{"URI but", nil, one(uri("example.com")), map[string]func(*x509.Certificate){"in": uris("https://example.com"), "out": uris("https://example.org")}},
		{"IP", one(ip(192, 0, 2, 0, 255, 255, 255, 0)), nil, map[string]func(*x509.Certificate){"in": ips("192.0.2.200"), "out": ips("192.0.3.1"), "IPv6": ips("2001:db8::1")}},
		{"IP but", nil, one(ip(192, 0, 2, 1, 255, 255, 255, 255)), map[string]func(*x509.Certificate){"in": ips("192.0.2.1"), "out": ips("192.0.2.2"), "IPv6": ips("2001:db8::1")}},
		{"IPv6", one(ip(append(net.ParseIP("2001:db8::"), net.CIDRMask(32, 128)...)...)), nil, map[string]func(*x509.Certificate){
			"in": ips("2001:db8:1::1"), "out": ips("2001:db9::1"), "IPv4": ips("192.0.2.1")}},
		{"directory", one(dir(pkix.Name{Organization: []string{"Patina"}})), nil, map[string]func(*x509.Certificate){
			"in": hosts("a"), "case": set(func(c *x509.Certificate) { c.Subject.Organization = []string{" PATINA"} }),
			"other":      set(func(c *x509.Certificate) { c.Subject.Organization = []string{"Other"} }),
			"longer":     set(func(c *x509.Certificate) { c.Subject.Organization = []string{"Patina 2"} }),
			"two values": set(func(c *x509.Certificate) { c.Subject.Organization = []string{"Patina", "Other"} }),
			"no subject": set(func(c *x509.Certificate) { c.Subject = pkix.Name{}; c.DNSNames = []string{"a"} }),
		}},
		{"directory but", nil, one(dir(pkix.Name{Organization: []string{"Patina"}})), map[string]func(*x509.Certificate){
			"in": hosts("a"), "out": set(func(c *x509.Certificate) { c.Subject.Organization = []string{"Other"} })}},
		{"directory, alternative", one(dir(pkix.Name{Organization: []string{"Patina"}})), nil, map[string]func(*x509.Certificate){
			"in": set(func(c *x509.Certificate) {
				c.ExtraExtensions = []pkix.Extension{{Id: oidSAN, Value: tlv(0x30, tlv(0xa4, nameOf(t, pkix.Name{Organization: []string{"Patina"}, CommonName: "x"})))}}
			}),
			"out": set(func(c *x509.Certificate) {
				c.ExtraExtensions = []pkix.Extension{{Id: oidSAN, Value: tlv(0x30, tlv(0xa4, nameOf(t, pkix.Name{Organization: []string{"Other"}})))}}
			}),
		}},
	} {
		root := constrained(t, x.permitted, x.excluded)
		for what, edit := range x.leaves {
			add(x.kind+", "+what, root, root.issue(t, "l", nil, edit))
		}
	}
	// Names times constraints are limited: to 1048576.
	for _, n := range []int{1000, 1100} {
		var rules [][]byte
		var names []string
		for i := range n {
			rules = append(rules, dns(fmt.Sprintf("n%d.example.com", i)))
			names = append(names, fmt.Sprintf("n%d.example.com", i))
		}
		root := constrained(t, rules, nil)
		add(fmt.Sprintf("%d names, as many rules", n), root, root.issue(t, "l", nil, hosts(names...)))
	}
	// Of an intermediate, and over one that is self-issued.
	outer := constrained(t, one(dns("example.com")), nil)
	inner := outer.issue(t, "Inner", nil, with(ca, func(c *x509.Certificate) { c.PermittedDNSDomains = []string{"a.example.com"} }))
	for _, h := range []string{"x.a.example.com", "b.example.com", "a.example.org"} {
		add("nested, "+h, outer, inner.issue(t, "l", nil, hosts(h)), inner)
	}
	named := outer.issue(t, "host.example.org", nil, ca) // an intermediate's own name
	add("an intermediate named otherwise", outer, named.issue(t, "l", nil, hosts("x.example.com")), named)
	return cases
}

// pathCases are paths of odd shapes.
func pathCases(t *testing.T) (cases []verifyCase) {
	root := (*authority)(nil).issue(t, "P Root", nil, ca)
	add := func(name string, leaf *authority, untrusted, roots []*authority, args ...string) {
		c := verifyCase{name: "path " + name, leaf: leaf, untrusted: untrusted, roots: roots, args: args}
		cases = append(cases, c)
	}
	one := []*authority{root}
	// A loop: each of two has signed the other.
	ka, kb := newKey(t), newKey(t)
	b0 := (*authority)(nil).issue(t, "Loop B", kb, ca)
	a1 := b0.issue(t, "Loop A", ka, ca)
	b1 := a1.issue(t, "Loop B", kb, ca)
	inLoop := a1.issue(t, "l", nil, server("l"))
	add("loop", inLoop, []*authority{a1, b1}, one)
	add("loop, an anchor in it", inLoop, []*authority{a1, b1}, []*authority{b0})
	// The same with a way out.
	out := root.issue(t, "Loop B", kb, ca)
	add("loop with a way out", inLoop, []*authority{a1, b1, out}, one)
	add("loop with a way out, first", inLoop, []*authority{out, b1, a1}, one)
	// Two issuers of one name and key, one of them expired.
	key := newKey(t)
	old := root.issue(t, "Twice", key, with(ca, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Hour) }))
	fresh := root.issue(t, "Twice", key, ca)
	twice := fresh.issue(t, "l", nil, server("l"))
	add("an expired twin, first", twice, []*authority{old, fresh}, one)
	add("an expired twin, last", twice, []*authority{fresh, old}, one)
	add("an expired twin alone", twice, []*authority{old}, one)
	// One name, two keys: a key identifier tells them apart, or nothing does.
	other := root.issue(t, "Twice", newKey(t), ca)
	add("another key of the name, first", twice, []*authority{other, fresh}, one)
	add("another key of the name, alone", twice, []*authority{other}, one)
	// Cross-signed: an old root has signed a new one, which may be trusted itself.
	nk := newKey(t)
	newRoot := (*authority)(nil).issue(t, "New Root", nk, ca)
	cross := root.issue(t, "New Root", nk, ca)
	under := newRoot.issue(t, "l", nil, server("l"))
	add("cross-signed, the old trusted", under, []*authority{cross}, one)
	add("cross-signed, the new trusted", under, []*authority{cross}, []*authority{newRoot})
	add("cross-signed, both sent, the old trusted", under, []*authority{newRoot, cross}, one)
	add("cross-signed, both sent, none trusted", under, []*authority{cross, newRoot}, []*authority{(*authority)(nil).issue(t, "X", nil, ca)})
	// Path lengths.
	limit := func(n int) func(*x509.Certificate) {
		return with(ca, func(c *x509.Certificate) { c.MaxPathLen, c.MaxPathLenZero = n, n == 0 })
	}
	l1 := root.issue(t, "Limit 1", nil, limit(1))
	l1a := l1.issue(t, "Limit 1a", nil, ca)
	l1b := l1a.issue(t, "Limit 1b", nil, ca)
	self := l1.issue(t, "Limit 1", nil, ca) // self-issued: does not count
	selfA := self.issue(t, "Limit self a", nil, ca)
	add("length 1, one below", l1a.issue(t, "l", nil, server("l")), []*authority{l1, l1a}, one)
	add("length 1, two below", l1b.issue(t, "l", nil, server("l")), []*authority{l1, l1a, l1b}, one)
	add("length 1, two below, one self-issued", selfA.issue(t, "l", nil, server("l")), []*authority{l1, self, selfA}, one)
	l0 := root.issue(t, "Limit 0", nil, limit(0))
	add("length 0, a CA as the leaf", l0.issue(t, "Leaf CA", nil, with(ca, func(c *x509.Certificate) { c.KeyUsage |= x509.KeyUsageDigitalSignature })), []*authority{l0}, one)
	// Usages of issuers.
	for name, usage := range map[string]x509.ExtKeyUsage{"server": x509.ExtKeyUsageServerAuth, "any": x509.ExtKeyUsageAny, "OCSP": x509.ExtKeyUsageOCSPSigning} {
		mid := root.issue(t, "Usage "+name, nil, with(ca, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{usage} }))
		add("an issuer for "+name, mid.issue(t, "l", nil, server("l")), []*authority{mid}, one)
	}
	add("a leaf for signing code", root.issue(t, "l", nil, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning} }), nil, one)
	add("a leaf that only encrypts", root.issue(t, "l", nil, func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageDataEncipherment }), nil, one)
	add("a leaf that only agrees", root.issue(t, "l", nil, func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyAgreement }), nil, one)
	// Addresses that are not names.
	addr := root.issue(t, "192.0.2.1", nil, server("192.0.2.1"))
	c := verifyCase{name: "path an address as a DNS name", leaf: addr, roots: one, args: []string{"-verify_ip", "192.0.2.1"}}
	c.opts.IP = netip.MustParseAddr("192.0.2.1")
	cases = append(cases, c)
	// Chains of every length about the limit.
	for _, n := range []int{5, MaxDepth, MaxDepth + 1} {
		top, key := root, crypto.Signer(nil)
		var all []*authority
		for i := range n {
			top = top.issue(t, fmt.Sprint("Deep ", i), key, ca)
			all = append(all, top)
		}
		add(fmt.Sprintf("%d intermediates", n), top.issue(t, "l", nil, server("l")), all, one)
	}
	// Many that do not matter.
	var crowd []*authority
	for i := range 200 {
		crowd = append(crowd, root.issue(t, fmt.Sprint("Crowd ", i), key, ca))
	}
	add("a crowd", crowd[100].issue(t, "l", nil, server("l")), crowd, one)
	return cases
}
