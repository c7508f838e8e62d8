package iana

import "fmt"

// CertificateCompressionAlgorithm is a way to compress a Certificate message
// (RFC 8879, section 7.3; IANA TLS Certificate Compression Algorithm IDs).
type CertificateCompressionAlgorithm uint16

// CertificateCompressionAlgorithm values.
const (
	CompressionZlib   CertificateCompressionAlgorithm = 1
	CompressionBrotli CertificateCompressionAlgorithm = 2
	CompressionZstd   CertificateCompressionAlgorithm = 3
)

func (v CertificateCompressionAlgorithm) String() string {
	switch v {
	case CompressionZlib:
		return "zlib"
	case CompressionBrotli:
		return "brotli"
	case CompressionZstd:
		return "zstd"
	}
	return fmt.Sprintf("CertificateCompressionAlgorithm(%d)", uint16(v))
}
