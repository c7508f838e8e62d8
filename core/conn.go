package core

import (
	"crypto/x509"

	"patina/core/iana"
	"patina/core/wire"
)

// Conn is one TLS connection, without I/O. It is used by one goroutine at a
// time.
type Conn struct{}

// NewClient makes a client's connection.
func NewClient(cfg *Config, p Params) *Conn { panic("unwritten") }

// NewServer makes a server's connection.
func NewServer(cfg *Config, p Params) *Conn { panic("unwritten") }

// SetObserver makes o see what passes. To be called before the first operation.
func (c *Conn) SetObserver(o Observer) { panic("unwritten") }

// Operations. Each goes on until it is done (WaitNone) or something is needed.
// An error is permanent, except io.EOF of Read.

// Handshake advances the handshake; WaitNone when it is complete and
// everything it had to send has been sent.
func (c *Conn) Handshake() (Wait, error) { panic("unwritten") }

// Read opens records until there is application data, and copies it to p.
// Messages after the handshake are handled on the way. n > 0 goes with
// WaitNone. The peer's close_notify is io.EOF; the transport's end without it
// ErrUnexpectedEOF.
func (c *Conn) Read(p []byte) (n int, w Wait, err error) { panic("unwritten") }

// Peek is Read without taking the data.
func (c *Conn) Peek(p []byte) (n int, w Wait, err error) { panic("unwritten") }

// Write seals as much of p as the output buffer takes and tells how much that
// was, with WaitWrite: what it took is in Output and must not be written again.
// With an empty p it returns (0, WaitNone) or the wait that stands.
func (c *Conn) Write(p []byte) (n int, w Wait, err error) { panic("unwritten") }

// CloseNotify queues the alert that ends this side (RFC 8446, section 6.1) once;
// WaitWrite until it has been sent.
func (c *Conn) CloseNotify() (Wait, error) { panic("unwritten") }

// KeyUpdate queues a KeyUpdate (RFC 8446, section 4.6.3), sent with the next
// write, that asks the peer for one of its own if request is set.
func (c *Conn) KeyUpdate(request bool) error { panic("unwritten") }

// Abort ends the connection with a fatal alert, which is left in Output, and
// puts it in the failed state with err.
func (c *Conn) Abort(alert iana.AlertDescription, err error) { panic("unwritten") }

// The transport's side.

// ReadBuffer returns space for bytes of the peer, and how many of them complete
// the part of a record now wanted: need <= len(buf). An owner that must not read
// past the current record fills at most need bytes. The slice is of memory
// lent by Settings.Buffers and good until the next call on c.
func (c *Conn) ReadBuffer() (buf []byte, need int) { panic("unwritten") }

// Received says that n bytes of the last ReadBuffer have been filled.
func (c *Conn) Received(n int) { panic("unwritten") }

// ReceivedEOF says that the transport has ended.
func (c *Conn) ReceivedEOF() { panic("unwritten") }

// Output returns the bytes that wait to be sent, good until the next call on c
// other than Sent.
func (c *Conn) Output() []byte { panic("unwritten") }

// Sent says that the first n bytes of Output have been sent.
func (c *Conn) Sent(n int) { panic("unwritten") }

// Buffered is the number of bytes of application data a Read would return
// without opening another record.
func (c *Conn) Buffered() int { panic("unwritten") }

// Unprocessed is the number of received bytes no record has been made of yet.
func (c *Conn) Unprocessed() int { panic("unwritten") }

// ReleaseBuffers gives empty buffers back to Settings.Buffers; the next use
// borrows again. For connections that rest.
func (c *Conn) ReleaseBuffers() { panic("unwritten") }

// Free wipes secrets and gives all buffers back; c fails from then on.
func (c *Conn) Free() { panic("unwritten") }

// Questions and answers. An answer to a question that does not stand returns
// ErrNoQuestion and changes nothing.

// ClientHello is the client's first or, after a HelloRetryRequest, second
// message; on servers from WaitClientHello until the handshake completes.
func (c *Conn) ClientHello() *wire.ClientHello { panic("unwritten") }

// AnswerClientHello goes on with cfg (nil: unchanged) and p (nil: unchanged).
// To refuse, use Abort.
func (c *Conn) AnswerClientHello(cfg *Config, p *Params) error { panic("unwritten") }

// Params is a copy of the parameters in force.
func (c *Conn) Params() Params { panic("unwritten") }

// Config is the configuration in force.
func (c *Conn) Config() *Config { panic("unwritten") }

// SessionID is the ID of WaitSessionLookup.
func (c *Conn) SessionID() []byte { panic("unwritten") }

// AnswerSession gives the session of the ID, nil if there is none.
func (c *Conn) AnswerSession(s *Session) error { panic("unwritten") }

// Ticket is the ticket of WaitTicketOpen.
func (c *Conn) Ticket() []byte { panic("unwritten") }

// AnswerTicket gives the session of the ticket, nil if it cannot be opened;
// renew asks that a fresh ticket be issued though the session is resumed
// (TLS 1.2; TLS 1.3 always issues one).
func (c *Conn) AnswerTicket(s *Session, renew bool) error { panic("unwritten") }

