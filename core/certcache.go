package core

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"hash/maphash"
	"sync/atomic"

	"patina/core/rsapss"

	"patina/core/wire"
)

// certCache keeps the last parsed certificates of the peers of a Config's
// connections: a client meets the same few servers, and parsing a chain costs
// a good part of what a handshake costs. A certificate is only ever the one of
// exactly these bytes. No lock is taken; an entry gives way to another of its
// slot.
type certCache struct {
	seed  maphash.Seed
	slots [certSlots]atomic.Pointer[x509.Certificate]
}

const (
	certSlots = 32
	// maxCachedCert is how long, in bytes, a certificate may be to be kept.
	maxCachedCert = 8 << 10
	// maxRSABits is the longest RSA modulus a peer's certificate may have, as in
	// OpenSSL: what a signature takes to verify grows with its square, and a
	// peer chooses it.
	maxRSABits = 16384
)

// parseCertificate parses DER, which is kept; a key of id-RSASSA-PSS is a
// *rsapss.PublicKey.
func parseCertificate(der []byte) (*x509.Certificate, error) {
	cert, err := x509.ParseCertificate(der)
	if err == nil {
		cert.PublicKey = rsapss.PublicKeyOf(cert)
	}
	return cert, err
}

func rsaKey(k crypto.PublicKey) *rsa.PublicKey {
	switch k := k.(type) {
	case *rsa.PublicKey:
		return k
	case *rsapss.PublicKey:
		return k.RSA
	}
	return nil
}

// parseChain parses the certificates of a peer.
func (c *Conn) parseChain(entries []wire.CertificateEntry) ([]*x509.Certificate, error) {
	if len(entries) > maxPeerCertificates {
		return nil, failure(KindExcessiveMessage, "too many certificates")
	}
	chain := make([]*x509.Certificate, len(entries))
	for i := range entries {
		cert, err := c.cfg.certs.parse(entries[i].Cert)
		if err != nil {
			return nil, err
		}
		if i == 0 && c.params.CheckKeyUsage && cert.KeyUsage != 0 && cert.KeyUsage&x509.KeyUsageDigitalSignature == 0 {
			return nil, failure(KindBadKeyUsage, "")
		}
		chain[i] = cert
	}
	return chain, nil
}

// parse parses a peer's certificate. der is not kept.
func (cc *certCache) parse(der []byte) (*x509.Certificate, error) {
	slot := &cc.slots[maphash.Bytes(cc.seed, der)%certSlots]
	if cert := slot.Load(); cert != nil && bytes.Equal(cert.Raw, der) {
		return cert, nil
	}
	cert, err := parseCertificate(bytes.Clone(der))
	if err != nil {
		return nil, failureOf(KindBadCertificate, err)
	}
	if k := rsaKey(cert.PublicKey); k != nil && k.N.BitLen() > maxRSABits {
		return nil, failure(KindUnsupportedKey, "an RSA modulus too long")
	}
	if len(der) <= maxCachedCert {
		slot.Store(cert)
	}
	return cert, nil
}
