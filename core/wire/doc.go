// Package wire encodes and decodes the handshake messages of TLS 1.2 (RFC 5246,
// ECDHE with AEAD suites) and TLS 1.3 (RFC 8446), and their extensions. It
// holds no state and no policy.
//
// Each message is a struct with ParseX and AppendX in one file. A parser takes
// the whole message, its four-byte header included, and accepts exactly what
// the presentation language of the RFC allows: no trailing bytes, no vector
// outside its bounds, no duplicate extensions. What it decodes points into the
// message. Values it does not know, GREASE (RFC 8701) among them, are kept or
// skipped, as the RFC says, never judged. A refusal is an [*Error] that names
// message, extension and kind.
//
// Extensions are rows of one registry (registry.go): in which messages each may
// stand, how it is parsed and built there, and whether it may be absent.
//
// Append functions extend dst and return it. They panic if a vector is longer
// than its length prefix can tell: what enters a message from outside is
// limited where it enters the engine.
package wire
