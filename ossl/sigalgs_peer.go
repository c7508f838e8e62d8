package ossl

import (
	"slices"

	"patina/core/iana"
)

// SigAlgFacts is what SSL_get_sigalgs tells of a scheme.
type SigAlgFacts struct {
	Scheme iana.SignatureScheme
	// NIDs of the key type and of the digest; 0 for none and for a scheme that is
	// not known.
	Key, Digest int
}

// PeerSigAlgs are the schemes the peer has named, in its order (SSL_get_sigalgs(3)).
func (s *SSL) PeerSigAlgs() []SigAlgFacts {
	if s.conn == nil || s.SessionReused() {
		return nil
	}
	return sigAlgFacts(s.conn.PeerSignatureSchemes())
}

// SharedSigAlgs are those of them that are set here too, in the order of who
// prefers (SSL_get_shared_sigalgs(3)).
func (s *SSL) SharedSigAlgs() []SigAlgFacts {
	if s.conn == nil || s.SessionReused() {
		return nil
	}
	prefer, allow := s.conn.PeerSignatureSchemes(), s.conn.Config().SignatureSchemes
	if s.role == RoleServer {
		allow = s.conn.Config().SigningSchemes
	}
	if s.options&opCipherServerPreference != 0 {
		prefer, allow = allow, prefer
	}
	var shared []iana.SignatureScheme
	for _, scheme := range prefer {
		if slices.Contains(allow, scheme) {
			shared = append(shared, scheme)
		}
	}
	return sigAlgFacts(shared)
}

func sigAlgFacts(schemes []iana.SignatureScheme) []SigAlgFacts {
	var facts []SigAlgFacts
	for _, scheme := range schemes {
		f := SigAlgFacts{Scheme: scheme}
		if i := slices.IndexFunc(sigAlgs, func(a sigAlg) bool { return a.scheme == scheme }); i >= 0 {
			f.Key, f.Digest = sigAlgs[i].sig, sigAlgs[i].hash
		}
		facts = append(facts, f)
	}
	return facts
}
