package wire

import "patina/core/iana"

// codec is what a row says about an extension in a message M.
type codec[M any] struct {
	// has reports whether m, about to be built, carries the extension. Nil:
	// it is only parsed.
	has func(m *M) bool
	// build appends the extension's data.
	build func(dst []byte, m *M) []byte
	// parse takes the extension's data from r into m. It returns an error for
	// what is decodable and wrong; what is not decodable it leaves to r.
	parse func(m *M, r *reader) error
	// required reports whether the absence of the extension from m is an error.
	// Nil: it may be absent, which leaves the fields of m zero.
	required func(m *M) bool
}

// row is an extension and the messages in which it may stand (RFC 8446,
// section 4.2); nil where it must not.
type row struct {
	typ                 iana.ExtensionType
	clientHello         *codec[ClientHello]
	serverHello12       *codec[ServerHello]
	serverHello13       *codec[ServerHello]
	helloRetryRequest   *codec[ServerHello]
	encryptedExtensions *codec[EncryptedExtensions]
	certificateEntry    *codec[CertificateEntry]
	certificateRequest  *codec[CertificateRequest]
	newSessionTicket    *codec[NewSessionTicket]
}

// registry has the extensions in the order in which messages carry them.
var registry = [...]row{
	{typ: iana.ExtRenegotiationInfo, clientHello: &renegotiationInfoCH, serverHello12: &renegotiationInfoSH},
	{typ: iana.ExtServerName, clientHello: &serverNameCH, serverHello12: &serverNameSH, encryptedExtensions: &serverNameEE},
	{typ: iana.ExtMaxFragmentLength, clientHello: &maxFragmentLengthCH, serverHello12: &maxFragmentLengthSH, encryptedExtensions: &maxFragmentLengthEE},
	{typ: iana.ExtRecordSizeLimit, clientHello: &recordSizeLimitCH, serverHello12: &recordSizeLimitSH, encryptedExtensions: &recordSizeLimitEE},
	{typ: iana.ExtECPointFormats, clientHello: &pointFormatsCH, serverHello12: &pointFormatsSH},
	{typ: iana.ExtSupportedGroups, clientHello: &groupsCH, serverHello12: &groupsSH, encryptedExtensions: &groupsEE},
	{typ: iana.ExtSessionTicket, clientHello: &sessionTicketCH, serverHello12: &sessionTicketSH},
	{typ: iana.ExtStatusRequest, clientHello: &statusRequestCH, serverHello12: &statusRequestSH, certificateEntry: &statusRequestCE, certificateRequest: &statusRequestCR},
	{typ: iana.ExtSignedCertificateTimestamp, clientHello: &sctCH, serverHello12: &sctSH, certificateEntry: &sctCE, certificateRequest: &sctCR},
	{typ: iana.ExtALPN, clientHello: &alpnCH, serverHello12: &alpnSH, encryptedExtensions: &alpnEE},
	{typ: iana.ExtExtendedMasterSecret, clientHello: &extendedMasterSecretCH, serverHello12: &extendedMasterSecretSH},
	{typ: iana.ExtSignatureAlgorithmsCert, clientHello: &signatureAlgorithmsCertCH, certificateRequest: &signatureAlgorithmsCertCR},
	{typ: iana.ExtPostHandshakeAuth, clientHello: &postHandshakeAuthCH},
	{typ: iana.ExtSignatureAlgorithms, clientHello: &signatureAlgorithmsCH, certificateRequest: &signatureAlgorithmsCR},
	{typ: iana.ExtSupportedVersions, clientHello: &supportedVersionsCH, serverHello13: &supportedVersionsSH, helloRetryRequest: &supportedVersionsSH},
	{typ: iana.ExtPSKKeyExchangeModes, clientHello: &pskModesCH},
	{typ: iana.ExtKeyShare, clientHello: &keyShareCH, serverHello13: &keyShareSH, helloRetryRequest: &keyShareHRR},
	{typ: iana.ExtCookie, clientHello: &cookieCH, helloRetryRequest: &cookieHRR},
	{typ: iana.ExtEarlyData, clientHello: &earlyDataCH, encryptedExtensions: &earlyDataEE, newSessionTicket: &earlyDataNST},
	{typ: iana.ExtClientCertificateType, clientHello: &clientCertTypeCH, serverHello12: &clientCertTypeSH, encryptedExtensions: &clientCertTypeEE},
	{typ: iana.ExtServerCertificateType, clientHello: &serverCertTypeCH, serverHello12: &serverCertTypeSH, encryptedExtensions: &serverCertTypeEE},
	{typ: iana.ExtCompressCertificate, clientHello: &compressCertificateCH, certificateRequest: &compressCertificateCR},
	{typ: iana.ExtCertificateAuthorities, clientHello: &authoritiesCH, certificateRequest: &authoritiesCR},
	{typ: iana.ExtQUICTransportParameters, clientHello: &quicTransportParametersCH, encryptedExtensions: &quicTransportParametersEE},
	{typ: iana.ExtEncryptedClientHello, clientHello: &echCH, helloRetryRequest: &echHRR, encryptedExtensions: &echEE},
	// pre_shared_key is the last extension of a ClientHello (section 4.2.11).
	{typ: iana.ExtPreSharedKey, clientHello: &preSharedKeyCH, serverHello13: &preSharedKeySH},
}

