package verifier

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"patina/core"
	"patina/core/dane"
	"patina/core/iana"
	"patina/core/pki"
)

type authority struct {
	cert *x509.Certificate
	key  crypto.Signer
}

var serial int64

func (a *authority) issue(t testing.TB, name string, isCA bool) *authority {
	t.Helper()
	serial++
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name}, BasicConstraintsValid: true, IsCA: isCA,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	if isCA {
		tmpl.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	} else {
		tmpl.DNSNames = []string{name}
	}
	parent, signer := tmpl, crypto.Signer(key)
	if a != nil {
		parent, signer = a.cert, a.key
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{cert, key}
}

func (a *authority) respond(t testing.TB, c *authority, status int) []byte {
	t.Helper()
	der, err := ocsp.CreateResponse(a.cert, a.cert, ocsp.Response{Status: status, SerialNumber: c.cert.SerialNumber,
		ThisUpdate: time.Now(), NextUpdate: time.Now().Add(time.Hour), RevokedAt: time.Now()}, a.key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// notes is a Timestamps that notes what it gets.
type notes struct {
	chain []*x509.Certificate
	d     Delivered
	err   error
}

func (n *notes) Check(chain []*x509.Certificate, d Delivered, now time.Time) error {
	n.chain, n.d = chain, d
	return n.err
}

func TestVerifier(t *testing.T) {
	root := (*authority)(nil).issue(t, "root", true)
	mid := root.issue(t, "mid", true)
	leaf := mid.issue(t, "www.example.org", false)
	revoked, err := x509.CreateRevocationList(rand.Reader, &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: time.Now(), NextUpdate: time.Now().Add(time.Hour),
		RevokedCertificateEntries: []x509.RevocationListEntry{{SerialNumber: leaf.cert.SerialNumber, RevocationTime: time.Now()}}}, mid.cert, mid.key)
	if err != nil {
		t.Fatal(err)
	}
	list, err := pki.ParseCRL(revoked)
	if err != nil {
		t.Fatal(err)
	}
	crls := pki.NewCRLs([]*pki.CRL{list})
	roots := pki.NewPool([][]byte{root.cert.Raw})
	chain := []*x509.Certificate{leaf.cert, mid.cert}
	errMine := errors.New("not on my list")
	good := mid.respond(t, leaf, ocsp.Good)
	later := func() time.Time { return time.Now().Add(100 * time.Hour) }
	for name, x := range map[string]struct {
		policy Policy
		roots  pki.Roots
		peer   Peer
		now    func() time.Time
		want   error      // as errors.Is sees it
		reason pki.Reason // if it is pki's
		alert  iana.AlertDescription
	}{
		"good":                {peer: Peer{Name: "www.example.org", Chain: chain}},
		"with a dot":          {peer: Peer{Name: "www.example.org.", Chain: chain}},
		"any name":            {peer: Peer{Chain: chain}},
		"another name":        {peer: Peer{Name: "example.org", Chain: chain}, reason: pki.HostnameMismatch, alert: iana.AlertBadCertificate},
		"an address":          {peer: Peer{Name: "192.0.2.1", Chain: chain}, reason: pki.IPAddressMismatch, alert: iana.AlertBadCertificate},
		"later":               {peer: Peer{Chain: chain}, now: later, reason: pki.Expired, alert: iana.AlertCertificateExpired},
		"nobody trusted":      {roots: (*pki.Pool)(nil), peer: Peer{Chain: chain}, reason: pki.NoIssuerLocally, alert: iana.AlertUnknownCA},
		"no chain":            {peer: Peer{Name: "www.example.org"}, want: ErrNoCertificate, alert: iana.AlertBadCertificate},
		"level":               {policy: Policy{Level: 4}, peer: Peer{Chain: chain}, reason: pki.LeafKeyTooSmall, alert: iana.AlertBadCertificate},
		"CRL":                 {policy: Policy{CRLs: crls, CRLCheck: pki.CRLCheckLeaf}, peer: Peer{Chain: chain}, reason: pki.Revoked, alert: iana.AlertCertificateRevoked},
		"no CRL":              {policy: Policy{CRLCheck: pki.CRLCheckLeaf}, peer: Peer{Chain: chain}, reason: pki.NoCRL, alert: iana.AlertBadCertificate},
		"stapled":             {policy: Policy{OCSP: pki.RequireStaple}, peer: Peer{Chain: chain, Staple: good}},
		"not stapled":         {policy: Policy{OCSP: pki.RequireStaple}, peer: Peer{Chain: chain}, reason: pki.NoStaple, alert: iana.AlertBadCertificateStatusResponse},
		"stapled revoked":     {policy: Policy{OCSP: pki.CheckStaple}, peer: Peer{Chain: chain, Staple: mid.respond(t, leaf, ocsp.Revoked)}, reason: pki.Revoked, alert: iana.AlertCertificateRevoked},
		"stapled by another":  {policy: Policy{OCSP: pki.CheckStaple}, peer: Peer{Chain: chain, Staple: root.respond(t, leaf, ocsp.Good)}, reason: pki.OCSPOther, alert: iana.AlertBadCertificateStatusResponse},
		"timestamps":          {policy: Policy{Timestamps: &notes{err: errMine}}, peer: Peer{Chain: chain}, want: errMine, alert: iana.AlertBadCertificate},
		"pinned":              {policy: Policy{Pins: Pins{"www.example.org": {PinOf(leaf.cert)}}}, peer: Peer{Name: "WWW.example.org", Chain: chain}},
		"the root pinned":     {policy: Policy{Pins: Pins{".example.org": {PinOf(root.cert)}}}, peer: Peer{Name: "www.example.org", Chain: chain}},
		"another pinned":      {policy: Policy{Pins: Pins{".org": {PinOf((*authority)(nil).issue(t, "x", true).cert)}}}, peer: Peer{Name: "www.example.org", Chain: chain}, want: ErrPin, alert: iana.AlertBadCertificate},
		"nothing pinned":      {policy: Policy{Pins: Pins{"": nil}}, peer: Peer{Name: "www.example.org", Chain: chain}, want: ErrPin, alert: iana.AlertBadCertificate},
		"other pins":          {policy: Policy{Pins: Pins{"example.org": {{}}, ".www.example.org": {{}}, "org": {{}}}}, peer: Peer{Name: "www.example.org", Chain: chain}},
		"more":                {policy: Policy{More: func(*Peer, *Result) error { return errMine }}, peer: Peer{Chain: chain}, want: errMine, alert: iana.AlertBadCertificate},
		"raw key":             {policy: Policy{Pins: Pins{"www.example.org": {PinOf(leaf.cert)}}}, peer: Peer{Name: "www.example.org", RawPublicKey: leaf.cert.RawSubjectPublicKeyInfo}},
		"raw key, not pinned": {peer: Peer{Name: "www.example.org", RawPublicKey: leaf.cert.RawSubjectPublicKeyInfo}, want: ErrNoCertificate, alert: iana.AlertBadCertificate},
		"another raw key":     {policy: Policy{Pins: Pins{"": {PinOf(leaf.cert)}}}, peer: Peer{RawPublicKey: mid.cert.RawSubjectPublicKeyInfo}, want: ErrPin, alert: iana.AlertBadCertificate},
		"raw key and more": {policy: Policy{Pins: Pins{"": {PinOf(leaf.cert)}}, More: func(*Peer, *Result) error { return errMine }},
			peer: Peer{RawPublicKey: leaf.cert.RawSubjectPublicKeyInfo}, want: errMine, alert: iana.AlertBadCertificate},
	} {
		if x.roots == nil {
			x.roots = roots
		}
		if x.now == nil {
			x.now = time.Now
		}
		v := New(x.policy, x.roots, pki.ServerAuth, x.now)
		for range 2 { // the second from memory
			r, err := v.Verify(&x.peer)
			var e *Error
			switch {
			case x.want == nil && x.reason == 0:
				if err != nil {
					t.Errorf("%s: %v", name, err)
				} else if len(x.peer.Chain) > 0 && len(r.Chain) != 3 {
					t.Errorf("%s: a chain of %d", name, len(r.Chain))
				}
			case !errors.As(err, &e) || x.want != nil && !errors.Is(err, x.want) || e.Reason != x.reason || AlertOf(err) != x.alert:
				t.Errorf("%s: %v, alert %v", name, err, AlertOf(err))
			}
		}
	}
}

// TestDelivered: a judge of timestamps gets those of all three ways, and the peer
// is asked for them.
func TestDelivered(t *testing.T) {
	root := (*authority)(nil).issue(t, "root", true)
	leaf := root.issue(t, "www.example.org", false)
	value := []byte{4, 5, 0, 3, 0, 1, 7} // an OCTET STRING with a list of one
	staple, err := ocsp.CreateResponse(root.cert, root.cert, ocsp.Response{SerialNumber: leaf.cert.SerialNumber, ThisUpdate: time.Now(),
		ExtraExtensions: []pkix.Extension{{Id: []int{1, 3, 6, 1, 4, 1, 11129, 2, 4, 5}, Value: value}}}, root.key)
	if err != nil {
		t.Fatal(err)
	}
	n := new(notes)
	v := New(Policy{OCSP: pki.CheckStaple, Timestamps: n}, pki.NewPool([][]byte{root.cert.Raw}), pki.ServerAuth, time.Now)
	r, err := v.Verify(&Peer{Chain: []*x509.Certificate{leaf.cert}, Staple: staple, SCTs: [][]byte{{1}, {2}}})
	if err != nil || r.OCSP == nil || len(n.chain) != 2 || len(n.d.TLS) != 2 || string(n.d.OCSP) != string(value[2:]) {
		t.Errorf("%v, %+v", err, n)
	}
	for name, x := range map[string]struct {
		p           Policy
		staple, sct bool
	}{
		"nothing": {}, "OCSP": {Policy{OCSP: pki.CheckStaple}, true, false}, "timestamps": {Policy{Timestamps: n}, true, true},
	} {
		var p core.Params
		New(x.p, nil, pki.ServerAuth, time.Now).Ask(&p)
		if p.RequestStaple != x.staple || p.RequestSCT != x.sct {
			t.Errorf("%s: %v, %v", name, p.RequestStaple, p.RequestSCT)
		}
	}
}

func TestParsePin(t *testing.T) {
	pin := PinOf((*authority)(nil).issue(t, "x", true).cert)
	for _, s := range []string{pin.String(), strings.TrimPrefix(pin.String(), "sha256//")} {
		if got, err := ParsePin(s); err != nil || got != pin {
			t.Errorf("%s: %v, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "sha256//", "sha256//AAAA", pin.String() + "A", "sha1//" + pin.String()} {
		if _, err := ParsePin(s); err == nil {
			t.Errorf("%q is a pin", s)
		}
	}
}

// TestTLSA judges by TLSA records: beside roots, instead of them, and for bare keys.
func TestTLSA(t *testing.T) {
	root := (*authority)(nil).issue(t, "root", true)
	mid := root.issue(t, "mid", true)
	leaf := mid.issue(t, "www.example.org", false)
	other := (*authority)(nil).issue(t, "www.example.org", false)
	chain := []*x509.Certificate{leaf.cert, mid.cert}
	record := func(u dane.Usage, a *authority) dane.Record {
		return dane.Record{Usage: u, Selector: dane.SPKI, Matching: dane.Full, Data: a.cert.RawSubjectPublicKeyInfo}
	}
	for name, x := range map[string]struct {
		records []dane.Record
		names   bool
		peer    Peer
		trusted bool
		want    error      // as errors.Is sees it
		reason  pki.Reason // if it is pki's
		depth   int        // of the match, if there is one
	}{
		"none":                      {peer: Peer{Name: "www.example.org", Chain: chain}, trusted: true, depth: -1},
		"none, not trusted":         {peer: Peer{Name: "www.example.org", Chain: chain}, reason: pki.NoIssuerLocally},
		"leaf":                      {records: []dane.Record{record(dane.DANEEE, leaf)}, peer: Peer{Name: "www.example.org", Chain: chain}},
		"leaf of another name":      {records: []dane.Record{record(dane.DANEEE, leaf)}, peer: Peer{Name: "example.org", Chain: chain}},
		"leaf, names asked for":     {records: []dane.Record{record(dane.DANEEE, leaf)}, names: true, peer: Peer{Name: "example.org", Chain: chain}, reason: pki.HostnameMismatch},
		"another leaf":              {records: []dane.Record{record(dane.DANEEE, other)}, peer: Peer{Name: "www.example.org", Chain: chain}, trusted: true, reason: pki.DANENoMatch},
		"authority":                 {records: []dane.Record{record(dane.DANETA, mid)}, peer: Peer{Name: "www.example.org", Chain: chain}, depth: 1},
		"authority, another name":   {records: []dane.Record{record(dane.DANETA, mid)}, peer: Peer{Name: "example.org", Chain: chain}, reason: pki.HostnameMismatch},
		"leaf and roots":            {records: []dane.Record{record(dane.PKIXEE, leaf)}, peer: Peer{Name: "www.example.org", Chain: chain}, trusted: true},
		"leaf and roots, untrusted": {records: []dane.Record{record(dane.PKIXEE, leaf)}, peer: Peer{Name: "www.example.org", Chain: chain}, reason: pki.NoIssuerLocally},
		"bare key":                  {records: []dane.Record{record(dane.DANEEE, leaf)}, peer: Peer{Name: "www.example.org", RawPublicKey: leaf.cert.RawSubjectPublicKeyInfo}},
		"another bare key":          {records: []dane.Record{record(dane.DANEEE, other)}, peer: Peer{Name: "www.example.org", RawPublicKey: leaf.cert.RawSubjectPublicKeyInfo}, want: ErrNoCertificate},
		"bare key by PKIX-EE":       {records: []dane.Record{record(dane.PKIXEE, leaf)}, peer: Peer{Name: "www.example.org", RawPublicKey: leaf.cert.RawSubjectPublicKeyInfo}, want: ErrNoCertificate},
	} {
		set, err := dane.NewSet(x.records...)
		if err != nil {
			t.Fatal(name, err)
		}
		p := Policy{NamesOfDANEEE: x.names, TLSA: func(host string) *dane.Set {
			if host != x.peer.Name {
				t.Errorf("%s: asked for %q", name, host)
			}
			return set
		}}
		var roots pki.Roots
		if x.trusted {
			roots = pki.NewPool([][]byte{root.cert.Raw})
		}
		r, err := New(p, roots, pki.ServerAuth, time.Now).Verify(&x.peer)
		var perr *pki.Error
		switch {
		case x.reason != 0:
			if !errors.As(err, &perr) || perr.Reason != x.reason {
				t.Errorf("%s: %v, want %v", name, err, x.reason)
			}
		case !errors.Is(err, x.want):
			t.Errorf("%s: %v, want %v", name, err, x.want)
		case err == nil && ((r.TLSA == nil) != (len(x.records) == 0) || r.TLSADepth != x.depth):
			t.Errorf("%s: matched %v at %d, want %d", name, r.TLSA, r.TLSADepth, x.depth)
		}
	}
}
