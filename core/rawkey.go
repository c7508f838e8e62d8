package core

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"slices"

	"patina/core/iana"
	"patina/core/rsapss"
	"patina/core/wire"
)

// Raw public keys (RFC 7250): which type of certificate each side presents is
// agreed on in a full handshake, and a key without a certificate is judged by the
// owner like a chain, at WaitVerify.

// rawKey is a peer's raw public key.
type rawKey struct {
	der []byte // SubjectPublicKeyInfo
	key crypto.PublicKey
}

func (k *rawKey) info() []byte {
	if k == nil {
		return nil
	}
	return k.der
}

// parseRawKey parses a peer's SubjectPublicKeyInfo. der is not kept.
func parseRawKey(der []byte) (*rawKey, error) {
	der = bytes.Clone(der)
	key, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		pss, psserr := rsapss.ParsePublicKey(der)
		if psserr != nil {
			return nil, failureOf(KindBadCertificate, err)
		}
		key = pss
	}
	switch key.(type) {
	case *rsa.PublicKey, *rsapss.PublicKey, *ecdsa.PublicKey, ed25519.PublicKey:
	default:
		return nil, failure(KindUnsupportedKey, "a raw public key that does not sign")
	}
	if k := rsaKey(key); k != nil && k.N.BitLen() > maxRSABits {
		return nil, failure(KindUnsupportedKey, "an RSA modulus too long")
	}
	return &rawKey{der, key}, nil
}

// takeEntries parses what a peer presents, as the type that has been agreed on.
func (c *Conn) takeEntries(entries []wire.CertificateEntry) (chain []*x509.Certificate, raw *rawKey, err error) {
	if c.peerCertType != iana.CertTypeRawPublicKey {
		chain, err = c.parseChain(entries)
		return chain, nil, err
	}
	switch len(entries) {
	case 0:
		return nil, nil, nil
	case 1:
		raw, err = parseRawKey(entries[0].Cert)
		return nil, raw, err
	}
	// RFC 8446, section 4.4.2.
	return nil, nil, failure(KindIllegalParameter, "more than one raw public key")
}

// peerPresented reports that the peer has presented a chain or a key.
func (c *Conn) peerPresented() bool { return len(c.peerChain) > 0 || c.peerRaw != nil }

// peerKey is the key the peer has to prove it has.
func (c *Conn) peerKey() crypto.PublicKey {
	if c.peerRaw != nil {
		return c.peerRaw.key
	}
	return c.peerChain[0].PublicKey
}

// certType is what the credential can be presented as.
func (cred *Credential) certType() iana.CertificateType {
	if len(cred.PublicKeyInfo) > 0 {
		return iana.CertTypeRawPublicKey
	}
	return iana.CertTypeX509
}

// certs are the entries of the credential's Certificate message.
func (cred *Credential) certs() [][]byte {
	if len(cred.PublicKeyInfo) > 0 {
		return [][]byte{cred.PublicKeyInfo}
	}
	return cred.Chain
}

// offeredTypes is what a client says of types: nothing, if that is X.509 only
// (RFC 7250, section 4.1).
func offeredTypes(types []iana.CertificateType) []iana.CertificateType {
	if len(types) == 1 && types[0] == iana.CertTypeX509 {
		return nil
	}
	return types
}

// allowsType reports whether t is among types, which are X.509 if there are none.
func allowsType(types []iana.CertificateType, t iana.CertificateType) bool {
	return len(types) == 0 && t == iana.CertTypeX509 || slices.Contains(types, t)
}

// takeCertTypes applies what a server has answered in a full handshake; nil is no
// answer.
func (c *Conn) takeCertTypes(client, server *iana.CertificateType) error {
	for _, x := range [...]struct {
		chosen *iana.CertificateType
		own    []iana.CertificateType
		to     *iana.CertificateType
	}{{client, c.cfg.ClientCertTypes, &c.ownCertType}, {server, c.cfg.ServerCertTypes, &c.peerCertType}} {
		if x.chosen == nil {
			continue // RFC 7250, section 4.2: X.509
		}
		if !allowsType(x.own, *x.chosen) {
			return failure(KindIllegalParameter, "a certificate type that was not offered")
		}
		*x.to = *x.chosen
	}
	if !allowsType(c.cfg.ServerCertTypes, c.peerCertType) {
		return failure(KindUnsupportedCertType, "the server's")
	}
	return nil
}