// The columns of the registry.
func (x *row) inClientHello() *codec[ClientHello]                 { return x.clientHello }
func (x *row) inServerHello12() *codec[ServerHello]               { return x.serverHello12 }
func (x *row) inServerHello13() *codec[ServerHello]               { return x.serverHello13 }
func (x *row) inHelloRetryRequest() *codec[ServerHello]           { return x.helloRetryRequest }
func (x *row) inEncryptedExtensions() *codec[EncryptedExtensions] { return x.encryptedExtensions }
func (x *row) inCertificateEntry() *codec[CertificateEntry]       { return x.certificateEntry }
func (x *row) inCertificateRequest() *codec[CertificateRequest]   { return x.certificateRequest }
func (x *row) inNewSessionTicket() *codec[NewSessionTicket]       { return x.newSessionTicket }

// ExtensionSet is a set of the extensions in the registry.
type ExtensionSet uint64

// bit is the extension's place in an ExtensionSet. Every extension type in the
// registry is below 62, but for the two that have the last places.
func bit(t iana.ExtensionType) (uint, bool) {
	switch {
	case t < 62:
		return uint(t), true
	case t == iana.ExtEncryptedClientHello:
		return 62, true
	case t == iana.ExtRenegotiationInfo:
		return 63, true
	}
	return 0, false
}

// Has reports whether t is in the set.
func (s ExtensionSet) Has(t iana.ExtensionType) bool {
	n, ok := bit(t)
	return ok && s>>n&1 != 0
}

// With is the set with t, which must be in the registry.
func (s ExtensionSet) With(t iana.ExtensionType) ExtensionSet {
	n, _ := bit(t)
	return s | 1<<n
}

// lookup finds rows by bit.
var lookup [64]*row

func init() {
	for i := range registry {
		n, ok := bit(registry[i].typ)
		if !ok || lookup[n] != nil {
			panic("wire: extension registry: " + registry[i].typ.String())
		}
		lookup[n] = &registry[i]
	}
}

func find(t iana.ExtensionType) *row {
	if n, ok := bit(t); ok {
		return lookup[n]
	}
	return nil
}

// block parses a block of extensions of one message.
type block[M any] struct {
	message iana.HandshakeType
	column  func(*row) *codec[M]
	// answers is set if the message may only carry what was offered before.
	answers bool
	offered ExtensionSet
	// raw, if not nil, takes the extensions undecoded.
	raw *[]Extension
	// known are the extensions of the application's; custom takes those that there are.
	known  CustomTypes
	in     Messages
	custom []Extension
}

// MaxExtensions is how many extensions one message, or one entry of a Certificate,
// may have, those this engine does not know and GREASE included. Clients send
// some twenty.
const MaxExtensions = 256

