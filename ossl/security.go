package ossl

import (
	"patina/core/iana"
	"patina/core/pki"
)

// Security levels (SSL_CTX_set_security_level(3)): what they leave of suites,
// groups, schemes. What they say of certificates is judged in C, where these
// are. An application's callback in their place: judgement.go.

// limit is what is left of what has been set: by the security level, or by the
// answers of a security callback.
type limit struct {
	level  int
	judged *judgement // nil: the level decides
}

func (l limit) suite(c *Cipher) bool {
	if l.judged != nil {
		return l.judged.suite(c)
	}
	return c.StrengthBits >= pki.LevelBits(l.level)
}

func (l limit) group(g iana.NamedGroup) bool {
	if l.judged != nil {
		return l.judged.group(g)
	}
	return groupBits(g) >= pki.LevelBits(l.level)
}

// scheme is about the peer's signatures, or our own.
func (l limit) scheme(a iana.SignatureScheme, own bool) bool {
	if l.judged != nil {
		return l.judged.scheme(a, own)
	}
	return schemeBits(a) >= pki.LevelBits(l.level)
}

// levelLimit is that of a security level.
func levelLimit(level int) limit { return limit{level: clampLevel(level)} }

// limit is what is in force for the connection.
func (s *SSL) limit() limit { return limit{level: clampLevel(s.securityLevel), judged: s.judged} }

// noTickets reports that there are to be no tickets of TLS 1.2.
func (l limit) noTickets() bool {
	if l.judged != nil {
		return l.judged.noTickets
	}
	return l.level >= firstWithoutTickets
}

// firstWithoutTickets is the first level that has no TLS 1.2 tickets.
const firstWithoutTickets = 3

func groupBits(g iana.NamedGroup) int {
	switch g {
	case iana.GroupSecp384r1:
		return 192
	case iana.GroupSecp521r1:
		return 256
	case iana.GroupX25519MLKEM768:
		return 192
	}
	return 128
}

// schemeBits is half the length of a scheme's digest.
func schemeBits(a iana.SignatureScheme) int {
	_, hash, _ := SigAlgNIDs(a)
	switch hash {
	case nidSHA384:
		return 192
	case nidSHA512:
		return 256
	}
	return 128
}

// clampLevel is the security level that a number stands for.
func clampLevel(n int) int { return min(max(n, 0), maxSecurityLevel) }
