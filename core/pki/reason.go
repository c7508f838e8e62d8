package pki

// Reason is why a chain is not accepted.
type Reason uint8

// Reasons. Each but Undecided and those of OCSP is one of OpenSSL's X509_V_ERR
// codes under a name of its own.
const (
	Unspecified Reason = iota
	// Undecided: the chain needs a check this package does not do.
	Undecided
	NoIssuer           // a trusted certificate's issuer is not to be found
	NoIssuerLocally    // an untrusted certificate's issuer is not to be found
	SelfSignedLeaf     // the leaf is self-signed and not trusted
	SelfSignedInChain  // the chain ends in a self-signed certificate that is not trusted
	ChainTooLong       // more certificates than the depth allows
	BadSignature       // a signature does not verify
	NotYetValid        // notBefore lies ahead
	Expired            // notAfter has passed
	InvalidCA          // an issuer is not a CA
	InvalidPurpose     // a certificate is not meant for this use
	PathLengthExceeded // basicConstraints pathLenConstraint
	UnhandledCritical  // a critical extension is not understood
	KeyUsageNoCertSign // an issuer's keyUsage lacks keyCertSign
	LeafKeyTooSmall    // below the security level
	CAKeyTooSmall      // below the security level
	DigestTooWeak      // a signature's digest is below the security level
	HostnameMismatch   // no name fits the host
	EmailMismatch      // no name fits the address
	IPAddressMismatch  // no name fits the address
	PermittedViolation // a name outside the permitted subtrees
	ExcludedViolation  // a name inside an excluded subtree
	DANENoMatch        // no TLSA record fits
	UnverifiedLeaf     // nobody above the leaf is known

	Revoked              // a revocation list or an OCSP response says so
	NoCRL                // no revocation list speaks of the certificate
	BadCRLSignature      // a revocation list's signature does not verify
	CRLNotYetValid       // thisUpdate lies ahead
	CRLExpired           // nextUpdate has passed
	KeyUsageNoCRLSign    // a revocation list's issuer's keyUsage lacks cRLSign
	UnhandledCriticalCRL // a critical extension of a revocation list is not understood
	DifferentCRLScope    // the revocation lists are for other certificates

	NoStaple          // an OCSP response is required and none is stapled
	BadOCSP           // the OCSP response is malformed or speaks of other certificates only
	OCSPUnsuccessful  // the OCSP response is a responder's excuse
	OCSPOther         // the OCSP response is of another issuer, or has an extension not understood
	OCSPNotAuthorized // the OCSP response is of somebody the issuer has not entrusted with it
	BadOCSPSignature  // the OCSP response's signature does not verify
	OCSPNotYetValid   // the OCSP response's thisUpdate lies ahead
	OCSPExpired       // the OCSP response is too old
	OCSPUnknown       // the responder does not know the certificate
)

var reasonNames = [...]string{
	"unspecified", "undecided", "unable to get issuer certificate",
	"unable to get local issuer certificate", "self-signed certificate",
	"self-signed certificate in certificate chain", "certificate chain too long",
	"certificate signature failure", "certificate is not yet valid", "certificate has expired",
	"invalid CA certificate", "unsuitable certificate purpose", "path length constraint exceeded",
	"unhandled critical extension", "key usage does not include certificate signing",
	"EE certificate key too weak", "CA certificate key too weak", "CA signature digest algorithm too weak",
	"hostname mismatch", "email address mismatch", "IP address mismatch",
	"permitted subtree violation", "excluded subtree violation", "no matching DANE TLSA records",
	"unable to verify the first certificate",
	"certificate revoked", "unable to get certificate CRL", "CRL signature failure", "CRL is not yet valid",
	"CRL has expired", "key usage does not include CRL signing", "unhandled critical CRL extension", "different CRL scope",
	"no OCSP response is stapled", "malformed OCSP response", "unsuccessful OCSP response", "OCSP response of another issuer",
	"OCSP responder not authorized", "OCSP response signature failure", "OCSP response is not yet valid",
	"OCSP response has expired", "OCSP responder does not know the certificate",
}

func (r Reason) String() string {
	if int(r) < len(reasonNames) {
		return reasonNames[r]
	}
	return reasonNames[Unspecified]
}

// Error tells why, and at which depth of the chain: 0 is the leaf.
type Error struct {
	Reason Reason
	Depth  int
	// Chain is what had been built when the check failed, the leaf first.
	Chain []*Cert
	// Missing is the DER name that has to be looked for in the Roots before
	// there is a verdict; Reason is NoIssuerLocally then.
	Missing []byte
	// MissingCRLs is the DER name of an issuer whose revocation lists have to be
	// looked for before there is a verdict; Reason is NoCRL then.
	MissingCRLs []byte
}

func (e *Error) Error() string { return e.Reason.String() }