// chooseCertTypes chooses, in a full handshake, what this server presents and, if
// it may ask for it, the client (RFC 7250, section 4.2).
func (c *Conn) chooseCertTypes() error {
	hello := c.hs.hello
	present := func(t iana.CertificateType) bool {
		return slices.ContainsFunc(c.cfg.Credentials, func(cred *Credential) bool { return cred.certType() == t })
	}
	t, ok := chooseCertType(c.cfg.ServerCertTypes, hello.ServerCertTypes, present)
	if !ok {
		return failure(KindUnsupportedCertType, "none for the server in common")
	}
	c.ownCertType = t
	if !c.mayRequest() {
		return nil
	}
	t, ok = chooseCertType(c.cfg.ClientCertTypes, hello.ClientCertTypes, func(iana.CertificateType) bool { return true })
	if !ok {
		return failure(KindUnsupportedCertType, "none for the client in common")
	}
	c.peerCertType = t
	return nil
}

// mayRequest reports that a client certificate will or may be asked for.
func (c *Conn) mayRequest() bool {
	return c.params.ClientAuth != NoClientCert ||
		c.ofTLS13() && c.params.PostHandshakeAuth && c.hs.hello.PostHandshakeAuth
}

// chooseCertType is the first type of own that the client has offered. A side
// that says nothing has X.509.
func chooseCertType(own, offered []iana.CertificateType, usable func(iana.CertificateType) bool) (t iana.CertificateType, ok bool) {
	if len(own) == 0 {
		return iana.CertTypeX509, true // the extension is not understood here
	}
	for _, t := range own {
		if allowsType(offered, t) && usable(t) {
			return t, true
		}
	}
	return 0, false
}

// answerCertTypes are the extensions a server answers with: to those the client
// has sent, where this side understands them, and of a client certificate only
// if one may be asked for.
func (c *Conn) answerCertTypes() (client, server *iana.CertificateType) {
	hello := c.hs.hello
	if len(hello.ClientCertTypes) > 0 && len(c.cfg.ClientCertTypes) > 0 && c.mayRequest() {
		client = &c.peerCertType
	}
	if len(hello.ServerCertTypes) > 0 && len(c.cfg.ServerCertTypes) > 0 {
		server = &c.ownCertType
	}
	return client, server
}

// compileCertTypes checks the lists of types.
func (cfg *Config) compileCertTypes() error {
	for _, list := range [...]*[]iana.CertificateType{&cfg.ClientCertTypes, &cfg.ServerCertTypes} {
		*list = slices.Clone(*list)
		for i, t := range *list {
			if t != iana.CertTypeX509 && t != iana.CertTypeRawPublicKey || slices.Contains((*list)[:i], t) {
				return badSettings("certificate type %v", t)
			}
		}
	}
	return nil
}

// CertTypes are the types of certificate agreed on: what this side presents, if
// it presents anything, and what the peer does (RFC 7250).
func (c *Conn) CertTypes() (own, peer iana.CertificateType) { return c.ownCertType, c.peerCertType }

// PeerRawPublicKey is the raw public key (RFC 7250) that the peer has presented
// instead of a certificate, as a SubjectPublicKeyInfo, DER, and parsed; nil if
// there is none. As PeerChain, it is the one to be judged while WaitVerify stands,
// and that of the session if one has been resumed.
func (c *Conn) PeerRawPublicKey() (spki []byte, key crypto.PublicKey) {
	raw := c.peerRaw
	if c.post != nil && c.post.asked == WaitVerify {
		raw = c.post.server.answer.raw
	} else if raw == nil && c.done && c.resumed && c.session != nil && len(c.session.PeerRawPublicKey) > 0 {
		raw, _ = parseRawKey(c.session.PeerRawPublicKey)
		c.peerRaw = raw
	}
	if raw == nil {
		return nil, nil
	}
	return raw.der, raw.key
}
