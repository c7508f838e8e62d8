package core

import (
	"crypto"
	"crypto/x509"
	"errors"

	"patina/core/iana"
)

// Channel bindings (RFC 5056): names of this connection that an authentication
// inside it can be bound to, so that nobody can relay it over another.

// ErrNoBinding: this connection has no channel binding of that type, or none
// that would be safe.
var ErrNoBinding = errors.New("tls: no such channel binding")

// exporterBinding is the label of RFC 9266, section 2, and exporterBindingLen
// its length in bytes.
const (
	exporterBinding    = "EXPORTER-Channel-Binding"
	exporterBindingLen = 32
)

// BindingExporter is the channel binding tls-exporter (RFC 9266), 32 bytes:
// the one to use. Without extended_master_secret a TLS 1.2 connection has none
// (section 4.2). The context is empty, as section 2 says; some peers leave it
// out, which is not the same in TLS 1.2.
func (c *Conn) BindingExporter() ([]byte, error) {
	if !c.done {
		return nil, ErrHandshake
	}
	if !c.ems {
		return nil, ErrNoBinding
	}
	return c.ExportKeyingMaterial(exporterBinding, []byte{}, exporterBindingLen)
}

// BindingUnique is the channel binding tls-unique (RFC 5929, section 3): the
// first Finished message of the handshake. TLS 1.3 has none (RFC 9266), nor has
// a TLS 1.2 connection without extended_master_secret, which somebody in the
// middle could make twice alike (RFC 7627, section 1).
func (c *Conn) BindingUnique() ([]byte, error) {
	if !c.done {
		return nil, ErrHandshake
	}
	if c.version != iana.VersionTLS12 || !c.ems {
		return nil, ErrNoBinding
	}
	first := &c.clientFinished
	if c.resumed {
		first = &c.serverFinished
	}
	return append([]byte(nil), first.bytes()...), nil
}

// BindingServerEndPoint is the channel binding tls-server-end-point (RFC 5929,
// section 4): a hash of the server's certificate, by the hash it is signed
// with, or SHA-256 where that is MD5 or SHA-1. A certificate signed without a
// hash of its own, with Ed25519 say, has none.
func (c *Conn) BindingServerEndPoint() ([]byte, error) {
	if !c.done {
		return nil, ErrHandshake
	}
	cert, err := c.serverCertificate()
	if err != nil {
		return nil, ErrNoBinding
	}
	id := signatureHash(cert.SignatureAlgorithm)
	if id == 0 {
		return nil, ErrNoBinding
	}
	h := c.cfg.Provider.NewHash(id)
	if h == nil {
		return nil, ErrNoBinding
	}
	h.Write(cert.Raw)
	return h.Sum(nil), nil
}

// serverCertificate is the server's certificate, on either side.
func (c *Conn) serverCertificate() (*x509.Certificate, error) {
	switch {
	case c.client && len(c.peerChain) > 0:
		return c.peerChain[0], nil
	case c.client && c.resumed && c.session != nil && len(c.session.PeerChain) > 0:
		return c.cfg.certs.parse(c.session.PeerChain[0])
	case !c.client && c.cred != nil && len(c.cred.Chain) > 0:
		return c.cfg.certs.parse(c.cred.Chain[0])
	}
	return nil, ErrNoBinding
}

// signatureHash is the hash RFC 5929, section 4.1, names for a certificate
// signed with a; 0 if there is none.
func signatureHash(a x509.SignatureAlgorithm) crypto.Hash {
	switch a {
	case x509.MD5WithRSA, x509.SHA1WithRSA, x509.DSAWithSHA1, x509.ECDSAWithSHA1,
		x509.SHA256WithRSA, x509.SHA256WithRSAPSS, x509.ECDSAWithSHA256, x509.DSAWithSHA256:
		return crypto.SHA256
	case x509.SHA384WithRSA, x509.SHA384WithRSAPSS, x509.ECDSAWithSHA384:
		return crypto.SHA384
	case x509.SHA512WithRSA, x509.SHA512WithRSAPSS, x509.ECDSAWithSHA512:
		return crypto.SHA512
	}
	return 0
}