// Selection answers WaitSelect.
type Selection struct {
	Config *Config // nil: unchanged; its Credentials are the ones to choose from
	Params *Params // nil: unchanged
	// ALPN is the protocol selected; "" leaves ALPN out of the answer. Only
	// looked at when ALPNDecided, else the Config's list decides.
	ALPN        string
	ALPNDecided bool
	// AckServerName answers the client's server_name extension (RFC 6066,
	// section 3).
	AckServerName bool
	// Session replaces the resumption decision: NoResume drops it.
	NoResume bool
}

// AnswerSelect goes on with the selection.
func (c *Conn) AnswerSelect(s Selection) error { panic("unwritten") }

// Credential is the credential in use: on servers once it is chosen, on
// clients once it is given. Nil for none.
func (c *Conn) Credential() *Credential { panic("unwritten") }

// AnswerStaple gives the OCSP response to staple; nil for none.
func (c *Conn) AnswerStaple(response []byte) error { panic("unwritten") }

// CertificateRequest is what the server asks of WaitCertificate.
func (c *Conn) CertificateRequest() CertificateRequest { panic("unwritten") }

// CertificateRequest tells what certificates a server accepts.
type CertificateRequest struct {
	Schemes     []iana.SignatureScheme
	Authorities [][]byte // DER-encoded distinguished names
}

// AnswerCertificate gives the client's credential; nil sends an empty
// certificate message.
func (c *Conn) AnswerCertificate(cred *Credential) error { panic("unwritten") }

// SignRequest is what WaitSign wants signed: message, not yet hashed, by the
// key of Credential with scheme.
func (c *Conn) SignRequest() (scheme iana.SignatureScheme, message []byte) { panic("unwritten") }

// AnswerSign gives the signature.
func (c *Conn) AnswerSign(signature []byte) error { panic("unwritten") }

// PeerChain is the peer's chain, the leaf first, as parsed; nil if it sent
// none. Of a resumed session only after the handshake, from the session.
func (c *Conn) PeerChain() []*x509.Certificate { panic("unwritten") }

// PeerStaple is the stapled OCSP response of the peer's leaf, nil for none.
func (c *Conn) PeerStaple() []byte { panic("unwritten") }

// AnswerVerify accepts the peer's chain. To refuse it, use Abort with the
// alert and error of the verifier.
func (c *Conn) AnswerVerify(v Verified) error { panic("unwritten") }

// NewSession is the session of WaitSessionStore and WaitTicketSeal.
func (c *Conn) NewSession() *Session { panic("unwritten") }

// AnswerStored goes on after WaitSessionStore. stored=false on a server means
// that the session cannot be resumed by its ID.
func (c *Conn) AnswerStored(stored bool) error { panic("unwritten") }

// AnswerSealed gives the ticket of WaitTicketSeal; nil issues none. hint is
// its lifetime in seconds.
func (c *Conn) AnswerSealed(ticket []byte, hint uint32) error { panic("unwritten") }

// What has been agreed. Zero values until it has.

// HandshakeComplete reports that both Finished messages have passed.
func (c *Conn) HandshakeComplete() bool { panic("unwritten") }

// Started reports that a byte of the handshake has been made or taken.
func (c *Conn) Started() bool                             { panic("unwritten") }
func (c *Conn) IsClient() bool                            { panic("unwritten") }
func (c *Conn) Version() iana.ProtocolVersion             { panic("unwritten") }
func (c *Conn) Suite() iana.CipherSuite                   { panic("unwritten") }
func (c *Conn) Group() iana.NamedGroup                    { panic("unwritten") }
func (c *Conn) ServerName() string                        { panic("unwritten") }
func (c *Conn) ALPN() string                              { panic("unwritten") }
func (c *Conn) Resumed() bool                             { panic("unwritten") }
func (c *Conn) Session() *Session                         { panic("unwritten") }
func (c *Conn) SignatureScheme() iana.SignatureScheme     { panic("unwritten") }
func (c *Conn) PeerSignatureScheme() iana.SignatureScheme { panic("unwritten") }

// PeerSignatureSchemes is the list the peer has sent, in its order.
func (c *Conn) PeerSignatureSchemes() []iana.SignatureScheme { panic("unwritten") }

// PeerGroups is the client's supported_groups list (server).
func (c *Conn) PeerGroups() []iana.NamedGroup { panic("unwritten") }

// EMS reports extended_master_secret (TLS 1.2; true on TLS 1.3).
func (c *Conn) EMS() bool { panic("unwritten") }

// ClientRandom and ServerRandom are the 32 bytes of the hellos.
func (c *Conn) ClientRandom() []byte { panic("unwritten") }
func (c *Conn) ServerRandom() []byte { panic("unwritten") }

// ClientFinished and ServerFinished are the verify data of the last handshake.
func (c *Conn) ClientFinished() []byte { panic("unwritten") }
func (c *Conn) ServerFinished() []byte { panic("unwritten") }

// PeerClosed reports the peer's close_notify; Closed that ours is queued.
func (c *Conn) PeerClosed() bool { panic("unwritten") }
func (c *Conn) Closed() bool     { panic("unwritten") }

// Err is the permanent error of a failed connection, nil otherwise.
func (c *Conn) Err() error { panic("unwritten") }

// ExportKeyingMaterial is the exporter of RFC 8446, section 7.5, and RFC 5705:
// n bytes for label and context. A nil context differs from an empty one in
// TLS 1.2.
func (c *Conn) ExportKeyingMaterial(label string, context []byte, n int) ([]byte, error) {
	panic("unwritten")
}
