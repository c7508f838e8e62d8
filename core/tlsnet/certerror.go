package tlsnet

import (
	"crypto/x509"
	"fmt"
	"strings"
	"time"

	"patina/core/pki"
	"patina/core/verifier"
)

// CertificateError is a chain that has been refused. Its text tells a person what
// is wrong with which certificate, and what to do about it where that is clear.
type CertificateError struct {
	Reason pki.Reason
	Peer   *Peer
	// Cert is the certificate that is wrong, at Depth above the leaf.
	Cert  *x509.Certificate
	Depth int
	// Now is when it was judged.
	Now time.Time
	err error
}

// Unwrap is the verifier's error.
func (e *CertificateError) Unwrap() error { return e.err }

func (e *CertificateError) Error() string { return "tls: " + e.what() }

func (e *CertificateError) what() string {
	who := fmt.Sprintf("the certificate of %s", e.peer())
	if e.Depth > 0 {
		who = fmt.Sprintf("the authority's certificate %q above that of %s", e.Cert.Subject, e.peer())
	}
	switch e.Reason {
	case pki.Expired:
		return fmt.Sprintf("%s expired on %s, %s ago", who, date(e.Cert.NotAfter), days(e.Now.Sub(e.Cert.NotAfter)))
	case pki.NotYetValid:
		return fmt.Sprintf("%s is not valid before %s; this machine's clock says %s", who, date(e.Cert.NotBefore), date(e.Now))
	case pki.HostnameMismatch, pki.IPAddressMismatch:
		return fmt.Sprintf("%s is for %s, not for %s", "the certificate", names(e.Cert), e.Peer.Name)
	case pki.NoIssuer, pki.NoIssuerLocally:
		return fmt.Sprintf("no trusted authority stands behind %s: it was issued by %q, whose certificate is "+
			"neither among the roots nor sent with it", who, e.Cert.Issuer)
	case pki.SelfSignedLeaf:
		return fmt.Sprintf("%s is signed by itself (%q) and not among the roots", who, e.Cert.Subject)
	case pki.SelfSignedInChain:
		return fmt.Sprintf("%s leads to the root %q, which is not trusted here", e.leaf(), e.Cert.Subject)
	case pki.InvalidPurpose:
		return fmt.Sprintf("%s is not meant for this use of TLS", who)
	case pki.LeafKeyTooSmall, pki.CAKeyTooSmall:
		return fmt.Sprintf("%s has too short a key (%s)", who, keySize(e.Cert))
	case pki.Revoked:
		return fmt.Sprintf("%s has been revoked by its authority", who)
	case pki.NoStaple:
		return fmt.Sprintf("%s needs an OCSP response stapled to it, and the server has sent none", who)
	case pki.OCSPExpired:
		return fmt.Sprintf("the OCSP response stapled to %s is too old", who)
	case pki.DigestTooWeak:
		return fmt.Sprintf("%s is signed with a digest that is too weak (%s)", who, e.Cert.SignatureAlgorithm)
	}
	switch e.err {
	case verifier.ErrPin:
		return fmt.Sprintf("%s is refused: neither its key nor one of its authorities' is among the keys pinned for this host", who)
	case nil:
		return fmt.Sprintf("%s is refused: %v", who, e.Reason)
	}
	return fmt.Sprintf("%s is refused: %v", who, e.err)
}

func (e *CertificateError) leaf() string { return "the certificate of " + e.peer() }

func (e *CertificateError) peer() string {
	if e.Peer.Name != "" {
		return e.Peer.Name
	}
	return fmt.Sprintf("the client (%q)", e.Peer.Chain[0].Subject)
}

func date(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

func days(d time.Duration) string {
	const day = 24 * time.Hour
	switch n := int(d / day); {
	case n > 1:
		return fmt.Sprintf("%d days", n)
	case n == 1:
		return "a day"
	}
	return d.Round(time.Second).String()
}

// maxNames is how many names of a certificate are listed.
const maxNames = 8

// names lists what a certificate is for.
func names(x *x509.Certificate) string {
	list := append([]string(nil), x.DNSNames...)
	for _, ip := range x.IPAddresses {
		list = append(list, ip.String())
	}
	if len(list) == 0 {
		if x.Subject.CommonName == "" {
			return "nobody (it has no names)"
		}
		return x.Subject.CommonName
	}
	if n := len(list); n > maxNames {
		list = append(list[:maxNames], fmt.Sprintf("%d more", n-maxNames))
	}
	return strings.Join(list, ", ")
}

func keySize(x *x509.Certificate) string {
	type sized interface{ Size() int }
	if k, ok := x.PublicKey.(sized); ok {
		return fmt.Sprintf("%v of %d bits", x.PublicKeyAlgorithm, k.Size()*8)
	}
	return x.PublicKeyAlgorithm.String()
}
