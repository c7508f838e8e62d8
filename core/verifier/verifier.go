package verifier

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"patina/core"
	"patina/core/dane"
	"patina/core/iana"
	"patina/core/pki"
)

// Policy is what is asked of a peer's chain beyond that it leads to a root. Its
// zero value asks for nothing more than keys and digests of DefaultLevel.
type Policy struct {
	// Level is the security level of keys and digests, 1 to 5, as of OpenSSL's
	// SSL_CTX_set_security_level(3); zero: DefaultLevel.
	Level int
	// OCSP is what is made of stapled OCSP responses. Anything but NoOCSPCheck has
	// the peer asked for one.
	OCSP pki.OCSPCheck
	// CRLs are looked into as CRLCheck says.
	CRLs     *pki.CRLs
	CRLCheck pki.CRLCheck
	// Timestamps judges signed certificate timestamps; nil: nobody does. Package
	// core/ct has one.
	Timestamps Timestamps
	// TLSA are the TLSA records of a name (RFC 6698), which the program has from a
	// DNS whose answer was secure; the port and protocol are its own knowledge. nil,
	// and a set without records: the chain is judged by the roots alone. Only with
	// records of usages PKIX-TA and PKIX-EE do roots count beside others.
	TLSA func(name string) *dane.Set
	// NamesOfDANEEE has a leaf that a DANE-EE record names have the peer's name too,
	// which RFC 7671, section 5.1, does not ask for; programs that send credentials
	// to origins, as browsers do, need it.
	NamesOfDANEEE bool
	// Pins limit the keys of hosts; nil: none do.
	Pins Pins
	// More judges once more what has passed everything else; nil: nobody does.
	More func(p *Peer, r *Result) error
}

// DefaultLevel is keys of 112 bits, such as RSA of 2048, as OpenSSL has it from
// 3.2 on.
const DefaultLevel = 2

// Timestamps judges the signed certificate timestamps of a chain that has been
// verified (RFC 6962). It is used by many connections at once.
type Timestamps interface {
	Check(chain []*x509.Certificate, t Delivered, now time.Time) error
}

// Delivered are the timestamps that came beside the certificate, whose own are
// within it.
type Delivered struct {
	// TLS are those of the TLS extension, serialized.
	TLS [][]byte
	// OCSP is the SignedCertificateTimestampList of the OCSP response, or nil. The
	// response has been checked.
	OCSP []byte
}

// Peer is who is judged.
type Peer struct {
	// Name is the host name or IP address the peer must have; "": any, as for
	// clients.
	Name string
	// Chain is what the peer has sent, the leaf first.
	Chain []*x509.Certificate
	// RawPublicKey is the SubjectPublicKeyInfo of a peer that has a bare key
	// instead of a Chain (RFC 7250): only a pin makes it known.
	RawPublicKey []byte
	Staple       []byte   // OCSP response, DER, or nil
	SCTs         [][]byte // of the TLS extension, or nil
}

// PeerOf is the peer of a connection that asks core.WaitVerify.
func PeerOf(c *core.Conn, name string) *Peer {
	key, _ := c.PeerRawPublicKey()
	return &Peer{Name: name, Chain: c.PeerChain(), RawPublicKey: key, Staple: c.PeerStaple(), SCTs: c.PeerSCTs()}
}

// Result is what is known of a peer that has been accepted.
type Result struct {
	// Chain leads from the leaf to the root that is trusted, which the peer may
	// not have sent. Empty for a raw public key. It may be used to verify again.
	Chain []*x509.Certificate
	// Name is the name in the leaf that fitted Peer.Name; "" for IP addresses.
	Name string
	// TLSA is the record that has matched, of the certificate at TLSADepth or, if the
	// record is the bare key of an authority, of what that has signed; nil: none was
	// asked for.
	TLSA      *dane.Entry
	TLSADepth int
	// OCSP is what the stapled response has said; nil if none was looked at.
	OCSP *pki.OCSPStatus
}

// Verifier judges by a Policy. It is immutable but for what it remembers, and used
// by many connections at once.
type Verifier struct {
	policy  Policy
	roots   pki.Roots
	purpose pki.Purpose
	now     func() time.Time
	memo    pki.Memo
}

// New makes a Verifier: chains must lead to roots and be for the purpose. nil
// roots trust nobody.
func New(p Policy, roots pki.Roots, purpose pki.Purpose, now func() time.Time) *Verifier {
	if p.Level == 0 {
		p.Level = DefaultLevel
	}
	if roots == nil {
		roots = (*pki.Pool)(nil)
	}
	return &Verifier{policy: p, roots: roots, purpose: purpose, now: now}
}

// Ask sets in p what the policy needs to be asked of the peer.
func (v *Verifier) Ask(p *core.Params) {
	if v.policy.OCSP != pki.NoOCSPCheck || v.policy.Timestamps != nil {
		p.RequestStaple = true
	}
	if v.policy.Timestamps != nil {
		p.RequestSCT = true
	}
}

