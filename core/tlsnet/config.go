package tlsnet

import (
	"crypto/x509"
	"io"
	"sync/atomic"
	"time"

	"patina/core"
	"patina/core/iana"
	"patina/core/pki"
	"patina/core/verifier"
	"patina/core/wire"
)

// Config is what a [Client] or [Server] is made of. Its zero value is a client
// that trusts the system's roots; a server needs Settings.Credentials or PSKs.
type Config struct {
	// Settings and Params are the engine's. Settings.Now is time.Now if nil;
	// Settings.Ask is set from what follows. A client's Params.ServerName and
	// Params.Session are set for each connection.
	//
	// A server without TicketKeys makes its own and rotates them daily, and
	// without Params.Tickets sends two; Params.NoResumption turns both off.
	Settings core.Settings
	Params   core.Params

	// Roots that the peer's chain must lead to. Nil: a client's are the system's
	// (SystemRoots); a server must name them to require client certificates.
	Roots pki.Roots
	// Policy is what the chain must come up to besides: stapled OCSP responses,
	// revocation lists, signed certificate timestamps, pinned keys. What it needs
	// is asked of the peer.
	Policy verifier.Policy
	// Verify judges the peer's chain instead of package verifier. Its error ends the
	// handshake, with the alert of a [*CertificateError] or bad_certificate.
	Verify func(*Peer) error
	// VerifyMore judges a chain that has been verified once more: pins, allow lists.
	// A resumed session has no chain to judge; that of its first handshake holds.
	VerifyMore func(*Peer) error
	// InsecureNoVerify accepts any chain: whoever is on the way can read and change
	// everything. For tests.
	InsecureNoVerify bool

	// NoServerName leaves server_name (RFC 6066) out of a client's hello.
	NoServerName bool
	// ServerSessions keeps a server's sessions, which clients then resume by an ID
	// instead of a ticket that holds them. Nil: tickets only.
	ServerSessions SessionStore
	// EarlyData makes a server's Read return early data (Params.MaxEarlyData) as it
	// comes, like any other. Only for protocols in which everything may come twice
	// (HTTP by package tlshttp is one: it holds back what is not safe);
	// others use Conn.ReadEarly. A server with Params.MaxEarlyData and no
	// Settings.AntiReplay gets a core.StrikeRegister.
	EarlyData bool
	// Sessions keeps a client's sessions; nil: none are resumed.
	Sessions SessionCache
	// ClientCertificate chooses what a client presents to a server that asks; nil
	// as a result presents none. Nil as a function: the first fitting one of
	// Settings.Credentials.
	ClientCertificate func(core.CertificateRequest) (*core.Credential, error)
	// ForClient lets a server go on with another one's configuration, by the name
	// the client asks for, say. A nil Server means its own.
	ForClient func(hello *wire.ClientHello) (*Server, error)
	// Sign makes the signatures of credentials without a Signer.
	Sign func(cred *core.Credential, scheme iana.SignatureScheme, message []byte) ([]byte, error)
	// Staple gives a server the OCSP response for cred, nil for none; if it is nil
	// itself, Credential.Staple is sent.
	Staple func(cred *core.Credential) []byte

	// KeyLog takes the secrets of all connections in the form of SSLKEYLOGFILE (RFC
	// 9850), a line a Write. It gives every one of them away.
	KeyLog io.Writer
	// Observer makes what sees everything that passes through a connection, one call
	// at a time. Nil, or nil as a result: nothing does.
	Observer func() core.Observer
	// HandshakeTimeout limits a handshake; zero: DefaultHandshakeTimeout; below
	// zero: no limit.
	HandshakeTimeout time.Duration
	// HandshakeFailed is told of handshakes that fail, which a server's Accept does
	// not see. Nil: nobody is.
	HandshakeFailed func(c *Conn, err error)
}

// DefaultHandshakeTimeout is how long a handshake may take.
const DefaultHandshakeTimeout = 30 * time.Second

// Peer is what Config.Verify judges.
type Peer struct {
	// Name is the server's name or IP address as it was asked for; on servers "".
	Name string
	// Chain is what the peer has sent, the leaf first; empty if it has a
	// RawPublicKey instead (RFC 7250), which Config.Policy.Pins make known.
	Chain        []*x509.Certificate
	RawPublicKey []byte // SubjectPublicKeyInfo
	// Verified is the chain to a root, for VerifyMore; nil for Verify.
	Verified []*x509.Certificate
	// Staple is the OCSP response sent with the leaf, or nil; SCTs are the signed
	// certificate timestamps of the TLS extension.
	Staple []byte
	SCTs   [][]byte
	// Version of TLS agreed on.
	Version iana.ProtocolVersion
}

// owner is a compiled Config: it answers for the connections made from it.
type owner struct {
	Config
	engine   *core.Config
	verifier *verifier.Verifier
	client   bool

	rotate     *core.TicketKeys // keys of our own, to be rotated
	rotateNext atomic.Int64     // Unix seconds
}

// strikes is how many hellos with early data are remembered for as long as they
// could be repeated.
const strikes = 1 << 16

// rotateEvery is how long a server's own ticket key seals, in seconds. The
// engine keeps the former ones longer than any session lasts.
const rotateEvery = 24 * 3600

func newOwner(cfg Config, client bool) (*owner, error) {
	o := &owner{Config: cfg, client: client}
	s := &o.Settings
	if s.Now == nil {
		s.Now = time.Now
	}
	if o.HandshakeTimeout == 0 {
		o.HandshakeTimeout = DefaultHandshakeTimeout
	}
	s.Ask = 0
	if client {
		if o.Sessions != nil {
			s.Ask |= core.AskSession
		}
		if o.ClientCertificate != nil {
			s.Ask |= core.AskCertificate
		}
		if o.Roots == nil && o.Verify == nil && !o.InsecureNoVerify {
			roots, err := SystemRoots()
			if err != nil {
				return nil, err
			}
			o.Roots = roots
		}
	} else {
		if o.ForClient != nil {
			s.Ask |= core.AskClientHello
		}
		if o.Staple != nil {
			s.Ask |= core.AskStaple
		}
		if o.ServerSessions != nil {
			s.Ask |= core.AskSession
			o.Params.NoTickets = true
		}
		if !o.Params.NoResumption && !o.Params.NoTickets && s.TicketKeys == nil {
			keys, err := core.NewTicketKeys(s.Rand)
			if err != nil {
				return nil, err
			}
			s.TicketKeys, o.rotate = keys, keys
			o.rotateNext.Store(s.Now().Unix() + rotateEvery)
		}
		if !o.Params.NoResumption && o.Params.Tickets == 0 {
			o.Params.Tickets = 2
		}
	}
	if !client && o.Params.MaxEarlyData > 0 && s.AntiReplay == nil {
		s.AntiReplay = core.NewStrikeRegister(strikes, s.Now())
	}
	o.newVerifier()
	var err error
	o.engine, err = core.NewConfig(*s)
	return o, err
}

// rotateTickets changes the ticket key when its time has come.
func (o *owner) rotateTickets() {
	if o.rotate == nil {
		return
	}
	next, now := o.rotateNext.Load(), o.Settings.Now().Unix()
	if now >= next && o.rotateNext.CompareAndSwap(next, now+rotateEvery) {
		// Without randomness nothing else would work either; the old key stays.
		_ = o.rotate.Rotate(o.Settings.Rand)
	}
}
