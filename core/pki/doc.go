// Package pki builds and checks certificate chains (RFC 5280, section 6),
// without I/O and without a clock, as strictly and as leniently as the
// X509_verify_cert of OpenSSL 3.0 does: the path it takes, what it requires of
// each certificate, the order of its checks and so the first reason it gives.
// Programs and people act on these reasons, so they are part of the contract.
//
// # The way of a chain
//
//	x509.Certificate -> New -> Cert        facts read once (names made comparable, presence of extensions)
//	DER -> NewPool -> Pool                 the trusted ones, by subject, parsed when needed; shared
//	DER -> ParseCRL -> CRL, NewCRLs        revocation lists, by issuer; shared
//	Cache, FoundCRLs                       both where they lie elsewhere and are asked by name
//	NameHash                               by which directories name them
//	Verify(leaf, Options) -> chain, *Error
//	Options.Report -> Event                each step, for a callback that may have it go on
//
// Verify runs, and stops at the first failure of: the leaf's key strength,
// building the path (build.go), extensions and purpose (purpose.go), strength
// of keys and digests (level.go), names of the peer (host.go), revocation lists
// (crl.go), signatures and validity from the anchor down (verify.go), name
// constraints (constraints.go), the stapled OCSP response (ocsp.go).
//
// The path is built greedily, trusted issuers first, as OpenSSL does by default:
// there is no backtracking and so no exponential work; each step looks at the
// certificates of one subject name only, and depth is limited.
//
// TLSA records (package dane) change what an anchor is (dane.go): one that a DANE-TA
// record names, whether a root is trusted or not; with PKIX records only, an anchor
// as ever, and a record must fit besides. A leaf that a DANE-EE record names is not
// looked at any further, but for its names.
//
// OCSP responses are read by golang.org/x/crypto/ocsp, which leaves to its
// callers who may sign one, of which issuer it speaks, and how old it is.
//
// Signatures made with SHA-1 or MD5 are never verified: at a security level that
// would let them pass, which is 0 only, the chain is [Undecided].
//
// What is not done here: policies, proxy certificates, name constraints on other
// kinds of names than DNS, IP, mail, URI and directory names, revocation lists that are indirect, deltas or for some
// reasons only. A caller that needs them uses another verifier; a chain that
// depends on such a thing is refused with [Undecided], never accepted.
package pki
