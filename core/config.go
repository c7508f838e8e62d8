package core

import (
	"crypto"
	"io"
	"time"

	"patina/core/certcomp"
	"patina/core/ech"
	"patina/core/iana"
	"patina/core/provider"
)

// Settings is what a Config is made from. The zero value of a field stands for
// its default unless the field says otherwise.
type Settings struct {
	// Provider makes the cryptography; default: stdlib.
	Provider provider.Provider
	// Rand is the source of randomness; default: crypto/rand.Reader.
	Rand io.Reader
	// Now tells the time. Required: the engine has no clock of its own.
	Now func() time.Time
	// Buffers lends the memory records are read into and written from;
	// default: the Go heap, pooled.
	Buffers Buffers

	// Suites, of TLS 1.3 and of TLS 1.2, in order of preference. Those with a PSK are
	// used where there is one.
	Suites []iana.CipherSuite
	// Groups for key exchange, in order of preference.
	Groups []iana.NamedGroup
	// KeyShares is how many of Groups, from the first, a client sends a share
	// for at once; default 1, or 2 if the first is a KEM.
	KeyShares int
	// KeyShareGroups, if it is not nil, are the ones of Groups a client sends a
	// share for at once, in the order of Groups, instead of the first KeyShares.
	// If it is empty, the server has to ask for one.
	KeyShareGroups []iana.NamedGroup
	// SignatureSchemes accepted from peers, in order of preference.
	SignatureSchemes []iana.SignatureScheme
	// SigningSchemes are those this side's own credentials may sign with; nil:
	// SignatureSchemes.
	SigningSchemes []iana.SignatureScheme
	// Credentials this side can present, in order of preference.
	Credentials []*Credential
	// CredentialsFirst takes the first of Credentials that can sign with a scheme
	// of the peer's, instead of the first of the peer's schemes that one of them
	// can sign with.
	CredentialsFirst bool
	// ClientCertTypes and ServerCertTypes are the types of certificate (RFC 7250:
	// X509, RawPublicKey) that clients and servers may present, in order of
	// preference: what this side has and what it accepts. None: X.509, and the
	// extensions are neither sent nor understood. Credentials that are not of the
	// type agreed on are not presented.
	ClientCertTypes, ServerCertTypes []iana.CertificateType
	// CertCompression are the ways in which TLS 1.3 certificates may be compressed
	// (RFC 8879), in order of preference: sent to peers that offer one of them, and
	// offered to all. None: neither.
	CertCompression []certcomp.Algorithm
	// ALPN are the application protocols, in order of preference (RFC 7301).
	ALPN []string
	// ClientCAs are the DER-encoded distinguished names a server lists when it
	// asks for a certificate.
	ClientCAs [][]byte
	// TicketKeys seal and open session tickets when Ask has no AskTicket.
	TicketKeys *TicketKeys
	// ECHKeys open the encrypted ClientHellos that come to a server (RFC 9849);
	// nil: it does not look at them. What is opened goes before everything else:
	// WaitClientHello shows the inner hello.
	ECHKeys *ech.Keys
	// PSKs are the external PSKs that a server knows, of both versions. A client's are
	// in its Params.
	PSKs []*PSK
	// AntiReplay decides about early data when Ask has no AskEarlyData; nil: none
	// is accepted.
	AntiReplay AntiReplay
	// CustomExtensions are those that the engine does not know and the owner does. What
	// is sent in them is their Data, and what comes is in Conn.CustomExtensions, unless
	// Ask has AskExtensions. They have no part in post-handshake authentication.
	CustomExtensions []CustomExtension
	// Ask is the set of decisions the owner makes itself.
	Ask Ask
}

// Buffers lends memory for records. Get returns a slice of exactly size bytes
// of any content; Put takes it back, no longer used by the engine. Both may be
// called from many connections at once.
type Buffers interface {
	Get(size int) []byte
	Put(b []byte)
}

// Credential is a certificate chain with a key.
type Credential struct {
	// Chain is DER, the leaf first.
	Chain [][]byte
	// PublicKeyInfo, in the place of Chain, is the key as a SubjectPublicKeyInfo,
	// DER: presented where raw public keys have been agreed on (RFC 7250).
	PublicKeyInfo []byte
	// Schemes the key can sign with, in order of preference.
	Schemes []iana.SignatureScheme
	// Schemes12 are further ones for TLS 1.2, where the schemes of ECDSA do not
	// say the curve: those of other curves than the key's.
	Schemes12 []iana.SignatureScheme
	// Staple is an OCSP response for the leaf (RFC 6066, section 8), or nil.
	Staple []byte
	// SCTs are signed certificate timestamps (RFC 6962, section 3.2) for the leaf,
	// sent by TLS extension to peers that ask for them; each a serialized
	// SignedCertificateTimestamp.
	SCTs [][]byte
	// MustMatchIssuer presents the credential only to a peer that names one of
	// the chain's issuers among its certificate authorities.
	MustMatchIssuer bool
	// Signer makes the signatures. With nil, the owner does (WaitSign).
	Signer Signer
	// Tag is the owner's own; the engine carries it and never looks at it.
	Tag any
}

