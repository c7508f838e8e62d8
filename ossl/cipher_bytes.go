package ossl

import (
	"encoding/binary"

	"patina/core/iana"
)

// Sizes of a suite in a ClientHello, and in one of SSL 2.0's form.
const (
	suiteSize   = 2
	suiteSizeV2 = 3
)

// ParseCipherBytes is SSL_bytes_to_cipher_list: the suites of a ClientHello as they
// stand on the wire, known or not. In SSL 2.0's form those that begin with another byte
// than 0 are SSL 2.0's own and left out.
func ParseCipherBytes(b []byte, v2 bool) ([]uint16, error) {
	size := suiteSize
	if v2 {
		size = suiteSizeV2
	}
	if len(b) == 0 {
		return nil, fail(ReasonNoCiphersSpecified)
	}
	if len(b)%size != 0 {
		return nil, fail(ReasonErrorInReceivedCipherList)
	}
	var ids []uint16
	for ; len(b) > 0; b = b[size:] {
		if v2 && b[0] != 0 {
			continue
		}
		ids = append(ids, binary.BigEndian.Uint16(b[size-suiteSize:]))
	}
	return ids, nil
}

// KnownSuite reports whether SSL_CIPHER_find finds a suite: one of this library's, or
// a signalling one (RFC 5746, RFC 7507).
func KnownSuite(id uint16) bool {
	const renegotiationInfoSCSV, fallbackSCSV = 0x00ff, 0x5600
	return id == renegotiationInfoSCSV || id == fallbackSCSV || CipherByID(iana.CipherSuite(id)) != nil
}
