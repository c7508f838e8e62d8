package core

import "patina/core/iana"

// Observer sees what passes through a connection, at once and in order, and
// influences nothing. Slices are good during the call only. It must not call
// the Conn.
type Observer interface {
	// Message is a whole handshake message, change_cipher_spec or alert, sent
	// or received, as plaintext.
	Message(sent bool, v iana.ProtocolVersion, typ iana.ContentType, data []byte)
	// RecordHeader is the five bytes before a record as on the wire.
	RecordHeader(sent bool, header []byte)
	// InnerContentType is the protected type of a TLS 1.3 record.
	InnerContentType(sent bool, typ iana.ContentType)
	// Secret is a secret under its SSLKEYLOGFILE label (RFC 9850).
	Secret(label string, clientRandom, secret []byte)
}
