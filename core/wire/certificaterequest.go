package wire

import "patina/core/iana"

// CertificateRequest asks a client for a certificate.
type CertificateRequest struct {
	// Types are the certificate_types of TLS 1.2.
	Types []byte
	// Context is the certificate_request_context of TLS 1.3.
	Context              []byte
	Set                  ExtensionSet // TLS 1.3
	SignatureSchemes     []iana.SignatureScheme
	SignatureSchemesCert []iana.SignatureScheme                 // TLS 1.3
	Authorities          [][]byte                               // DER-encoded names
	CertCompression      []iana.CertificateCompressionAlgorithm // TLS 1.3
	StatusRequest, SCT   bool                                   // TLS 1.3: an OCSP response, timestamps
	// Known are the extensions of the application's, set before the message is
	// parsed; Custom those of them that there are, or, in a message to be built, that
	// stand before all others.
	Known  CustomTypes
	Custom []Extension
}

// ClientCertificateType values of TLS 1.2 (RFC 5246, section 7.4.4; RFC 8422,
// section 5.5).
const (
	ClientCertRSASign   = 1
	ClientCertECDSASign = 64
)

// ParseCertificateRequest13 decodes a CertificateRequest of TLS 1.3 (RFC 8446,
// section 4.3.2) into m. Extensions it does not know are ignored.
func ParseCertificateRequest13(m *CertificateRequest, msg []byte) error {
	*m = CertificateRequest{Known: m.Known}
	r, err := body(msg, iana.TypeCertificateRequest)
	if err != nil {
		return err
	}
	m.Context = r.vec8(0)
	x := r.sub16(2)
	if !r.done() {
		return malformed(iana.TypeCertificateRequest)
	}
	b := block[CertificateRequest]{message: iana.TypeCertificateRequest, column: (*row).inCertificateRequest, known: m.Known, in: InCertificateRequest}
	if m.Set, err = b.parse(m, x); err != nil {
		return err
	}
	m.Custom = b.custom
	return missing(m, iana.TypeCertificateRequest, m.Set, (*row).inCertificateRequest)
}

// AppendCertificateRequest13 encodes a CertificateRequest of TLS 1.3.
func AppendCertificateRequest13(dst []byte, m *CertificateRequest) []byte {
	at := len(dst)
	dst = openMessage(dst, iana.TypeCertificateRequest)
	dst = appendVec8(dst, m.Context)
	dst, m.Set = appendExtensions(dst, m, m.Custom, (*row).inCertificateRequest)
	return closeMessage(dst, at)
}

// ParseCertificateRequest12 decodes a CertificateRequest of TLS 1.2 (RFC 5246,
// section 7.4.4) into m.
func ParseCertificateRequest12(m *CertificateRequest, msg []byte) error {
	*m = CertificateRequest{}
	r, err := body(msg, iana.TypeCertificateRequest)
	if err != nil {
		return err
	}
	m.Types = r.vec8(1)
	schemes := r.sub16(2)
	m.SignatureSchemes = list16(&schemes, m.SignatureSchemes)
	names := r.sub16(0)
	m.Authorities = authorities(&names)
	if !r.done() || schemes.bad || names.bad {
		return malformed(iana.TypeCertificateRequest)
	}
	return nil
}

// AppendCertificateRequest12 encodes a CertificateRequest of TLS 1.2.
func AppendCertificateRequest12(dst []byte, m *CertificateRequest) []byte {
	at := len(dst)
	dst = openMessage(dst, iana.TypeCertificateRequest)
	dst = appendVec8(dst, m.Types)
	dst = appendList16(dst, m.SignatureSchemes)
	dst = appendAuthorities(dst, m.Authorities)
	return closeMessage(dst, at)
}

// authorities reads the rest of r as a list of distinguished names.
func authorities(r *reader) (names [][]byte) {
	for r.more() {
		names = append(names, r.vec16(1))
	}
	if r.bad {
		return nil
	}
	return names
}

func appendAuthorities(dst []byte, names [][]byte) []byte {
	at := len(dst)
	dst = open16(dst)
	for _, name := range names {
		dst = appendVec16(dst, name)
	}
	return close16(dst, at)
}
