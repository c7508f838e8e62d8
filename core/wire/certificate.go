package wire

import "patina/core/iana"

// CertificateEntry is a certificate with its extensions (RFC 8446, section
// 4.4.2). In TLS 1.2 there is only the certificate.
type CertificateEntry struct {
	Cert   []byte // DER
	Set    ExtensionSet
	Staple []byte // the OCSP response of status_request, nil if absent
	// SCTs are the timestamps of signed_certificate_timestamp.
	SCTs [][]byte
	// Custom are extensions of the application's, before all others.
	Custom []Extension
}

// Certificate is the certificate message.
type Certificate struct {
	Context []byte             // certificate_request_context (TLS 1.3)
	Entries []CertificateEntry // the sender's own first; empty if it has none
	// Known are the extensions of the application's, set before the message is parsed.
	Known CustomTypes
}

// ParseCertificate13 decodes a Certificate of TLS 1.3 into m, replacing what it
// holds but for the memory of m.Entries. offered is what the ClientHello (of a
// server's message) or the CertificateRequest (of a client's) carried.
func ParseCertificate13(m *Certificate, msg []byte, offered ExtensionSet) error {
	*m = Certificate{Entries: m.Entries[:0], Known: m.Known}
	r, err := body(msg, iana.TypeCertificate)
	if err != nil {
		return err
	}
	m.Context = r.vec8(0)
	list := r.sub24(0)
	if !r.done() {
		return malformed(iana.TypeCertificate)
	}
	b := block[CertificateEntry]{message: iana.TypeCertificate, column: (*row).inCertificateEntry, answers: true, offered: offered, known: m.Known, in: InCertificate}
	for list.more() {
		m.Entries = append(m.Entries, CertificateEntry{Cert: list.vec24(1)})
		e := &m.Entries[len(m.Entries)-1]
		x := list.sub16(0)
		if list.bad {
			break
		}
		if e.Set, err = b.parse(e, x); err != nil {
			return err
		}
		e.Custom, b.custom = b.custom, nil
	}
	if list.bad {
		return malformed(iana.TypeCertificate)
	}
	return nil
}

// AppendCertificate13 encodes a Certificate of TLS 1.3: chain in DER, with the
// OCSP response staple, nil for none, in the first entry.
func AppendCertificate13(dst, context []byte, chain [][]byte, staple []byte) []byte {
	return AppendCertificateEntries13(dst, context, EntriesOf(chain, staple, nil))
}

// EntriesOf are the entries of a chain, with an OCSP response and timestamps,
// nil for none, in the first.
func EntriesOf(chain [][]byte, staple []byte, scts [][]byte) []CertificateEntry {
	entries := make([]CertificateEntry, len(chain))
	for i, cert := range chain {
		entries[i].Cert = cert
		if i == 0 {
			entries[i].Staple, entries[i].SCTs = staple, scts
		}
	}
	return entries
}

// AppendCertificateEntries13 encodes a Certificate of TLS 1.3, with extensions
// entry by entry.
func AppendCertificateEntries13(dst, context []byte, entries []CertificateEntry) []byte {
	at := len(dst)
	dst = openMessage(dst, iana.TypeCertificate)
	dst = appendVec8(dst, context)
	list := len(dst)
	dst = open24(dst)
	for i := range entries {
		e := &entries[i]
		dst = appendVec24(dst, e.Cert)
		dst, _ = appendExtensions(dst, e, e.Custom, (*row).inCertificateEntry)
	}
	dst = close24(dst, list)
	return closeMessage(dst, at)
}

// ParseCertificate12 decodes a Certificate of TLS 1.2 (RFC 5246, section 7.4.2)
// into m, replacing what it holds but for the memory of m.Entries.
func ParseCertificate12(m *Certificate, msg []byte) error {
	*m = Certificate{Entries: m.Entries[:0]}
	r, err := body(msg, iana.TypeCertificate)
	if err != nil {
		return err
	}
	list := r.sub24(0)
	if !r.done() {
		return malformed(iana.TypeCertificate)
	}
	for list.more() {
		m.Entries = append(m.Entries, CertificateEntry{Cert: list.vec24(1)})
	}
	if list.bad {
		return malformed(iana.TypeCertificate)
	}
	return nil
}

// AppendCertificate12 encodes a Certificate of TLS 1.2.
func AppendCertificate12(dst []byte, chain [][]byte) []byte {
	at := len(dst)
	dst = openMessage(dst, iana.TypeCertificate)
	list := len(dst)
	dst = open24(dst)
	for _, cert := range chain {
		dst = appendVec24(dst, cert)
	}
	dst = close24(dst, list)
	return closeMessage(dst, at)
}

// statusOCSP is the CertificateStatusType ocsp (RFC 6066, section 8).
const statusOCSP = 1

// ParseCertificateStatus decodes a CertificateStatus (TLS 1.2; RFC 6066,
// section 8) and returns the OCSP response.
func ParseCertificateStatus(msg []byte) (response []byte, err error) {
	r, err := body(msg, iana.TypeCertificateStatus)
	if err != nil {
		return nil, err
	}
	if typ := r.u8(); !r.bad && typ != statusOCSP {
		return nil, illegal(iana.TypeCertificateStatus, "status type")
	}
	if response = r.vec24(1); !r.done() {
		return nil, malformed(iana.TypeCertificateStatus)
	}
	return response, nil
}

// AppendCertificateStatus encodes a CertificateStatus.
func AppendCertificateStatus(dst, response []byte) []byte {
	at := len(dst)
	dst = openMessage(dst, iana.TypeCertificateStatus)
	dst = append(dst, statusOCSP)
	dst = appendVec24(dst, response)
	return closeMessage(dst, at)
}

// ParseCertificateVerify decodes a CertificateVerify (RFC 8446, section 4.4.3;
// RFC 5246, section 7.4.8).
func ParseCertificateVerify(msg []byte) (scheme iana.SignatureScheme, signature []byte, err error) {
	r, err := body(msg, iana.TypeCertificateVerify)
	if err != nil {
		return 0, nil, err
	}
	scheme = iana.SignatureScheme(r.u16())
	signature = r.vec16(0)
	if !r.done() {
		return 0, nil, malformed(iana.TypeCertificateVerify)
	}
	return scheme, signature, nil
}

// AppendCertificateVerify encodes a CertificateVerify.
func AppendCertificateVerify(dst []byte, scheme iana.SignatureScheme, signature []byte) []byte {
	at := len(dst)
	dst = openMessage(dst, iana.TypeCertificateVerify)
	dst = append16(dst, uint16(scheme))
	dst = appendVec16(dst, signature)
	return closeMessage(dst, at)
}
