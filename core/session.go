package core

import "patina/core/iana"

// authenticated reports that the peer has presented a chain or a key.
func (s *Session) authenticated() bool { return len(s.PeerChain) > 0 || len(s.PeerRawPublicKey) > 0 }

// Session is what two peers keep to resume later. It is immutable once the
// engine has handed it out; Clone it to change it.
type Session struct {
	Version iana.ProtocolVersion
	Suite   iana.CipherSuite
	Group   iana.NamedGroup // of the handshake that made it; 0 if unknown
	// Secret is the master secret (TLS 1.2, 48 bytes) or the resumption PSK
	// (TLS 1.3, as long as the suite's hash).
	Secret []byte
	// ID is the TLS 1.2 session ID, or, of a server's TLS 1.3 session, the ID
	// it is known by in caches; up to 32 bytes.
	ID []byte
	// Ticket is opaque to a client; empty where the session has only an ID.
	Ticket []byte
	// Lifetime, in seconds, from Created (Unix seconds).
	Lifetime uint32
	Created  int64
	// Unhinted is that the server has not said how long the ticket of TLS 1.2 lives
	// (RFC 5077, section 3.3): Lifetime is this side's. Not encoded.
	Unhinted bool
	// CreatedMilli is the part of the second, for ticket ages (TLS 1.3).
	CreatedMilli uint16
	// AgeAdd obfuscates the ticket's age (RFC 8446, section 4.6.1).
	AgeAdd       uint32
	MaxEarlyData uint32
	EMS          bool // extended_master_secret was used (TLS 1.2)
	ServerName   string
	ALPN         string
	// PeerChain is the peer's certificate chain, DER, the leaf first.
	PeerChain [][]byte
	// PeerRawPublicKey is the peer's raw public key, a SubjectPublicKeyInfo, DER, in
	// the place of a chain (RFC 7250).
	PeerRawPublicKey []byte
	// PSKIdentity is that of the external PSK of the TLS 1.2 handshake, which says who
	// the client is; nil where there was none.
	PSKIdentity []byte
	// PeerStaple and PeerSCTs are the OCSP response and the timestamps of that
	// handshake; empty if there were none.
	PeerStaple []byte
	PeerSCTs   [][]byte
	// VerifyResult and Context are the owner's: kept, never judged.
	VerifyResult int32
	Context      []byte
	AppData      []byte
}
