package wire

import "patina/core/iana"

// compress_certificate and the message that goes with it (RFC 8879).

var (
	compressCertificateCH = compressCertificateOf(
		func(m *ClientHello) *[]iana.CertificateCompressionAlgorithm { return &m.CertCompression },
		func(m *ClientHello) []iana.CertificateCompressionAlgorithm { return m.compressions[:0] })
	compressCertificateCR = compressCertificateOf(
		func(m *CertificateRequest) *[]iana.CertificateCompressionAlgorithm { return &m.CertCompression },
		func(m *CertificateRequest) []iana.CertificateCompressionAlgorithm { return nil })
)

func compressCertificateOf[M any](field func(m *M) *[]iana.CertificateCompressionAlgorithm, room func(m *M) []iana.CertificateCompressionAlgorithm) codec[M] {
	return codec[M]{
		has: func(m *M) bool { return len(*field(m)) > 0 },
		build: func(dst []byte, m *M) []byte {
			at := len(dst)
			dst = open8(dst)
			for _, v := range *field(m) {
				dst = append16(dst, uint16(v))
			}
			return close8(dst, at)
		},
		parse: func(m *M, r *reader) error {
			list := r.sub8(2)
			if *field(m) = list16(&list, room(m)); list.bad {
				*field(m) = nil
				r.fail()
			}
			return nil
		},
	}
}

// CompressedCertificate stands for a Certificate of TLS 1.3 (RFC 8879, section 4).
type CompressedCertificate struct {
	Algorithm iana.CertificateCompressionAlgorithm
	// Length is what the sender says of the Certificate message in bytes, without
	// its header.
	Length int
	Data   []byte // compressed
}

// ParseCompressedCertificate decodes msg into m.
func ParseCompressedCertificate(m *CompressedCertificate, msg []byte) error {
	*m = CompressedCertificate{}
	r, err := body(msg, iana.TypeCompressedCertificate)
	if err != nil {
		return err
	}
	m.Algorithm = iana.CertificateCompressionAlgorithm(r.u16())
	m.Length = r.u24()
	m.Data = r.vec24(1)
	if !r.done() {
		return malformed(iana.TypeCompressedCertificate)
	}
	return nil
}

// AppendCompressedCertificate encodes m.
func AppendCompressedCertificate(dst []byte, m *CompressedCertificate) []byte {
	at := len(dst)
	dst = openMessage(dst, iana.TypeCompressedCertificate)
	dst = append16(dst, uint16(m.Algorithm))
	dst = append24(dst, length(m.Length, 1<<24))
	dst = appendVec24(dst, m.Data)
	return closeMessage(dst, at)
}