// Verify judges p. The error is an [*Error].
func (v *Verifier) Verify(p *Peer) (*Result, error) {
	if len(p.Chain) == 0 {
		return v.rawKey(p)
	}
	now := v.now()
	var status pki.OCSPStatus
	o := pki.Options{Roots: v.roots, Memo: &v.memo, Now: now, Purpose: v.purpose, Depth: -1, Level: v.policy.Level,
		CRLs: v.policy.CRLs, CRLCheck: v.policy.CRLCheck, Staple: p.Staple, OCSPCheck: v.policy.OCSP, Status: &status}
	if p.Name != "" {
		if ip, err := netip.ParseAddr(p.Name); err == nil {
			o.IP = ip.WithZone("")
		} else {
			o.Hosts = []string{strings.TrimSuffix(p.Name, ".")}
		}
	}
	certs := make([]*pki.Cert, len(p.Chain))
	for i, x := range p.Chain {
		c, err := v.memo.New(x)
		if err != nil {
			return nil, &Error{Cert: x, Depth: i, Now: now, Err: err}
		}
		certs[i] = c
	}
	o.Untrusted = certs[1:]
	matched := pki.Match{Depth: -1}
	if v.policy.TLSA != nil {
		o.DANE, o.Matched, o.NoNamesOfDANEEE = v.policy.TLSA(p.Name), &matched, !v.policy.NamesOfDANEEE
	}
	chain, name, err := pki.Verify(certs[0], &o)
	if err != nil {
		e := &Error{Cert: p.Chain[0], Now: now, Err: err}
		var refused *pki.Error
		if errors.As(err, &refused) {
			e.Reason, e.Depth = refused.Reason, refused.Depth
			if refused.Depth < len(refused.Chain) {
				e.Cert = refused.Chain[refused.Depth].X509
			}
		}
		return nil, e
	}
	r := &Result{Chain: make([]*x509.Certificate, len(chain)), Name: name, TLSA: matched.Entry, TLSADepth: matched.Depth}
	for i := range chain {
		r.Chain[i] = chain[i].X509
	}
	if !status.ProducedAt.IsZero() {
		r.OCSP = &status
	}
	if err := v.judgeMore(p, r, now); err != nil {
		return nil, &Error{Cert: p.Chain[0], Now: now, Err: err}
	}
	return r, nil
}

// judgeMore is what the policy asks of a chain that has been verified.
func (v *Verifier) judgeMore(p *Peer, r *Result, now time.Time) error {
	if v.policy.Timestamps != nil {
		d := Delivered{TLS: p.SCTs}
		if r.OCSP != nil {
			d.OCSP = r.OCSP.SCTList
		}
		if err := v.policy.Timestamps.Check(r.Chain, d, now); err != nil {
			return err
		}
	}
	if err := v.policy.Pins.check(p.Name, r.Chain, nil); err != nil {
		return err
	}
	if v.policy.More != nil {
		return v.policy.More(p, r)
	}
	return nil
}

// ErrNoCertificate: the peer has neither a chain nor a key that is pinned.
var ErrNoCertificate = errors.New("verifier: the peer has shown no certificate")

// rawKey judges a peer without a chain: its key must be pinned for its name, or a
// DANE-EE record must be of it (RFC 7671, section 5.1).
func (v *Verifier) rawKey(p *Peer) (*Result, error) {
	now := v.now()
	r := new(Result)
	if v.policy.TLSA != nil && len(p.RawPublicKey) > 0 {
		r.TLSA = v.policy.TLSA(p.Name).MatchKey(1<<dane.DANEEE, p.RawPublicKey)
	}
	if r.TLSA == nil && (len(p.RawPublicKey) == 0 || v.policy.Pins.of(p.Name) == nil) {
		return nil, &Error{Now: now, Err: ErrNoCertificate}
	}
	if err := v.policy.Pins.check(p.Name, nil, p.RawPublicKey); err != nil {
		return nil, &Error{Now: now, Err: err}
	}
	if v.policy.More != nil {
		if err := v.policy.More(p, r); err != nil {
			return nil, &Error{Now: now, Err: err}
		}
	}
	return r, nil
}

// Error is a chain that is refused.
type Error struct {
	// Reason is package pki's; Unspecified where the policy refuses it, as Err says.
	Reason pki.Reason
	// Cert is the certificate that is wrong, at Depth above the leaf; nil if there
	// is none.
	Cert  *x509.Certificate
	Depth int
	// Now is when it was judged.
	Now time.Time
	// Err is the cause: a *pki.Error, ErrPin, ErrNoCertificate, or what Timestamps
	// or More have returned.
	Err error
}

func (e *Error) Error() string {
	if e.Cert == nil {
		return "verifier: " + e.Err.Error()
	}
	return fmt.Sprintf("verifier: the certificate of %q: %v", e.Cert.Subject, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

// AlertOf is the alert for the error of Verify.
func AlertOf(err error) iana.AlertDescription {
	var e *pki.Error
	if !errors.As(err, &e) {
		return iana.AlertBadCertificate
	}
	return AlertFor(e.Reason)
}

// AlertFor is the alert for a chain that is refused (RFC 8446, section 6.2).
func AlertFor(r pki.Reason) iana.AlertDescription {
	switch r {
	case pki.NoIssuer, pki.NoIssuerLocally, pki.SelfSignedLeaf, pki.SelfSignedInChain:
		return iana.AlertUnknownCA
	case pki.Expired, pki.NotYetValid:
		return iana.AlertCertificateExpired
	case pki.BadSignature:
		return iana.AlertDecryptError
	case pki.InvalidPurpose:
		return iana.AlertUnsupportedCertificate
	case pki.Revoked:
		return iana.AlertCertificateRevoked
	case pki.NoStaple, pki.BadOCSP, pki.OCSPUnsuccessful, pki.OCSPOther, pki.OCSPNotAuthorized, pki.BadOCSPSignature,
		pki.OCSPNotYetValid, pki.OCSPExpired, pki.OCSPUnknown:
		return iana.AlertBadCertificateStatusResponse
	}
	return iana.AlertBadCertificate
}
