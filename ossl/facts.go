package ossl

import (
	"encoding/binary"
	"errors"

	"patina/core"
	"patina/core/iana"
	"patina/core/wire"
)

// Fact is something a program may ask about a connection. The numbers are shared
// with ossl/capi/facts.h.
type Fact int

// Facts.
const (
	FactServerName    Fact = iota // SSL_get_servername
	FactALPN                      // SSL_get0_alpn_selected
	FactClientRandom              // SSL_get_client_random
	FactServerRandom              // SSL_get_server_random
	FactFinished                  // SSL_get_finished
	FactPeerFinished              // SSL_get_peer_finished
	FactPeerChain                 // the peer's chain, each certificate after its length in four bytes
	FactClientHello               // see clientHelloIndex
	FactClientSuites              // SSL_get_client_ciphers: numbers of two bytes
	FactSharedSuites              // SSL_get_shared_ciphers
	FactStaple                    // SSL_get_tlsext_status_ocsp_resp of a client
	FactPeerCAs                   // SSL_get0_peer_CA_list: names, each after its length in four bytes
	FactVerifiedChain             // of a verification in Go, as FactPeerChain
	FactPeerName                  // SSL_get0_peername of a verification in Go
	FactMissingIssuer             // the DER name that VerdictMissing and VerdictLookup are about
	FactMissingCRLs               // that of VerdictMissingCRLs and VerdictLookupCRLs
	FactDANEData                  // SSL_get0_dane_tlsa: the data of the record that has matched
	FactDANECert                  // SSL_get0_dane_authority: the certificate that has, as FactPeerChain
	FactDANEKey                   // and the key, DER
	FactPointFormats              // SSL_get0_ec_point_formats
	FactDANERecords               // all: usage, selector, matching type, length of the data in four bytes, data
	FactSCTs                      // the timestamps a server has sent by extension, as a list on the wire
	FactFound                     // what VerdictAdd and VerdictAddCRLs are about, each after its length in four bytes
	FactPSKIdentity               // SSL_get_psk_identity
	FactPSKHint                   // SSL_get_psk_identity_hint
)

// Tell returns a fact as bytes; ok is false where there is none.
func (s *SSL) Tell(f Fact) (b []byte, ok bool) {
	switch f {
	case FactServerName:
		name := s.serverNameNow()
		return []byte(name), name != ""
	case FactPeerChain:
		b = blobOf(s.PeerChain())
		return b, b != nil
	case FactVerifiedChain:
		b = blobOf(s.verifying.chain)
		return b, b != nil
	case FactMissingIssuer:
		return s.verifying.missing, s.verifying.missing != nil
	case FactMissingCRLs:
		return s.verifying.missingCRLs, s.verifying.missingCRLs != nil
	case FactFound:
		if s.verifying.found != nil {
			b = blobOf(s.verifying.found.ders())
		}
		return b, b != nil
	case FactPeerName:
		return []byte(s.peerName), s.peerName != ""
	case FactDANERecords:
		b = s.daneRecords()
		return b, b != nil
	case FactPSKIdentity, FactPSKHint:
		x := s.Session()
		if x == nil {
			return nil, false
		}
		d := x.data.Load()
		if f == FactPSKHint {
			return []byte(d.pskHint), d.pskHint != ""
		}
		return d.PSKIdentity, d.PSKIdentity != nil
	case FactDANEData, FactDANECert, FactDANEKey:
		return s.tellDANE(f)
	}
	switch f {
	case FactClientSuites:
		b = suiteNumbers(s.heardSuites())
		return b, len(b) > 0
	case FactSharedSuites:
		b = s.sharedSuites()
		return b, len(b) > 0
	case FactPointFormats:
		b = s.peerPointFormats()
		return b, len(b) > 0
	}
	if s.conn == nil {
		return nil, false
	}
	switch f {
	case FactALPN:
		b = []byte(s.alpnNow())
	case FactClientRandom:
		b = s.conn.ClientRandom()
	case FactServerRandom:
		b = s.conn.ServerRandom()
	case FactFinished:
		b = s.finished(s.role == RoleClient)
	case FactPeerFinished:
		b = s.finished(s.role == RoleServer)
	case FactClientHello:
		b = s.clientHelloIndex()
	case FactSCTs:
		if list := s.conn.PeerSCTs(); len(list) > 0 {
			b = wire.AppendSCTList(nil, list)
		}
	case FactStaple:
		b = s.PeerStaple()
	case FactPeerCAs:
		// A list of TLS 1.2 may be empty; without one there is NULL.
		return blobOf(s.peerNames), s.peerNames != nil
	}
	return b, len(b) > 0
}

// blobOf is list in one piece, each part after its length in four bytes.
func blobOf(list [][]byte) []byte {
	var blob []byte
	for _, b := range list {
		blob = binary.BigEndian.AppendUint32(blob, uint32(len(b)))
		blob = append(blob, b...)
	}
	return blob
}

// alpnNow is the protocol selected; a server's callback that runs later than the
// selection sees it before the engine has it.
func (s *SSL) alpnNow() string {
	if s.deciding.alpn != "" {
		return s.deciding.alpn
	}
	return s.conn.ALPN()
}

