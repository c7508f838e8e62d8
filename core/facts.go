package core

import (
	"crypto/x509"
	"time"

	"patina/core/iana"
	"patina/core/keys"
)

// facts are what has been agreed, kept after the handshake.
type facts struct {
	group                  iana.NamedGroup
	clientRandom           [32]byte
	serverRandom           [32]byte
	serverName             string
	nameAcked              bool
	certSent, certReceived iana.CertificateCompressionAlgorithm
	alpn                   string
	resumed                bool
	ems                    bool
	ech                    ECHStatus
	retry                  Retry
	session                *Session
	psk                    *PSK
	pskHint                []byte
	ageSkew                time.Duration

	scheme, peerScheme iana.SignatureScheme
	peerSchemes        []iana.SignatureScheme
	peerGroups         []iana.NamedGroup

	// authorities are the names the peer has listed of those it trusts.
	authorities [][]byte

	cred                      *Credential
	peerChain                 []*x509.Certificate
	peerRaw                   *rawKey // in the place of a chain
	ownCertType, peerCertType iana.CertificateType
	peerStaple                []byte
	peerSCTs                  [][]byte

	clientFinished, serverFinished verifyData

	// exporter is the exporter_master_secret (TLS 1.3) or the master secret
	// (TLS 1.2).
	exporter keys.Secret
}

// verifyData is the content of a Finished message.
type verifyData struct {
	b [keys.MaxHash]byte
	n uint8
}

func (v *verifyData) set(b []byte) { v.n = uint8(copy(v.b[:], b)) }
func (v *verifyData) bytes() []byte {
	return v.b[:v.n:v.n]
}

// What has been agreed. Zero values until it has.

// HandshakeComplete reports that both Finished messages have passed.
func (c *Conn) HandshakeComplete() bool { return c.done }

// Started reports that a byte of the handshake has been made or taken.
func (c *Conn) Started() bool { return c.started }

// Params is a copy of the parameters in force.
func (c *Conn) Params() Params { return c.params }

// Config is the configuration in force.
func (c *Conn) Config() *Config { return c.cfg }

// IsClient reports the role.
func (c *Conn) IsClient() bool { return c.client }

// Version agreed on.
func (c *Conn) Version() iana.ProtocolVersion { return c.version }

func (c *Conn) ofTLS13() bool { return c.version == iana.VersionTLS13 }

// Suite agreed on.
func (c *Conn) Suite() iana.CipherSuite {
	if c.suite == nil {
		return 0
	}
	return c.suite.ID
}

// Group of the key exchange; of a resumed TLS 1.2 session the one that made it.
func (c *Conn) Group() iana.NamedGroup { return c.group }

// ServerName is the name the client has sent (SNI), in the ClientHello that is
// in force: where a server has rejected ECH, this is on the client the public
// name, for which it must be authenticated.
func (c *Conn) ServerName() string { return c.serverName }

// ServerNameAcknowledged reports that the server has answered the server_name
// extension (RFC 6066, section 3): the name has played a part in its choice of
// a certificate or a policy. A resumed TLS 1.2 handshake never has it.
func (c *Conn) ServerNameAcknowledged() bool { return c.nameAcked }

// ALPN is the application protocol selected, "" for none.
func (c *Conn) ALPN() string { return c.alpn }

// Resumed reports that the handshake has resumed a session.
func (c *Conn) Resumed() bool { return c.resumed }

// TicketAgeSkew is, on TLS 1.3 servers that have resumed a session, by how much the
// age that the client gives its ticket is more than the age this server knows (RFC
// 8446, section 4.2.11.1).
func (c *Conn) TicketAgeSkew() time.Duration { return c.ageSkew }

// PSK is the external PSK agreed on, nil for none. It is no resumption.
func (c *Conn) PSK() *PSK { return c.psk }

// PSKIdentityHint is what a TLS 1.2 server has said about the PSK it expects (RFC
// 4279, section 2), empty for nothing: a client's help with [WaitPSK].
func (c *Conn) PSKIdentityHint() []byte { return c.pskHint }

// Session is the session in use: the one resumed, or made by this handshake.
func (c *Conn) Session() *Session { return c.session }

// SignatureScheme is the one this side has signed with, 0 if it has not.
func (c *Conn) SignatureScheme() iana.SignatureScheme { return c.scheme }

// PeerSignatureScheme is the one the peer has signed with, 0 if it has not.
func (c *Conn) PeerSignatureScheme() iana.SignatureScheme { return c.peerScheme }

// PeerSignatureSchemes is the list the peer has sent, in its order.
func (c *Conn) PeerSignatureSchemes() []iana.SignatureScheme { return c.peerSchemes }

// PeerGroups is the client's supported_groups list (server).
func (c *Conn) PeerGroups() []iana.NamedGroup { return c.peerGroups }

// FragmentLimit is the limit of a max_fragment_length that both sides have agreed
// on, in bytes; 0 for none.
func (c *Conn) FragmentLimit() int { return c.fragmentLimit }

// EMS reports extended_master_secret (TLS 1.2; true on TLS 1.3).
func (c *Conn) EMS() bool { return c.ems }

// ClientRandom and ServerRandom are the 32 bytes of the hellos.
func (c *Conn) ClientRandom() []byte { return c.clientRandom[:] }

// ServerRandom is the server's.
func (c *Conn) ServerRandom() []byte { return c.serverRandom[:] }

// ClientFinished is the verify data of the client's Finished.
func (c *Conn) ClientFinished() []byte { return c.clientFinished.bytes() }

// ServerFinished is the verify data of the server's Finished.
func (c *Conn) ServerFinished() []byte { return c.serverFinished.bytes() }

// PeerClosed reports the peer's close_notify.
func (c *Conn) PeerClosed() bool { return c.peerClosed }

// Closed reports that this side's close_notify is queued or sent.
func (c *Conn) Closed() bool { return c.closed }

// Err is the permanent error of a failed connection, nil otherwise.
func (c *Conn) Err() error { return c.err }

// Credential is the credential in use: on servers once it is chosen, on
// clients once it is given. Nil for none.
func (c *Conn) Credential() *Credential { return c.cred }

// CertificateRequest tells what certificates a server accepts.
type CertificateRequest struct {
	Types       []byte // TLS 1.2: certificate_types (RFC 5246, section 7.4.4)
	Schemes     []iana.SignatureScheme
	Authorities [][]byte // DER-encoded distinguished names
}

// PeerAuthorities are the DER-encoded distinguished names of the certificate
// authorities the peer has listed: a server in its CertificateRequest, a TLS
// 1.3 client in certificate_authorities (RFC 8446, section 4.2.4).
func (c *Conn) PeerAuthorities() [][]byte { return c.authorities }

// SignRequest is what WaitSign wants signed: message, not yet hashed, by the
// key of Credential with scheme.
func (c *Conn) SignRequest() (scheme iana.SignatureScheme, message []byte) {
	if q := c.asking(); q != nil {
		return q.askScheme, q.askMessage
	}
	return 0, nil
}

// PeerStaple is the stapled OCSP response of the peer's leaf, nil for none.
func (c *Conn) PeerStaple() []byte { return c.peerStaple }

// PeerSCTs are the signed certificate timestamps the peer has sent by TLS
// extension for its leaf, serialized; nil for none. Others may stand in the
// certificate and in the OCSP response.
func (c *Conn) PeerSCTs() [][]byte { return c.peerSCTs }

// NewSession is the session of WaitSessionStore and WaitTicketSeal.
func (c *Conn) NewSession() *Session { return c.newSession }