// parse reads the extensions in r, which is the content of the vector, into m
// and returns which of the registry there were. RFC 8446, section 4.2: no
// duplicates, nothing in a message it is not specified for.
func (b *block[M]) parse(m *M, r reader) (ExtensionSet, error) {
	var seen ExtensionSet
	var unknown distinct
	var d reader // one for all: it escapes to the codecs
	for n := 0; r.more(); n++ {
		if n == MaxExtensions {
			return seen, &Error{Malformed, b.message, NoExtension, "too many extensions"}
		}
		t := iana.ExtensionType(r.u16())
		data := r.vec16(0)
		if r.bad {
			return seen, malformed(b.message)
		}
		if b.raw != nil {
			*b.raw = append(*b.raw, Extension{t, data})
		}
		if k := b.known.Find(t); k != nil {
			if err := b.parseCustom(k, data); err != nil {
				return seen, err
			}
			continue
		}
		x := find(t)
		if x == nil {
			if b.answers {
				return seen, &Error{Unsolicited, b.message, t, ""}
			}
			if !unknown.add(uint16(t)) {
				return seen, &Error{Illegal, b.message, t, WhatDuplicate}
			}
			continue
		}
		if seen.Has(t) {
			return seen, &Error{Illegal, b.message, t, WhatDuplicate}
		}
		seen = seen.With(t)
		c := b.column(x)
		if c == nil {
			return seen, &Error{Illegal, b.message, t, WhatForbidden}
		}
		if b.answers && !b.offered.Has(t) {
			return seen, &Error{Unsolicited, b.message, t, ""}
		}
		d = reader{b: data}
		if err := c.parse(m, &d); err != nil {
			e := err.(*Error)
			e.Message, e.Extension = b.message, t
			return seen, e
		}
		if !d.done() {
			return seen, &Error{Malformed, b.message, t, ""}
		}
		if t == iana.ExtPreSharedKey && b.message == iana.TypeClientHello && r.more() {
			return seen, &Error{Illegal, b.message, t, "not the last extension"}
		}
	}
	if r.bad {
		return seen, malformed(b.message)
	}
	return seen, nil
}

// parseCustom takes an extension of the application's.
func (b *block[M]) parseCustom(k *CustomType, data []byte) error {
	switch {
	case hasType(b.custom, k.Type):
		return &Error{Illegal, b.message, k.Type, WhatDuplicate}
	case k.In&b.in == 0:
		return &Error{Illegal, b.message, k.Type, WhatForbidden}
	}
	b.custom = append(b.custom, Extension{k.Type, data})
	return nil
}

// missing returns an error for the first required extension of m not in seen.
func missing[M any](m *M, message iana.HandshakeType, seen ExtensionSet, column func(*row) *codec[M]) error {
	for i := range registry {
		x := &registry[i]
		if c := column(x); c != nil && c.required != nil && !seen.Has(x.typ) && c.required(m) {
			return &Error{Missing, message, x.typ, ""}
		}
	}
	return nil
}

// appendExtensions appends the block of extensions of m, its length included,
// and returns which of the registry there were. They stand in the order of the
// registry, behind the application's.
func appendExtensions[M any](dst []byte, m *M, custom []Extension, column func(*row) *codec[M]) ([]byte, ExtensionSet) {
	return appendOrdered(dst, m, custom, column, nil)
}

// appendOrdered is appendExtensions in another order, of places in the registry.
func appendOrdered[M any](dst []byte, m *M, custom []Extension, column func(*row) *codec[M], order Order) ([]byte, ExtensionSet) {
	var sent ExtensionSet
	at := len(dst)
	dst = open16(dst)
	for _, e := range custom {
		dst = appendExtension(dst, e)
	}
	for i := range registry {
		if order != nil {
			i = int(order[i])
		}
		x := &registry[i]
		c := column(x)
		if c == nil || c.has == nil || !c.has(m) || len(custom) > 0 && hasType(custom, x.typ) {
			continue
		}
		dst = append16(dst, uint16(x.typ))
		start := len(dst)
		dst = c.build(open16(dst), m)
		dst = close16(dst, start)
		sent = sent.With(x.typ)
	}
	return close16(dst, at), sent
}

// wrong is an Error of an extension; block.parse fills in which.
func wrong(k Kind, what string) error { return &Error{Kind: k, What: what} }

// flag is the codec of an extension without data.
func flag[M any](field func(m *M) *bool) codec[M] {
	return codec[M]{
		has:   func(m *M) bool { return *field(m) },
		build: func(dst []byte, m *M) []byte { return dst },
		parse: func(m *M, r *reader) error { *field(m) = true; return nil },
	}
}

// distinct tells values seen before from new ones: a short list first, then a
// table of bits, so that a long message costs no more than its length.
type distinct struct {
	n     int
	few   [16]uint16
	table *[1 << 16 / 64]uint64
}

// add reports whether v is new.
func (d *distinct) add(v uint16) bool {
	if d.table != nil {
		w, b := &d.table[v/64], uint64(1)<<(v%64)
		if *w&b != 0 {
			return false
		}
		*w |= b
		return true
	}
	for _, x := range d.few[:d.n] {
		if x == v {
			return false
		}
	}
	if d.n < len(d.few) {
		d.few[d.n] = v
		d.n++
		return true
	}
	d.table = new([1 << 16 / 64]uint64)
	for _, x := range d.few {
		d.add(x)
	}
	return d.add(v)
}
