package core

// Wait is a named reason for which the engine has stopped.
type Wait uint8

// Waits. Beside each, the methods that tell the question and take the answer.
const (
	// WaitNone: the operation is done.
	WaitNone Wait = iota
	// WaitRead: bytes of the peer are needed. ReadBuffer; Received, ReceivedEOF.
	WaitRead
	// WaitWrite: bytes must be sent before the operation goes on. Output; Sent.
	WaitWrite
	// WaitClientHello (server): a ClientHello has been parsed, nothing is
	// decided yet. ClientHello; AnswerClientHello.
	WaitClientHello
	// WaitSessionLookup (server): the session of an ID is wanted, a TLS 1.2
	// session ID or a stateful TLS 1.3 ticket. SessionID; AnswerSession.
	WaitSessionLookup
	// WaitTicketOpen (server): a sealed ticket has come or, with
	// AskEmptyTicket, a TLS 1.2 client's wish for one (RFC 5077, section 3.2),
	// which is empty and takes no session. Ticket; AnswerTicket.
	WaitTicketOpen
	// WaitSelect (server): version, name and resumption are settled; a
	// certificate, the application protocol and the cipher suite are chosen
	// next. AnswerSelect.
	WaitSelect
	// WaitStaple (server): the client asked for the status of the certificate
	// now chosen. AnswerStaple.
	WaitStaple
	// WaitCertificate (client): the server asks for a certificate.
	// CertificateRequest; AnswerCertificate.
	WaitCertificate
	// WaitSign: a signature by the key of the credential in use.
	// SignRequest; AnswerSign.
	WaitSign
	// WaitVerify: the peer's certificate chain is to be judged.
	// PeerChain or PeerRawPublicKey, PeerStaple; AnswerVerify.
	WaitVerify
	// WaitSessionStore: a session that can be resumed by its ID (server) or a
	// new ticket or session (client) may be kept. NewSession; AnswerStored.
	WaitSessionStore
	// WaitTicketSeal (server): a session is to be sealed into a ticket.
	// NewSession; AnswerSealed.
	WaitTicketSeal
	// WaitEarlyAccept (server): may early data be accepted? Nothing in the
	// protocol speaks against it. AnswerEarlyData.
	WaitEarlyAccept
	// WaitEarlyData (server): accepted early data has come and must be read
	// before the handshake goes on. ReadEarly.
	WaitEarlyData
	// WaitPSK: the external PSK of an identity is wanted (server), or one to be
	// offered (client). PSKIdentity; AnswerPSK. In TLS 1.2 (Version tells), with
	// Params.PSKSuites, a client is asked when a suite with a PSK has been chosen and
	// the server has spoken: PSKIdentityHint.
	WaitPSK
	// WaitExtensions: a message is about to be made that may have extensions of the
	// owner's. ExtensionsWanted; AnswerExtensions.
	WaitExtensions
	// WaitReceived: extensions of the owner's have come. ReceivedExtensions;
	// AnswerReceived.
	WaitReceived
	// WaitCookie (server): the owner's part of the cookie in a HelloRetryRequest is
	// wanted, or to be judged. Cookie; AnswerCookie.
	WaitCookie
)

var waitNames = [...]string{"none", "read", "write", "client hello", "session lookup",
	"ticket open", "select", "staple", "certificate", "sign", "verify", "session store", "ticket seal",
	"early data accept", "early data", "psk", "extensions", "extensions received", "cookie"}

func (w Wait) String() string {
	if int(w) < len(waitNames) {
		return waitNames[w]
	}
	return "unknown"
}

// Ask is a set of decisions that the owner of a connection wants to make
// itself. A decision not asked for is made from the Config: the session of an
// ID is not found, tickets are sealed by Settings.TicketKeys or not issued,
// the first fitting credential and protocol are selected, and signatures are
// made by Credential.Signer. WaitVerify is not in the set: it is always asked.
type Ask uint16

// Decisions that can be asked for.
const (
	AskClientHello Ask = 1 << iota
	AskSession         // WaitSessionLookup on servers, WaitSessionStore on both roles
	AskTicket          // WaitTicketOpen, WaitTicketSeal
	AskSelect
	AskStaple
	AskCertificate
	AskEmptyTicket // with AskTicket: WaitTicketOpen for a TLS 1.2 client without a ticket too
	AskEarlyData   // WaitEarlyAccept
	AskPSK         // WaitPSK
	AskCookie      // WaitCookie
	AskExtensions  // WaitExtensions, WaitReceived: of Settings.CustomExtensions
)
