package core

import (
	"bytes"
	"crypto/x509"
	"slices"

	"patina/core/iana"
)

// What a server selects for a client, in both versions.

// selectALPN is the protocol for a client that offers these (RFC 7301, section
// 3.2): the first of the Config's that the client has. "" if one side has none.
func (cfg *Config) selectALPN(offered []string) (string, error) {
	if len(cfg.ALPN) == 0 || len(offered) == 0 {
		return "", nil
	}
	for _, p := range cfg.ALPN {
		if slices.Contains(offered, p) {
			return p, nil
		}
	}
	return "", failure(KindNoApplicationProtocol, "")
}

// applySelection takes the answer of WaitSelect: it changes Config and Params
// and settles ALPN. The zero Selection is what is done where nobody is asked.
func (c *Conn) applySelection(s Selection) (err error) {
	if len(s.SessionID) > maxSessionID {
		return failure(KindInternal, "the session ID is too long")
	}
	c.hs.ownID = slices.Clone(s.SessionID)
	if s.Config != nil {
		c.cfg = s.Config
	}
	if s.Params != nil {
		c.setParams(*s.Params)
	}
	if s.ALPNDecided {
		if len(s.ALPN) > 255 {
			return failure(KindInternal, "the protocol selected is too long")
		}
		c.alpn = s.ALPN
		return nil
	}
	c.alpn, err = c.cfg.selectALPN(c.hs.hello.ALPN)
	return err
}

// schemesInOrder are the schemes to go through, and those they must be among: the
// peer's and this side's, or the other way round where a server prefers its own.
func (c *Conn) schemesInOrder(peer []iana.SignatureScheme) (list, among []iana.SignatureScheme) {
	if !c.client && c.params.PreferServer {
		return c.cfg.SigningSchemes, peer
	}
	return peer, c.cfg.SigningSchemes
}

// credentialFor finds the credential, and the scheme it signs with, for a peer
// that accepts these schemes: the first the peer names that this side may use (or,
// on a server that prefers its own, the other way round),
// with the first credential that can sign with it. usable narrows the schemes
// down to those of the version and suite. A certificate that is itself signed
// as certs, the peer's signature_algorithms_cert if any, says goes before one
// that is not, which is better than none (RFC 8446, section 4.4.2.2).
func (c *Conn) credentialFor(peer, certs []iana.SignatureScheme, usable func(iana.SignatureScheme) bool) (best *Credential, with iana.SignatureScheme) {
	cfg := c.cfg
	if cfg.CredentialsFirst {
		for _, cred := range cfg.Credentials {
			if !c.namesIssuer(cred) {
				continue
			}
			_, scheme := c.showable(cred, peer, usable)
			if scheme != 0 && cfg.encoded[cred].signedAs(certs) {
				return cred, scheme
			}
			if scheme != 0 && best == nil {
				best, with = cred, scheme
			}
		}
		return best, with
	}
	list, among := c.schemesInOrder(peer)
	for _, scheme := range list {
		if !usable(scheme) || !slices.Contains(among, scheme) {
			continue
		}
		for _, cred := range cfg.Credentials {
			if !c.canSign(cred, scheme) || cred.certType() != c.ownCertType || !c.namesIssuer(cred) {
				continue
			}
			if cfg.encoded[cred].signedAs(certs) {
				return cred, scheme
			}
			if best == nil {
				best, with = cred, scheme
			}
		}
	}
	return best, with
}

// canSign reports that the credential's key can make a signature of the scheme
// that the peer can verify.
func (c *Conn) canSign(cred *Credential, scheme iana.SignatureScheme) bool {
	if c.version != iana.VersionTLS12 {
		return slices.Contains(cred.Schemes, scheme)
	}
	return (slices.Contains(cred.Schemes, scheme) || slices.Contains(cred.Schemes12, scheme)) && (c.client || c.curveOffered(cred))
}

// namesIssuer reports that the peer has named an issuer of the credential's
// chain, if that is a condition of presenting it.
func (c *Conn) namesIssuer(cred *Credential) bool {
	if !cred.MustMatchIssuer {
		return true
	}
	for _, issuer := range c.cfg.encoded[cred].issuers {
		for _, name := range c.authorities {
			if bytes.Equal(issuer, name) {
				return true
			}
		}
	}
	return false
}

