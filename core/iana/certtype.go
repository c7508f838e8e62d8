package iana

import "fmt"

// CertificateType is the form of a Certificate message's content (RFC 7250; IANA
// TLS Certificate Types).
type CertificateType uint8

// CertificateType values.
const (
	CertTypeX509         CertificateType = 0
	CertTypeOpenPGP      CertificateType = 1 // historic
	CertTypeRawPublicKey CertificateType = 2
	CertType1609Dot2     CertificateType = 3
)

func (v CertificateType) String() string {
	switch v {
	case CertTypeX509:
		return "X509"
	case CertTypeOpenPGP:
		return "OpenPGP"
	case CertTypeRawPublicKey:
		return "RawPublicKey"
	case CertType1609Dot2:
		return "1609Dot2"
	}
	return fmt.Sprintf("CertificateType(%d)", uint8(v))
}
