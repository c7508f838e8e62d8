package core

import (
	"crypto"
	"slices"

	"patina/core/iana"
	"patina/core/provider"
	"patina/core/wire"
)

// The signatures of TLS 1.3 (RFC 8446, section 4.4.3).

const (
	serverContext = "TLS 1.3, server CertificateVerify"
	clientContext = "TLS 1.3, client CertificateVerify"
)

// signedContent is what a CertificateVerify signs.
func signedContent(context string, transcript []byte) []byte {
	const pad = 64
	b := make([]byte, pad, pad+len(context)+1+len(transcript))
	for i := range b {
		b[i] = ' '
	}
	b = append(b, context...)
	b = append(b, 0)
	return append(b, transcript...)
}

// verifyCertificateVerify13 checks the peer's CertificateVerify, which is not
// yet in the transcript, with the key of the chain that has been judged.
func (c *Conn) verifyCertificateVerify13(m message, context string, chain Verified) error {
	if err := chain.check(); err != nil {
		return err
	}
	scheme, signature, err := c.parseCertificateVerify13(m)
	if err != nil {
		return err
	}
	if err := c.cfg.verify(c.peerKey(), scheme, true, signedContent(context, c.hs.transcript.sum()), signature); err != nil {
		return err
	}
	c.peerScheme = scheme
	return nil
}

// parseCertificateVerify13 is a CertificateVerify whose scheme may be used.
func (c *Conn) parseCertificateVerify13(m message) (scheme iana.SignatureScheme, signature []byte, err error) {
	scheme, signature, err = wire.ParseCertificateVerify(m.raw)
	if err != nil {
		return 0, nil, fromWire(err)
	}
	if !usable13(scheme) || !slices.Contains(c.cfg.SignatureSchemes, scheme) {
		return 0, nil, failure(KindWrongSignatureType, scheme.String())
	}
	return scheme, signature, nil
}

// verify checks a signature, with the Error that its failure is.
func (cfg *Config) verify(key crypto.PublicKey, scheme iana.SignatureScheme, bindCurve bool, message, signature []byte) error {
	switch err := cfg.Provider.Verify(key, scheme, bindCurve, message, signature); err {
	case nil:
		return nil
	case provider.ErrSignature:
		return failureOf(KindBadSignature, err)
	default:
		return failureOf(KindWrongSignatureType, err)
	}
}

// signing is the making of a CertificateVerify by the credential in use.
type signing struct {
	message   []byte // nil once it has been signed
	signature []byte
}

// begin settles what is to be signed and, where the credential can, signs it.
func (s *signing) begin(c *Conn, context string) error {
	return s.beginMessage(c, signedContent(context, c.hs.transcript.sum()))
}

// answer takes the signature.
func (s *signing) answer(c *Conn, signature []byte) error {
	if s.message == nil {
		return ErrNoQuestion
	}
	if len(signature) == 0 || len(signature) > maxSignature {
		return failure(KindSigningFailed, "no signature, or one too long")
	}
	s.message, s.signature = nil, signature
	q := c.asking()
	q.askScheme, q.askMessage = 0, nil
	return nil
}

// pending reports that the owner has not answered yet.
func (s *signing) pending() bool { return s.message != nil }

// maxSignature is the longest signature that is sent, in bytes: that of an
// RSA key of 65536 bits.
const maxSignature = 8 << 10