// serverNameNow is the name in force: on a client the one it asks for, or that
// of its TLS 1.2 session; on a server the one asked for.
func (s *SSL) serverNameNow() string {
	if s.role == RoleServer {
		switch {
		case s.conn == nil:
			return s.past.name
		case !s.helloTaken:
			return ""
		case s.resumed12() && !s.serverNameCallback().Set():
			return "" // OpenSSL shows the session's, which has one if a callback has taken it
		}
		return s.conn.ServerName()
	}
	if s.session != nil && s.session.ProtocolVersion() != iana.VersionTLS13 && (s.serverName == "" || s.SessionReused()) {
		if name := s.session.Hostname(); name != "" {
			return name
		}
	}
	return s.serverName
}

func (s *SSL) finished(client bool) []byte {
	if client {
		return s.conn.ClientFinished()
	}
	return s.conn.ServerFinished()
}

// peerPointFormats are those of a TLS 1.2 client, or server: the engine speaks to none that has not this one.
func (s *SSL) peerPointFormats() []byte {
	switch {
	case s.role == RoleServer:
		return s.heardFormats()
	case s.conn == nil || s.conn.Version() != iana.VersionTLS12 || s.resumed12() || !s.complete:
		return nil
	}
	return []byte{wire.PointUncompressed}
}

func suiteNumbers(ids []iana.CipherSuite) []byte {
	var b []byte
	for _, id := range ids {
		b = binary.BigEndian.AppendUint16(b, uint16(id))
	}
	return b
}

// sharedSuites are the client's suites that are set here too, in its order.
func (s *SSL) sharedSuites() []byte {
	var b []byte
	for _, id := range s.heardSuites() {
		for _, c := range s.suites(true, levelLimit(s.securityLevel)) {
			if c == id {
				b = binary.BigEndian.AppendUint16(b, uint16(id))
			}
		}
	}
	return b
}

// clientHelloIndex says where the parts of the ClientHello lie, for C: numbers
// of four bytes, big endian, then the message. The numbers are: where the message
// begins, the version; offset and length of random, session ID, suites and
// compression methods; how many extensions; type, offset and length of each.
// Offsets are from where the message begins.
func (s *SSL) clientHelloIndex() []byte {
	hello := s.conn.ClientHello()
	if hello == nil {
		return nil
	}
	raw := hello.Raw
	const headerLen, randomLen = 4, 32
	at := headerLen + 2
	numbers := []int{0, int(hello.LegacyVersion), at, randomLen}
	at += randomLen
	part := func(lengthBytes int) (n int) {
		for range lengthBytes {
			if at >= len(raw) {
				return -1
			}
			n = n<<8 | int(raw[at])
			at++
		}
		return n
	}
	for _, lengthBytes := range []int{1, 2, 1} {
		n := part(lengthBytes)
		if n < 0 || n > len(raw)-at {
			return nil
		}
		numbers = append(numbers, at, n)
		at += n
	}
	numbers = append(numbers, len(hello.Extensions))
	if len(hello.Extensions) > 0 {
		part(2)
	}
	for range hello.Extensions {
		typ := part(2)
		n := part(2)
		if n < 0 || n > len(raw)-at {
			return nil
		}
		numbers = append(numbers, typ, at, n)
		at += n
	}
	numbers[0] = 4 * len(numbers)
	b := make([]byte, 0, numbers[0]+len(raw))
	for _, n := range numbers {
		b = binary.BigEndian.AppendUint32(b, uint32(n))
	}
	return append(b, raw...)
}

// ExportKeyingMaterial is SSL_export_keying_material.
func (s *SSL) ExportKeyingMaterial(label string, context []byte, n int) ([]byte, error) {
	if s.conn == nil || n == 0 {
		return nil, fail(ReasonInternalError)
	}
	out, err := s.conn.ExportKeyingMaterial(label, context, n)
	if errors.Is(err, core.ErrExport) {
		return nil, fail(ReasonTLSIllegalExporterLabel)
	}
	if err != nil {
		return nil, failData(ReasonInternalError, err.Error())
	}
	return out, nil
}

// SignatureScheme is the scheme this side has signed with (peer false) or the
// peer has (peer true), 0 if it has not.
func (s *SSL) SignatureScheme(peer bool) iana.SignatureScheme {
	switch {
	case s.conn == nil:
		return 0
	case peer:
		return s.conn.PeerSignatureScheme()
	}
	return s.conn.SignatureScheme()
}

// What SSL_get_key_update_type returns.
const (
	keyUpdateNone         = -1
	keyUpdateNotRequested = 0
	keyUpdateRequested    = 1
)

// KeyUpdate is SSL_key_update: the message goes with the next write or handshake.
func (s *SSL) KeyUpdate(request bool) error {
	if s.conn == nil || s.conn.Version() != iana.VersionTLS13 {
		return fail(ReasonWrongSSLVersion)
	}
	if s.inInit() {
		return fail(ReasonStillInInit)
	}
	if err := s.conn.KeyUpdate(request); err != nil {
		return s.errorOf(err)
	}
	s.keyUpdate = keyUpdateNotRequested
	if request {
		s.keyUpdate = keyUpdateRequested
	}
	return nil
}