// Signer makes signatures at once. A key that answers later, or that must not
// be called from Go, is left out of the Credential and served by WaitSign.
type Signer interface {
	// Sign signs message, which is not yet hashed, with scheme.
	Sign(rand io.Reader, scheme iana.SignatureScheme, message []byte) ([]byte, error)
	Public() crypto.PublicKey
}

// ClientAuth is what a server wants of its client's certificate.
type ClientAuth uint8

// Client authentication.
const (
	NoClientCert      ClientAuth = iota
	RequestClientCert            // ask; an absent one is accepted, an invalid one is the verifier's
	RequireClientCert            // ask; an absent one ends the handshake
)

// Params is what may differ between connections of one Config. On a server,
// the owner may change it, with the Config, until WaitSelect is answered.
type Params struct {
	MinVersion, MaxVersion iana.ProtocolVersion // zero: TLS 1.2, TLS 1.3

	// ServerName is the name a client sends (SNI); none if empty.
	ServerName string
	// Session is what a client offers to resume; nil for none.
	Session *Session
	// RequestStaple makes a client ask for a stapled OCSP response, and a TLS 1.3
	// server for one with the client's certificate.
	RequestStaple bool
	// PostHandshakeAuth makes a TLS 1.3 client offer to authenticate after the
	// handshake, and a server keep what RequestCertificate needs (RFC 8446,
	// sections 4.2.6 and 4.6.2).
	PostHandshakeAuth bool
	// RequestSCT asks the peer for signed certificate timestamps by TLS extension
	// (RFC 6962, section 3.3.1); a server asks in TLS 1.3 only.
	RequestSCT bool
	// ClientAuth is a server's wish for a client certificate.
	ClientAuth ClientAuth
	// PreferServer makes a server choose by its own order of suites and signature
	// schemes, and in TLS 1.2 of groups, instead of the client's. In TLS 1.3 the first
	// share of the client's that fits is taken; where none does, the server asks for
	// its own favourite.
	PreferServer bool
	// RetryForGroup makes a TLS 1.3 server insist on its own favourite of the groups
	// that both sides have: where the client has sent no share of it, it is asked for by a
	// HelloRetryRequest, though a share of another group may fit.
	RetryForGroup bool
	// PrioritizeChaCha puts ChaCha20 first when the client does so.
	PrioritizeChaCha bool
	// NoTickets: TLS 1.2 tickets are neither sent nor taken; TLS 1.3 tickets
	// become stateful (a server asks WaitSessionStore instead of WaitTicketSeal).
	NoTickets bool
	// StatefulTickets makes TLS 1.3 tickets, and these only, stateful as NoTickets
	// does: each can then be used once, as early data wants it.
	StatefulTickets bool
	// NoResumption: sessions are neither looked up nor offered by a server.
	NoResumption bool
	// NoSessionID: a server of TLS 1.2 gives a new session no ID, since nobody
	// will keep it.
	NoSessionID bool
	// Tickets is how many tickets a TLS 1.3 server sends after a full
	// handshake; one with a PSK gets one, if this is above zero.
	Tickets int
	// MaxFragment limits the plaintext of a record sent, 512 to 16384 bytes;
	// zero: 16384.
	MaxFragment int
	// MaxFragmentLength, 1 to 4, makes a client ask for 512 to 4096 bytes
	// (RFC 6066, section 4).
	MaxFragmentLength uint8
	// RecordSizeLimit is how much plaintext, 64 to 16385 bytes, this side takes in
	// a protected record (RFC 8449); in TLS 1.3 that includes content type and
	// padding. A client offers it; a server answers with it one that offers its
	// own. Zero: a client offers nothing, a server answers with all there may be.
	RecordSizeLimit uint16
	// ShuffleExtensions makes a client send the extensions of each connection in a
	// random order, so that nobody comes to rely on one.
	ShuffleExtensions bool
	// FallbackSCSV makes a client say that it has tried a higher version before
	// (RFC 7507).
	FallbackSCSV bool
	// NoMiddleboxCompat leaves out the dummy change_cipher_spec and legacy
	// session ID (RFC 8446, appendix D.4).
	NoMiddleboxCompat bool
	// EOFIsClose takes the transport's end for a close_notify: truncation by an
	// attacker goes unnoticed.
	EOFIsClose bool
	// AlertTruncation makes the transport's end without a close_notify be answered
	// by decode_error, as OpenSSL does: the peer may have ended only its own side.
	// The error is KindTruncated then, and ErrUnexpectedEOF inside it.
	AlertTruncation bool
	// AllowLegacyServer makes a client go on with TLS 1.2 servers that do not
	// know secure renegotiation (RFC 5746, section 4.1).
	AllowLegacyServer bool
	// NoEMS leaves extended_master_secret out of TLS 1.2, against all advice.
	NoEMS bool
	// RequireEMS refuses TLS 1.2 peers without extended_master_secret (RFC 7627).
	RequireEMS bool
	// CheckKeyUsage refuses a peer whose certificate has a keyUsage extension
	// without digitalSignature (RFC 8446, section 4.4.2.2): a key that must not
	// make the signatures of a handshake. OpenSSL does not look.
	CheckKeyUsage bool
	// QUICTransportParameters are this side's (RFC 9001, section 8.2), of a
	// connection that QUIC carries.
	QUICTransportParameters []byte
	// ECHConfigs make a client encrypt its ClientHello to the first that can be
	// used (RFC 9849); if there is none, KindNoECHConfig ends the handshake: whoever
	// would rather go on without finds it out before, by ConfigList.Choose. Where
	// the server does not accept, ServerName is the public name, for which
	// the server is to be verified, and the handshake ends with KindECHRequired
	// and an ECHRejectedError.
	ECHConfigs ech.ConfigList
	// ECHGrease makes a client without ECHConfigs send something that looks as
	// if it had some (RFC 9849, section 6.2).
	ECHGrease bool
	// ECHBackend makes a server accept inner ClientHellos that another server,
	// which is trusted not to let a client's own through, has opened (RFC 9849,
	// section 7.2, split mode).
	ECHBackend bool
	// VerifyResumed makes a client ask WaitVerify when a session is resumed too, for
	// the chain or raw public key of the session: what was right when it was made
	// need not be any more. There is no staple then. A session without either is
	// not offered.
	VerifyResumed bool
	// MaxCertificateBytes limits the peer's certificate message; zero:
	// DefaultMaxCertificateBytes.
	MaxCertificateBytes int
	// PSKs are the external PSKs a client has: those of TLS 1.3 are offered, behind
	// Session; the first of TLS 1.2 is for the suites with a PSK (RFC 5489), which are
	// only offered where there is one, or PSKSuites.
	PSKs []*PSK
	// PSKSuites: the PSK of TLS 1.2 is asked for ([WaitPSK], where Ask has AskPSK), so
	// that both roles speak the suites with a PSK though no such PSK is known yet.
	PSKSuites bool
	// PSKIdentityHint is what a server says to help clients choose their PSK of TLS 1.2
	// (RFC 4279, section 2), up to 256 bytes; nil says nothing.
	PSKIdentityHint []byte
	// PSKForCertificate: an external PSK stands for the certificate that ClientAuth
	// requires, as in OpenSSL. Otherwise such a server takes none.
	PSKForCertificate bool
	// AllowPSKKE allows psk_ke, a PSK without a key exchange: a client offers it,
	// a server chooses it for clients that offer nothing else, or no group of its
	// own. Who learns the PSK then reads all connections made with it (RFC 8446,
	// section 2.2).
	AllowPSKKE bool
	// EarlyData makes a client's hello offer early data, if Session or the first
	// of PSKs allows it, whether or not WriteEarly is called.
	EarlyData bool
	// MaxEarlyData is how many bytes of early data a server's tickets allow, and
	// whether it takes any: with zero it does neither.
	MaxEarlyData uint32
	// EarlyDataWindow is how far the age that a client gives its ticket may be from
	// the age a server knows, for its early data to be taken (RFC 8446, section
	// 8.3); zero: DefaultEarlyDataWindow.
	EarlyDataWindow time.Duration
	// EarlyDataLimit is how many bytes of early data a server takes at most,
	// whatever the ticket allows; of what it does not accept it skips twice as
	// many, protection included. Zero: MaxEarlyData, but at least
	// DefaultEarlyDataLimit.
	EarlyDataLimit uint32
	// Cookies makes a TLS 1.3 server answer clients that show no good cookie of this
	// key by a HelloRetryRequest with one (RFC 8446, section 4.2.2), behind which
	// the Conn may be forgotten ([Conn.Retry]): another one takes the client's second
	// hello. It looks neither at encrypted hellos nor at early data, and the
	// HelloRetryRequest has no extensions of the owner's.
	Cookies *CookieKey
	// SessionLifetime is how long, in seconds, a server's sessions last.
	SessionLifetime uint32
}
