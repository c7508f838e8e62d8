package core

import (
	"crypto"

	"patina/core/iana"
	"patina/core/keys"
)

// presharedKey is a PSK of TLS 1.3 (RFC 8446, section 4.2.11) of either origin:
// a session that an earlier handshake has made, or the owner's. One of both is
// set.
type presharedKey struct {
	session *Session
	psk     *PSK
}

func (k presharedKey) none() bool { return k.session == nil && k.psk == nil }

func (k presharedKey) identity() []byte {
	if k.psk != nil {
		return k.psk.Identity
	}
	return k.session.Ticket
}

func (k presharedKey) secret() []byte {
	if k.psk != nil {
		return k.psk.Key
	}
	return k.session.Secret
}

func (k presharedKey) hash() crypto.Hash {
	if k.psk != nil {
		return k.psk.hash()
	}
	return hashOf(k.session.Suite)
}

// early is what early data under the key is bound to, and its limit.
func (k presharedKey) early() (id iana.CipherSuite, alpn string, limit uint32) {
	if k.psk != nil {
		return k.psk.Suite, k.psk.ALPN, k.psk.MaxEarlyData
	}
	return k.session.Suite, k.session.ALPN, k.session.MaxEarlyData
}

// binder appends the PSK binder over a hash (RFC 8446, section 4.2.11.2).
func (c *Conn) binder(dst []byte, k presharedKey, hash []byte) []byte {
	kdf := c.useKDF(k.hash())
	early := keys.NewEarly(kdf, k.secret())
	var key keys.Secret
	switch {
	case k.psk == nil:
		key = early.ResumptionBinder(kdf)
	case k.psk.Imported:
		key = early.ImportedBinder(kdf)
	default:
		key = early.ExternalBinder(kdf)
	}
	early.Wipe()
	defer key.Wipe()
	return keys.FinishedMAC(kdf, dst, &key, hash)
}

// PSK is a pre-shared key that the owner has from elsewhere (RFC 8446, section
// 4.2.11, for TLS 1.3; RFC 4279 and RFC 5489 for TLS 1.2). It stands for both sides:
// who has it is who it says. It must be of high entropy, never a password, of one
// version and, in TLS 1.3, of one hash (RFC 9257).
type PSK struct {
	// Version is TLS 1.3, which zero stands for, or TLS 1.2.
	Version iana.ProtocolVersion
	// Identity names the key to the server, in the clear; 1 to 65535 bytes. In TLS
	// 1.2 it is up to 256 bytes, as in OpenSSL, and may be empty.
	Identity []byte
	// Key is at least one byte long, and should be 32 (RFC 9257, section 6).
	Key []byte
	// Hash the key belongs to: SHA-256, which zero stands for, or SHA-384. In TLS 1.2
	// there is none, nor what follows.
	Hash crypto.Hash
	// Imported: the key comes of ImportPSK (RFC 9258).
	Imported bool
	// MaxEarlyData is how many bytes of early data the key may be used for, and
	// Suite and ALPN what they are bound to (RFC 8446, section 4.2.10). A server
	// accepts it only where it is asked: such a key has no age by which a replay
	// could be told.
	MaxEarlyData uint32
	Suite        iana.CipherSuite
	ALPN         string
}

// Limits of a PSK, in bytes.
const (
	minPSK         = 1
	maxPSK12       = 1<<16 - 1
	maxPSKIdentity = 1<<16 - 1
	// maxPSKIdentity12 is the longest identity, or hint, of TLS 1.2; all must take 128
	// (RFC 4279, section 5.3).
	maxPSKIdentity12 = 256
)

// of12 reports whether p is for TLS 1.2.
func (p *PSK) of12() bool { return p.Version == iana.VersionTLS12 }

func (p *PSK) hash() crypto.Hash {
	if p.Hash == 0 {
		return crypto.SHA256
	}
	return p.Hash
}

// sound reports whether p can be used.
func (p *PSK) sound() bool {
	if p != nil && p.of12() {
		return len(p.Identity) <= maxPSKIdentity12 && len(p.Key) >= minPSK && len(p.Key) <= maxPSK12 && p.Hash == 0 && !p.Imported
	}
	return p != nil && len(p.Identity) > 0 && len(p.Identity) <= maxPSKIdentity && len(p.Key) >= minPSK &&
		(p.hash() == crypto.SHA256 || p.hash() == crypto.SHA384) && (p.Version == 0 || p.Version == iana.VersionTLS13)
}
