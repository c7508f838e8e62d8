package core

import "patina/core/iana"

// Sessions and what is derived from them, in both roles.

// expired reports whether s is past its lifetime, or made in the future.
func (s *Session) expired(cfg *Config) bool {
	lifetime := s.Lifetime
	if s.Version == iana.VersionTLS13 {
		lifetime = min(lifetime, maxLifetime)
	}
	age := cfg.Now().Unix() - s.Created
	return age < -maxClockSkew || age > int64(lifetime)
}

// ageMilli is the age of s in milliseconds (RFC 8446, section 4.2.11.1).
func (s *Session) ageMilli(cfg *Config) uint32 {
	return uint32(cfg.Now().UnixMilli() - (s.Created*1000 + int64(s.CreatedMilli)))
}

const (
	// maxLifetime of a TLS 1.3 ticket, in seconds: seven days (RFC 8446,
	// section 4.6.1).
	maxLifetime = 7 * 24 * 3600
	// maxClockSkew, in seconds, between machines that share sessions.
	maxClockSkew = 60
)

// makeSession is a session of what this handshake has agreed on, without a
// secret or name to resume it by.
func (c *Conn) makeSession() *Session {
	now := c.cfg.Now()
	s := &Session{
		Version:      c.version,
		Suite:        c.suite.ID,
		Group:        c.group,
		Lifetime:     c.params.SessionLifetime,
		Created:      now.Unix(),
		CreatedMilli: uint16(now.Nanosecond() / 1e6),
		EMS:          c.ems && c.version == iana.VersionTLS12,
		ServerName:   c.serverName,
		ALPN:         c.alpn,
	}
	if from := c.session; from != nil && c.resumed {
		// Who the peer is was settled when that session was made.
		s.PeerChain, s.VerifyResult = from.PeerChain, from.VerifyResult
		s.PeerRawPublicKey, s.PSKIdentity = from.PeerRawPublicKey, from.PSKIdentity
		s.PeerStaple, s.PeerSCTs = from.PeerStaple, from.PeerSCTs
		s.Context, s.AppData = from.Context, from.AppData
		return s
	}
	if c.psk != nil && c.psk.of12() {
		s.PSKIdentity = c.psk.Identity
	}
	for _, cert := range c.peerChain {
		s.PeerChain = append(s.PeerChain, cert.Raw)
	}
	s.PeerRawPublicKey = c.peerRaw.info()
	s.PeerStaple, s.PeerSCTs = c.peerStaple, c.peerSCTs
	return s
}
