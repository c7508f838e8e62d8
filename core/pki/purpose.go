package pki

import "crypto/x509"

const keyCertSign = x509.KeyUsageCertSign

// Netscape certificate types (bits of the first byte), still honoured.
const (
	nsSSLClient = 0x80
	nsSSLServer = 0x40
	nsSSLCA     = 0x04
)

// checkExtensions checks, from the leaf up, critical extensions, that issuers
// are CAs, the purpose, and path lengths (RFC 5280, section 6.1.4).
func (b *builder) checkExtensions() *Error {
	pathLen := 0
	for i, c := range b.chain {
		if c.unknownCritical {
			if err := b.fail(UnhandledCritical, i); err != nil {
				return err
			}
		}
		kind := c.caKind()
		// An issuer must be a proper CA; only the anchor may be one by age or custom.
		if i > 0 && (kind == notCA || i+1 < len(b.chain) && kind != properCA) {
			if err := b.fail(InvalidCA, i); err != nil {
				return err
			}
		}
		if !c.fits(b.o.Purpose, i > 0) {
			if err := b.fail(InvalidPurpose, i); err != nil {
				return err
			}
		}
		if i > 1 && c.maxPathLen() >= 0 && pathLen > c.maxPathLen() {
			if err := b.fail(PathLengthExceeded, i); err != nil {
				return err
			}
		}
		if i > 0 && !c.selfIssued {
			pathLen++
		}
	}
	return nil
}

type caKind uint8

const (
	notCA    caKind = iota
	properCA        // basicConstraints says so
	oldCA           // a self-signed v1 certificate, or keyCertSign or nsCertType without basicConstraints
)

func (c *Cert) caKind() caKind {
	switch {
	case c.hasKeyUsage && c.X509.KeyUsage&keyCertSign == 0:
		return notCA
	case c.hasBasicConstr:
		if c.X509.IsCA {
			return properCA
		}
		return notCA
	case c.X509.Version == 1 && c.selfSigned():
		return oldCA
	case c.hasKeyUsage:
		return oldCA
	case c.hasNSCertType && c.nsCertType&0x07 != 0:
		return oldCA
	}
	return notCA
}

func (c *Cert) maxPathLen() int {
	if c.X509.MaxPathLen > 0 || c.X509.MaxPathLen == 0 && c.X509.MaxPathLenZero {
		return c.X509.MaxPathLen
	}
	return -1
}

// fits reports whether c may be used for p, as the leaf or as an issuer.
func (c *Cert) fits(p Purpose, issuer bool) bool {
	var eku x509.ExtKeyUsage
	var ku x509.KeyUsage
	var ns byte
	switch p {
	case ServerAuth:
		eku = x509.ExtKeyUsageServerAuth
		ku = x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment | x509.KeyUsageKeyAgreement
		ns = nsSSLServer
	case ClientAuth:
		eku = x509.ExtKeyUsageClientAuth
		ku = x509.KeyUsageDigitalSignature | x509.KeyUsageKeyAgreement
		ns = nsSSLClient
	default:
		return true
	}
	if c.hasExtKeyUsage && !c.hasEKU(eku) &&
		!(p == ServerAuth && (c.hasEKU(x509.ExtKeyUsageNetscapeServerGatedCrypto) || c.hasEKU(x509.ExtKeyUsageMicrosoftServerGatedCrypto))) {
		return false
	}
	if issuer {
		kind := c.caKind()
		return kind != notCA && !(kind == oldCA && !c.hasKeyUsage && c.hasNSCertType && c.nsCertType&nsSSLCA == 0)
	}
	if c.hasNSCertType && c.nsCertType&ns == 0 {
		return false
	}
	return !c.hasKeyUsage || c.X509.KeyUsage&ku != 0
}

func (c *Cert) hasEKU(want x509.ExtKeyUsage) bool {
	for _, e := range c.X509.ExtKeyUsage {
		if e == want {
			return true
		}
	}
	return false
}
