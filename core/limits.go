package core

import "patina/core/iana"

// Limits of the engine. They are held to by limits_test.go, in numbers of its own.
// The record layer's are in core/record (MaxEmpty, MaxWarnings, MaxDropped), those
// of extensions in core/wire (MaxExtensions), those of early data in early.go. A
// message may come in records of one byte: what they cost is bounded by its
// length.

// Limits on the bodies of received handshake messages, in bytes. Certificate
// messages have Params.MaxCertificateBytes instead.
const (
	// maxHello takes a ClientHello with every extension it may have.
	maxHello = 1<<17 + 324
	// maxCertRequest takes a long list of certificate authorities.
	maxCertRequest = 1 << 17
	// maxStatus takes a stapled OCSP response of TLS 1.2; those of TLS 1.3 are in the
	// Certificate message.
	maxStatus = 16 << 10
	// maxTicket takes a NewSessionTicket: a ticket, a nonce and extensions.
	maxTicket = 1<<17 + 64
	// maxPeerCertificates is how many certificates a peer may send: more than
	// any verifier follows, fewer than MaxCertificateBytes has room for.
	maxPeerCertificates = 128
	// maxMessage takes any other message: the longest is a ServerKeyExchange
	// or CertificateVerify with a signature by a 16384-bit RSA key, or a
	// client's hybrid key share.
	maxMessage = 16 << 10
)

// maxHelloRequests is how many HelloRequests a client passes over in a handshake.
const maxHelloRequests = 32

// Limits on what comes after the handshake.
const (
	// maxKeyUpdates is how many KeyUpdates may come without data between them.
	maxKeyUpdates = 32
	// maxSessionTickets is how many NewSessionTickets may come without data
	// between them.
	maxSessionTickets = 32
	// maxCertificateRequests is how many CertificateRequests may come after the
	// handshake without data between them.
	maxCertificateRequests = 32
	// maxRenegotiations is how many attempts at renegotiation are turned down
	// before the connection is.
	maxRenegotiations = 4
)

func (c *Conn) messageLimit(typ iana.HandshakeType) int {
	switch typ {
	case iana.TypeClientHello:
		return maxHello
	case iana.TypeCertificate, iana.TypeCompressedCertificate:
		return c.params.MaxCertificateBytes
	case iana.TypeCertificateRequest:
		return maxCertRequest
	case iana.TypeCertificateStatus:
		return maxStatus
	case iana.TypeNewSessionTicket:
		return maxTicket
	}
	return maxMessage
}

// receivable reports whether the peer may ever send typ, of what is known now.
func (c *Conn) receivable(typ iana.HandshakeType) bool {
	switch typ {
	case iana.TypeClientHello:
		return !c.client
	case iana.TypeServerHello:
		return c.client
	case iana.TypeHelloRequest, iana.TypeNewSessionTicket, iana.TypeEncryptedExtensions, iana.TypeCertificateStatus,
		iana.TypeServerKeyExchange, iana.TypeCertificateRequest, iana.TypeServerHelloDone:
		return c.client && c.version != 0
	case iana.TypeClientKeyExchange, iana.TypeEndOfEarlyData:
		return !c.client && c.version != 0
	case iana.TypeCertificate, iana.TypeCertificateVerify, iana.TypeFinished, iana.TypeKeyUpdate:
		return c.version != 0
	case iana.TypeCompressedCertificate:
		return c.ofTLS13() && len(c.cfg.decompress) > 0
	}
	return false
}
