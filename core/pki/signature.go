package pki

import (
	"crypto"
	"crypto/rsa"
	"crypto/x509"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"patina/core/rsapss"
)

// readSignature takes the parameters of a signature by id-RSASSA-PSS (RFC 4055,
// section 3.1), of which crypto/x509 knows three. Those that nobody knows leave
// a certificate whose signature is [Undecided].
func (c *Cert) readSignature() (ok bool) {
	c.pss, ok = signaturePSS(c.X509.Raw)
	return ok
}

// signaturePSS takes the parameters out of a signed object: a SEQUENCE of what
// is signed, the algorithm and the signature. nil: not of id-RSASSA-PSS.
func signaturePSS(der []byte) (pss *rsapss.Params, ok bool) {
	in := cryptobyte.String(der)
	var object, algorithm cryptobyte.String
	if !in.ReadASN1(&object, asn1.SEQUENCE) || !object.SkipASN1(asn1.SEQUENCE) || !object.ReadASN1Element(&algorithm, asn1.SEQUENCE) {
		return nil, false
	}
	switch p, err := rsapss.ParseSignature(algorithm); err {
	case nil:
		return p, true
	case rsapss.ErrOther:
		return nil, true
	}
	return new(rsapss.Params), true
}

// keyFits reports whether issuer's key is of the kind that c is signed with.
func (c *Cert) keyFits(issuer *Cert) bool {
	if c.pss != nil {
		_, restricted := issuer.key.(*rsapss.PublicKey)
		return restricted || issuer.X509.PublicKeyAlgorithm == x509.RSA
	}
	key := issuer.X509.PublicKeyAlgorithm
	switch c.X509.SignatureAlgorithm {
	case x509.MD5WithRSA, x509.SHA1WithRSA, x509.SHA256WithRSA, x509.SHA384WithRSA, x509.SHA512WithRSA:
		return key == x509.RSA
	case x509.ECDSAWithSHA1, x509.ECDSAWithSHA256, x509.ECDSAWithSHA384, x509.ECDSAWithSHA512:
		return key == x509.ECDSA
	case x509.PureEd25519:
		return key == x509.Ed25519
	}
	return true
}

// digest is the hash c is signed with; 0 if it is unknown or there is none.
func (c *Cert) digest() crypto.Hash { return digestOf(c.X509.SignatureAlgorithm, c.pss) }

func digestOf(a x509.SignatureAlgorithm, pss *rsapss.Params) crypto.Hash {
	if pss != nil {
		return pss.Hash
	}
	switch a {
	case x509.MD5WithRSA:
		return crypto.MD5
	case x509.SHA1WithRSA, x509.ECDSAWithSHA1, x509.DSAWithSHA1:
		return crypto.SHA1
	case x509.SHA256WithRSA, x509.ECDSAWithSHA256, x509.DSAWithSHA256:
		return crypto.SHA256
	case x509.SHA384WithRSA, x509.ECDSAWithSHA384:
		return crypto.SHA384
	case x509.SHA512WithRSA, x509.ECDSAWithSHA512:
		return crypto.SHA512
	}
	return 0
}

// checkSignature checks c's signature by issuer: 0, BadSignature, or Undecided
// for what this package has no word on.
func (c *Cert) checkSignature(issuer *Cert) Reason {
	return issuer.verify(c.X509.SignatureAlgorithm, c.pss, c.X509.RawTBSCertificate, c.X509.Signature)
}

// verify checks a signature with c's key; pss are its parameters if it is of
// id-RSASSA-PSS.
func (c *Cert) verify(a x509.SignatureAlgorithm, pss *rsapss.Params, message, signature []byte) Reason {
	switch digestOf(a, pss) {
	case crypto.MD5, crypto.SHA1:
		return Undecided
	}
	if pss != nil {
		return c.verifyPSS(pss, message, signature)
	}
	if a == x509.UnknownSignatureAlgorithm || c.key == nil {
		return Undecided
	}
	if c.X509.CheckSignature(a, message, signature) != nil {
		return BadSignature
	}
	return 0
}

// verifyPSS checks a signature by id-RSASSA-PSS with c's key over message.
func (c *Cert) verifyPSS(p *rsapss.Params, message, signature []byte) Reason {
	if p.Hash == 0 {
		return Undecided
	}
	h := p.Hash.New()
	h.Write(message)
	digest := h.Sum(nil)
	var err error
	switch k := c.key.(type) {
	case *rsa.PublicKey:
		err = rsapss.Verify(k, p, digest, signature)
	case *rsapss.PublicKey:
		err = k.Verify(p, digest, signature)
	default:
		return BadSignature
	}
	switch err {
	case nil:
		return 0
	case rsapss.ErrUnsupported:
		return Undecided
	}
	return BadSignature
}