// issuers are the names of the issuers of a chain, DER. A certificate that
// cannot be parsed has none.
func issuers(chain [][]byte) (list [][]byte) {
	for _, der := range chain {
		if cert, err := x509.ParseCertificate(der); err == nil {
			list = append(list, cert.RawIssuer)
		}
	}
	return list
}

// signedAs reports that the leaf is signed with one of the schemes; true where
// nothing is known or asked for.
func (e *encodedCredential) signedAs(schemes []iana.SignatureScheme) bool {
	if len(schemes) == 0 || len(e.signedWith) == 0 {
		return true
	}
	for _, s := range e.signedWith {
		if slices.Contains(schemes, s) {
			return true
		}
	}
	return false
}

// signedWith are the schemes a certificate may be said to be signed with, nil if
// there are none.
func signedWith(der []byte) []iana.SignatureScheme {
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil // the owner's own business: it is sent as it is
	}
	switch cert.SignatureAlgorithm {
	case x509.SHA1WithRSA:
		return []iana.SignatureScheme{iana.SigRSAPKCS1SHA1}
	case x509.SHA256WithRSA:
		return []iana.SignatureScheme{iana.SigRSAPKCS1SHA256}
	case x509.SHA384WithRSA:
		return []iana.SignatureScheme{iana.SigRSAPKCS1SHA384}
	case x509.SHA512WithRSA:
		return []iana.SignatureScheme{iana.SigRSAPKCS1SHA512}
	case x509.SHA256WithRSAPSS:
		return []iana.SignatureScheme{iana.SigRSAPSSRSAESHA256, iana.SigRSAPSSPSSSHA256}
	case x509.SHA384WithRSAPSS:
		return []iana.SignatureScheme{iana.SigRSAPSSRSAESHA384, iana.SigRSAPSSPSSSHA384}
	case x509.SHA512WithRSAPSS:
		return []iana.SignatureScheme{iana.SigRSAPSSRSAESHA512, iana.SigRSAPSSPSSSHA512}
	case x509.ECDSAWithSHA1:
		return []iana.SignatureScheme{iana.SigECDSASHA1}
	case x509.ECDSAWithSHA256:
		return []iana.SignatureScheme{iana.SigECDSASecp256r1SHA256}
	case x509.ECDSAWithSHA384:
		return []iana.SignatureScheme{iana.SigECDSASecp384r1SHA384}
	case x509.ECDSAWithSHA512:
		return []iana.SignatureScheme{iana.SigECDSASecp521r1SHA512}
	case x509.PureEd25519:
		return []iana.SignatureScheme{iana.SigEd25519}
	}
	return nil
}

// showable is the credential that the owner gives, with the scheme it signs with
// for that peer; as in OpenSSL, none where nothing can be signed with it.
func (c *Conn) showable(cred *Credential, peer []iana.SignatureScheme, usable func(iana.SignatureScheme) bool) (*Credential, iana.SignatureScheme) {
	if cred == nil || cred.certType() != c.ownCertType {
		return nil, 0
	}
	list, among := c.schemesInOrder(peer)
	for _, scheme := range list {
		if usable(scheme) && slices.Contains(among, scheme) && c.canSign(cred, scheme) {
			return cred, scheme
		}
	}
	return nil, 0
}

// usable13 tells the schemes a TLS 1.3 handshake may be signed with: not those
// of RSASSA-PKCS1-v1_5, SHA-1 and SHA-224 (RFC 8446, section 4.2.3).
func usable13(s iana.SignatureScheme) bool {
	switch s {
	case iana.SigECDSASecp256r1SHA256, iana.SigECDSASecp384r1SHA384, iana.SigECDSASecp521r1SHA512,
		iana.SigRSAPSSRSAESHA256, iana.SigRSAPSSRSAESHA384, iana.SigRSAPSSRSAESHA512,
		iana.SigRSAPSSPSSSHA256, iana.SigRSAPSSPSSSHA384, iana.SigRSAPSSPSSSHA512,
		iana.SigEd25519, iana.SigEd448:
		return true
	}
	return false
}
