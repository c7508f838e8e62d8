package ossl

import (
	"bytes"
	"crypto/x509/pkix"
	"encoding/asn1"
)

// notePeerNames keeps the names of a CertificateRequest for
// SSL_get0_peer_CA_list(3): those that are well-formed, so that libcrypto is given
// nothing from the peer that has not been parsed here.
func (s *SSL) notePeerNames(names [][]byte) {
	s.peerNames = nil
	for _, der := range names {
		var name pkix.RDNSequence
		if rest, err := asn1.Unmarshal(der, &name); err == nil && len(rest) == 0 {
			s.peerNames = append(s.peerNames, bytes.Clone(der))
		}
	}
}
