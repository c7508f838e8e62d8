package pki

import (
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"strings"
	"testing"
	"time"

	"patina/core/dane"
)

// tlsa is a record for an authority's certificate or key: whole, or by SHA-256.
func tlsa(u dane.Usage, s dane.Selector, m dane.Matching, a *authority) dane.Record {
	data := a.cert.Raw
	if s == dane.SPKI {
		data = a.cert.RawSubjectPublicKeyInfo
	}
	if m == dane.SHA256 {
		sum := sha256.Sum256(data)
		data = sum[:]
	}
	return dane.Record{Usage: u, Selector: s, Matching: m, Data: data}
}

func records(t *testing.T, list ...dane.Record) *dane.Set {
	t.Helper()
	s, err := dane.NewSet(list...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestDANE verifies chains by TLSA records; where a path is found that OpenSSL
// finds too, its own answers are compared by the twin runs of topic dane.
func TestDANE(t *testing.T) {
	root := (*authority)(nil).issue(t, "root", nil, ca)
	mid := root.issue(t, "mid", nil, ca)
	leaf := mid.issue(t, "leaf", nil, server("l"))
	other := (*authority)(nil).issue(t, "other", nil, ca)
	old := mid.issue(t, "old", nil, with(server("l"), func(c *x509.Certificate) {
		c.NotBefore, c.NotAfter = time.Now().Add(-48*time.Hour), time.Now().Add(-24*time.Hour)
	}))
	self := (*authority)(nil).issue(t, "self", nil, server("l"))
	const none = -1
	for _, k := range []struct {
		name      string
		records   []dane.Record
		leaf      *authority
		untrusted []*authority
		roots     []*authority
		host      string
		noNames   bool
		partial   bool
		want      Reason
		depth     int // of the match
		usage     dane.Usage
		chain     int // certificates
	}{
		{name: "no records", leaf: leaf, untrusted: []*authority{mid}, roots: []*authority{root}, depth: none, chain: 3},
		{name: "DANE-EE", records: []dane.Record{tlsa(3, 1, 1, leaf)}, leaf: leaf, depth: 0, usage: 3, chain: 1},
		{name: "DANE-EE, expired", records: []dane.Record{tlsa(3, 0, 0, old)}, leaf: old, depth: 0, usage: 3, chain: 1},
		{name: "DANE-EE, self-signed", records: []dane.Record{tlsa(3, 1, 0, self)}, leaf: self, depth: 0, usage: 3, chain: 1},
		{name: "DANE-EE, another name", records: []dane.Record{tlsa(3, 1, 1, leaf)}, leaf: leaf, host: "m", want: HostnameMismatch, depth: 0, usage: 3},
		{name: "DANE-EE, any name", records: []dane.Record{tlsa(3, 1, 1, leaf)}, leaf: leaf, host: "m", noNames: true, depth: 0, usage: 3, chain: 1},
		{name: "DANE-EE of another", records: []dane.Record{tlsa(3, 1, 1, self)}, leaf: leaf, untrusted: []*authority{mid}, roots: []*authority{root}, want: DANENoMatch, depth: none},
		{name: "PKIX-EE", records: []dane.Record{tlsa(1, 1, 1, leaf)}, leaf: leaf, untrusted: []*authority{mid}, roots: []*authority{root}, depth: 0, usage: 1, chain: 3},
		{name: "PKIX-EE, nobody trusted", records: []dane.Record{tlsa(1, 1, 1, leaf)}, leaf: leaf, untrusted: []*authority{mid}, want: NoIssuerLocally, depth: 0, usage: 1},
		{name: "PKIX-EE, expired", records: []dane.Record{tlsa(1, 1, 1, old)}, leaf: old, untrusted: []*authority{mid}, roots: []*authority{root}, want: Expired, depth: 0, usage: 1},
		{name: "PKIX-TA", records: []dane.Record{tlsa(0, 1, 1, mid)}, leaf: leaf, untrusted: []*authority{mid}, roots: []*authority{root}, depth: 1, chain: 3},
		{name: "PKIX-TA, the root", records: []dane.Record{tlsa(0, 0, 1, root)}, leaf: leaf, untrusted: []*authority{mid}, roots: []*authority{root}, depth: 2, chain: 3},
		{name: "PKIX-TA of another", records: []dane.Record{tlsa(0, 0, 1, other)}, leaf: leaf, untrusted: []*authority{mid}, roots: []*authority{root}, want: DANENoMatch, depth: none},
		{name: "PKIX-TA of another, partial chains", records: []dane.Record{tlsa(0, 0, 1, other)}, leaf: leaf, untrusted: []*authority{mid}, roots: []*authority{root, mid, leaf}, partial: true, want: DANENoMatch, depth: none},
		{name: "PKIX-TA, nobody trusted", records: []dane.Record{tlsa(0, 0, 1, mid)}, leaf: leaf, untrusted: []*authority{mid}, want: NoIssuerLocally, depth: 1},
		{name: "DANE-TA", records: []dane.Record{tlsa(2, 1, 1, mid)}, leaf: leaf, untrusted: []*authority{mid}, depth: 1, usage: 2, chain: 2},
		{name: "DANE-TA, self-signed", records: []dane.Record{tlsa(2, 0, 1, root)}, leaf: leaf, untrusted: []*authority{mid, root}, depth: 2, usage: 2, chain: 3},
		{name: "DANE-TA not sent", records: []dane.Record{tlsa(2, 0, 1, root)}, leaf: leaf, untrusted: []*authority{mid}, roots: []*authority{root}, want: DANENoMatch, depth: none},
		{name: "DANE-TA in the record", records: []dane.Record{tlsa(2, 0, 0, mid)}, leaf: leaf, depth: 1, usage: 2, chain: 2},
		{name: "DANE-TA, a bare key", records: []dane.Record{tlsa(2, 1, 0, root)}, leaf: leaf, untrusted: []*authority{mid}, depth: 1, usage: 2, chain: 2},
		{name: "DANE-TA, a bare key of another", records: []dane.Record{tlsa(2, 1, 0, other)}, leaf: leaf, untrusted: []*authority{mid}, want: DANENoMatch, depth: none},
		{name: "DANE-TA is no leaf", records: []dane.Record{tlsa(2, 1, 1, leaf)}, leaf: leaf, untrusted: []*authority{mid}, want: DANENoMatch, depth: none},
		{name: "DANE-TA, expired leaf", records: []dane.Record{tlsa(2, 1, 1, mid)}, leaf: old, untrusted: []*authority{mid}, want: Expired, depth: 1, usage: 2},
		{name: "DANE-TA, another name", records: []dane.Record{tlsa(2, 1, 1, mid)}, leaf: leaf, untrusted: []*authority{mid}, host: "m", noNames: true, want: HostnameMismatch, depth: 1, usage: 2},
		{name: "PKIX-EE and a DANE-TA that fits", records: []dane.Record{tlsa(1, 1, 1, leaf), tlsa(2, 1, 1, mid)}, leaf: leaf, untrusted: []*authority{mid}, depth: 1, usage: 2, chain: 2},
		{name: "self-signed, PKIX-EE", records: []dane.Record{tlsa(1, 1, 1, self)}, leaf: self, want: SelfSignedLeaf, depth: 0, usage: 1},
	} {
		parsed := func(a *authority) *Cert {
			c, err := Parse(a.cert.Raw)
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		var m Match
		o := Options{Roots: poolOf(k.roots), Now: time.Now(), Depth: -1, PartialChain: k.partial, Purpose: ServerAuth, DANE: records(t, k.records...), Matched: &m, NoNamesOfDANEEE: k.noNames}
		for _, u := range k.untrusted {
			o.Untrusted = append(o.Untrusted, parsed(u))
		}
		if k.host != "" {
			o.Hosts = []string{k.host}
		}
		chain, _, err := verify(parsed(k.leaf), &o)
		got := Reason(0)
		if err != nil {
			got = err.Reason
		}
		if got != k.want || (err == nil) != (k.want == 0) || m.Depth != k.depth || len(chain) != k.chain {
			t.Errorf("%s: %v, match at %d, %d certificates; want %v, %d, %d", k.name, err, m.Depth, len(chain), k.want, k.depth, k.chain)
		}
		if m.Entry != nil && m.Entry.Usage != k.usage || (m.Entry == nil) != (k.depth == none) {
			t.Errorf("%s: matched %v", k.name, m.Entry)
		}
	}
}

// TestReport: the callback is told of each failure and of each certificate that is
// right, in OpenSSL's order, and decides.
func TestReport(t *testing.T) {
	root := (*authority)(nil).issue(t, "root", nil, ca)
	mid := root.issue(t, "mid", nil, ca)
	leaf := mid.issue(t, "leaf", nil, with(server("l"), func(c *x509.Certificate) {
		c.NotBefore, c.NotAfter = time.Now().Add(-48*time.Hour), time.Now().Add(-24*time.Hour)
	}))
	c, _ := Parse(leaf.cert.Raw)
	up, _ := Parse(mid.cert.Raw)
	for _, k := range []struct {
		roots []*authority
		stop  int // the answer that is no, -1 for none
		want  string
		err   string
	}{
		{[]*authority{root}, -1, "hostname mismatch 0/3; right 2/3; right 1/3; certificate has expired 0/3; right 0/3", ""},
		{[]*authority{root}, 0, "hostname mismatch 0/3", "hostname mismatch"},
		{[]*authority{root}, 2, "hostname mismatch 0/3; right 2/3; right 1/3", "unspecified"},
		{[]*authority{root}, 3, "hostname mismatch 0/3; right 2/3; right 1/3; certificate has expired 0/3", "certificate has expired"},
		{nil, -1, "unable to get local issuer certificate 1/2; hostname mismatch 0/2; certificate has expired 0/2; right 0/2", ""},
	} {
		var told []string
		o := Options{Roots: poolOf(k.roots), Untrusted: []*Cert{up}, Now: time.Now(), Depth: -1, Purpose: ServerAuth, Hosts: []string{"m"}}
		o.Report = func(e Event) bool {
			what := "right"
			if !e.Right {
				what = e.Reason.String()
			}
			told = append(told, fmt.Sprintf("%s %d/%d", what, e.Depth, len(e.Chain)))
			return len(told)-1 != k.stop
		}
		_, _, err := verify(c, &o)
		got := ""
		if err != nil {
			got = err.Error()
		}
		if s := strings.Join(told, "; "); s != k.want || got != k.err {
			t.Errorf("%d: %s; %q\nwant %s; %q", k.stop, s, got, k.want, k.err)
		}
	}
}
