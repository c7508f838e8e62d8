package ossl

import (
	"slices"

	"patina/core/iana"
)

// What SSL_check_chain(3) asks about the peer; the certificates and the key are
// C's, which tells their facts.

// PeerCertSigAlgs are the schemes that a client takes in certificates, if it has
// named them apart (RFC 8446, section 4.2.3).
func (s *SSL) PeerCertSigAlgs() []SigAlgFacts {
	if s.conn == nil {
		return nil
	}
	hello := s.conn.ClientHello()
	if hello == nil || s.role != RoleServer {
		return nil
	}
	return sigAlgFacts(hello.SignatureSchemesCert)
}

// CanSign13 reports whether a key with these facts can make a TLS 1.3 signature
// with a scheme of both sides. curve is the NID of an EC key's.
func (s *SSL) CanSign13(slot, bits, curve int) bool {
	c := credential{slot: slot, keyBits: bits, curve: curve}
	return slices.ContainsFunc(s.SharedSigAlgs(), func(f SigAlgFacts) bool { return f.Key != nidRSA && c.canSign(f.Scheme) })
}

// SharesSlot reports whether one of the schemes of both sides is for keys of the
// slot.
func (s *SSL) SharesSlot(slot int) bool {
	tls13 := s.conn != nil && s.conn.Version() == iana.VersionTLS13
	return slices.ContainsFunc(s.SharedSigAlgs(), func(f SigAlgFacts) bool {
		return schemeSlot(f) == slot && !(tls13 && f.Key == nidRSA)
	})
}

func schemeSlot(f SigAlgFacts) int {
	switch f.Scheme {
	case iana.SigRSAPSSPSSSHA256, iana.SigRSAPSSPSSSHA384, iana.SigRSAPSSPSSSHA512:
		return SlotRSAPSS
	}
	switch f.Key {
	case nidRSA, nidRSAPSS:
		return SlotRSA
	case nidEC:
		return SlotECC
	case nidEd25519:
		return SlotEd25519
	}
	return -1
}

// CurveSuits reports whether keys on a curve, by its NID, may be in certificates:
// a server's where the client has the group too, a client's where it is one of
// its own.
func (s *SSL) CurveSuits(server bool, curve int) bool {
	group := groupByNID(curve)
	switch {
	case group == 0:
		return false
	case !server:
		return slices.Contains(s.groupList(false, s.limit()), group)
	case s.conn == nil || len(s.conn.PeerGroups()) == 0:
		return true
	}
	return slices.Contains(s.conn.PeerGroups(), group)
}

// SetsSigAlgs reports that the program has named its signature algorithms.
func (s *SSL) SetsSigAlgs() bool { return s.settings.sigAlgs != nil }
