package ossl

import (
	"slices"

	"patina/core/iana"
)

// Commands of SSL_ctrl about what has been agreed on (SSL_CTRL_...).
const (
	ctrlSharedGroup      = 93
	ctrlPeerSignatureNID = 108
	ctrlSignatureNID     = 132
	ctrlNegotiatedGroup  = 134
)

// Number answers those commands: NIDs of groups, 0 for none; NIDs of digests of
// signatures, below zero for none.
func (s *SSL) Number(cmd int, v int64) int64 {
	switch cmd {
	case ctrlNegotiatedGroup:
		var g iana.NamedGroup
		if s.conn != nil {
			g = s.conn.Group()
		}
		if n := s.Session(); g == 0 && n != nil {
			g = n.data.Load().Group
		}
		if g == 0 {
			return 0
		}
		return int64(GroupNID(g))
	case ctrlSharedGroup:
		shared := s.sharedGroups()
		switch {
		case v == -1:
			return int64(len(shared))
		case v >= 0 && v < int64(len(shared)):
			return int64(GroupNID(shared[v]))
		}
		return 0
	case ctrlPeerSignatureNID, ctrlSignatureNID:
		if s.conn == nil {
			return -1
		}
		a := s.conn.PeerSignatureScheme()
		if cmd == ctrlSignatureNID {
			a = s.conn.SignatureScheme()
		}
		if a == 0 {
			return -1
		}
		_, hash, _ := SigAlgNIDs(a)
		return int64(hash)
	}
	return 0
}

// resumed12 reports a resumed TLS 1.2 handshake: of its ClientHello OpenSSL keeps no lists.
func (s *SSL) resumed12() bool { return s.SessionReused() && s.conn.Version() == iana.VersionTLS12 }

// sharedGroups are a server's groups that the client has too, in the order of the
// one who chooses.
func (s *SSL) sharedGroups() []iana.NamedGroup {
	if s.role != RoleServer {
		return nil
	}
	first, second := s.heardGroups(), s.groupList(true, s.limit())
	if s.options&opCipherServerPreference != 0 {
		first, second = second, first
	}
	var shared []iana.NamedGroup
	for _, g := range first {
		if slices.Contains(second, g) {
			shared = append(shared, g)
		}
	}
	return shared
}

// GroupNIDs is SSL_get1_groups: the client's groups on a server, those set on
// a client.
func (s *SSL) GroupNIDs() []int {
	var list []iana.NamedGroup
	if s.role == RoleServer {
		list = s.heardGroups()
	}
	var nids []int
	for _, g := range list {
		nids = append(nids, GroupNID(g))
	}
	return nids
}

// RawCiphers are the suites of the ClientHello as on the wire (SSL_get0_raw_cipherlist).
func (s *SSL) RawCiphers() []byte { return suiteNumbers(s.clientSuites) }

// SetStaple is SSL_set_tlsext_status_ocsp_resp.
func (s *SSL) SetStaple(response []byte) { s.staple = response }
