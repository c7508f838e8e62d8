package record

import (
	"encoding/binary"

	"patina/core/iana"
)

// Outcome says what Open has found.
type Outcome uint8

// Outcomes.
const (
	// More: the record is not complete; Need bytes must be there. Nothing has
	// been consumed.
	More Outcome = iota
	// Success: a record; Type and Content, which is not empty.
	Success
	// Discard: a record that means nothing; go on.
	Discard
	// Empty: a record without content; go on.
	Empty
	// Warning: a warning alert that ends nothing; Alert. Go on.
	Warning
	// Closed: the peer's close_notify.
	Closed
	// PeerFailed: a fatal alert of the peer; Alert.
	PeerFailed
	// Failed: the record is wrong; Err. The connection is over.
	Failed
)

// Record is what Open has found at the beginning of its input.
type Record struct {
	Outcome  Outcome
	Type     iana.ContentType
	Content  []byte // within the input; alerts have theirs here too
	Consumed int    // bytes of the input done with
	Need     int    // More: the total length of input wanted
	Alert    iana.AlertDescription
	Err      Error
}

// IsAlert reports that the record is an alert, well formed or not.
func (r *Record) IsAlert() bool {
	switch r.Outcome {
	case Warning, Closed, PeerFailed:
		return true
	case Failed:
		return r.Err == ErrAlert || r.Err == ErrAlertLevel || r.Err == ErrWarnings
	}
	return false
}

// Opener takes the protection off received records. Its zero value opens
// unprotected ones.
type Opener struct {
	half
	// Version is the one agreed, zero until then.
	Version iana.ProtocolVersion
	// MaxContent limits the content of a record; zero: MaxPlaintext.
	MaxContent int
	// MaxInner limits the plaintext of a protected record: its content and, in
	// TLS 1.3, content type and padding (RFC 8449, section 4); zero: no more than
	// MaxPlaintext of content.
	MaxInner int
	// DropCCS makes change_cipher_spec records be dropped (RFC 8446, section
	// 5): set during a TLS 1.3 handshake.
	DropCCS bool
	// PlainAlerts lets an alert come unprotected instead of the first
	// protected record: a client that cannot make keys has no other way.
	PlainAlerts bool
	// SkipEarly, if not zero, is one more than the bytes of rejected early data,
	// records and all, that may still be skipped (RFC 8446, section 4.2.10).
	SkipEarly int

	begun    bool // a record has been taken
	empty    int
	warnings int
	dropped  int
}

// Protect opens the records from now on with p.
func (o *Opener) Protect(p Protection) { o.set(p) }

func failed(e Error, consumed int) Record {
	return Record{Outcome: Failed, Err: e, Consumed: consumed}
}

// Open looks at the record at the beginning of in and opens it in place: its
// bytes in in are changed.
func (o *Opener) Open(in []byte) (r Record) {
	if len(in) < HeaderLen {
		return Record{Outcome: More, Need: HeaderLen}
	}
	typ := iana.ContentType(in[0])
	version := iana.ProtocolVersion(binary.BigEndian.Uint16(in[1:]))
	length := int(binary.BigEndian.Uint16(in[3:]))
	if !o.begun {
		if e := foreign(in, typ, version); e != 0 {
			return failed(e, 0)
		}
	}
	if version>>8 != 3 || (o.Version != 0 && o.Version < iana.VersionTLS13 && version != o.Version) {
		return failed(ErrVersion, HeaderLen)
	}
	// What protects a record of TLS 1.2 is looked at before what it claims to be.
	if !contentKnown(typ) && (o.aead == nil || o.tls13) {
		return failed(ErrType, HeaderLen)
	}
	if o.tls13 && o.aead != nil && version != iana.VersionTLS12 {
		return failed(ErrHeader, HeaderLen)
	}
	switch {
	case length > maxAnyRecord:
		return failed(ErrLength, HeaderLen)
	case length > MaxCiphertext:
		return failed(ErrOverflow, HeaderLen)
	case length > MaxPlaintext && o.aead == nil:
		return failed(ErrContent, HeaderLen)
	}
	if len(in) < HeaderLen+length {
		return Record{Outcome: More, Need: HeaderLen + length}
	}
	o.begun = true
	consumed := HeaderLen + length
	body := in[HeaderLen:consumed:consumed]

	if typ == iana.ContentChangeCipherSpec && (o.DropCCS || o.aead != nil && o.tls13) {
		return o.dropCCS(body, consumed)
	}
	if o.aead == nil {
		if typ == iana.ContentApplicationData && o.SkipEarly > 0 {
			return o.skip(consumed)
		}
		o.found(&r, typ, body, consumed)
		return r
	}
	if o.tls13 && typ != iana.ContentApplicationData {
		if typ == iana.ContentAlert && o.PlainAlerts && o.seq == 0 && length == 2 {
			o.found(&r, typ, body, consumed)
			return r
		}
		return failed(ErrType, consumed)
	}
	if o.seq >= o.limit {
		return failed(ErrLimit, consumed)
	}
	if length < o.explicit+tagLen {
		if o.SkipEarly > 0 && o.seq == 0 {
			return o.skip(consumed)
		}
		return failed(ErrMAC, consumed)
	}
	sealed := body[o.explicit:]
	n := o.seq
	if o.explicit > 0 {
		n = binary.BigEndian.Uint64(body)
	}
	// A record that does not open is lost, but rejected early data is only
	// skipped: nothing of it is looked at.
	aad := in[:HeaderLen:HeaderLen]
	if !o.tls13 {
		aad = o.makeAAD12(typ, version, len(sealed)-tagLen)
	}
	content, err := o.aead.Open(sealed[:0], o.makeNonce(n), sealed, aad)
	if err != nil {
		if o.SkipEarly > 0 && o.seq == 0 {
			return o.skip(consumed)
		}
		return failed(ErrMAC, consumed)
	}
	o.SkipEarly = 0
	o.seq++
	if o.MaxInner > 0 && len(content) > o.MaxInner {
		return failed(ErrOverflow, consumed)
	}
	if o.tls13 {
		if len(content) > MaxPlaintext+1 {
			return failed(ErrContent, consumed)
		}
		// The real type is the last byte that is not padding (RFC 8446,
		// section 5.4).
		n := len(content)
		for n > 0 && content[n-1] == 0 {
			n--
		}
		if n == 0 {
			return failed(ErrType, consumed)
		}
		typ, content = iana.ContentType(content[n-1]), content[:n-1]
		if !contentKnown(typ) || typ == iana.ContentChangeCipherSpec {
			return failed(ErrType, consumed)
		}
		// Only data may be empty (RFC 8446, section 5.1).
		if len(content) == 0 && typ != iana.ContentApplicationData {
			return failed(ErrType, consumed)
		}
	}
	if !contentKnown(typ) {
		return failed(ErrType, consumed)
	}
	o.found(&r, typ, content, consumed)
	return r
}

// found makes r the record of content, whose protection is off. It writes r field by
// field, here and where data comes: copying a struct just written is slow.
func (o *Opener) found(r *Record, typ iana.ContentType, content []byte, consumed int) {
	r.Type, r.Consumed = typ, consumed
	limit := o.MaxContent
	if limit == 0 {
		limit = MaxPlaintext
	}
	switch {
	case len(content) > limit:
		*r = failed(ErrContent, r.Consumed)
	case len(content) == 0 && typ == iana.ContentAlert:
		*r = failed(ErrAlert, r.Consumed)
	case len(content) == 0:
		if o.empty++; o.empty > MaxEmpty {
			*r = failed(ErrEmpty, r.Consumed)
			return
		}
		r.Outcome = Empty
	case typ == iana.ContentAlert:
		o.alert(r, content)
	case typ == iana.ContentChangeCipherSpec && (len(content) != 1 || content[0] != 1):
		*r = failed(ErrCCS, r.Consumed)
	default:
		o.empty, o.warnings = 0, 0
		r.Outcome, r.Content = Success, content
	}
}

func (o *Opener) alert(r *Record, content []byte) {
	if len(content) != 2 {
		*r = failed(ErrAlert, r.Consumed)
		return
	}
	level := iana.AlertLevel(content[0])
	r.Content, r.Alert = content, iana.AlertDescription(content[1])
	switch {
	case level != iana.LevelWarning && level != iana.LevelFatal:
		*r = failed(ErrAlertLevel, r.Consumed)
	// A fatal close_notify of TLS 1.2 is an alert like others.
	case r.Alert == iana.AlertCloseNotify && (level == iana.LevelWarning || o.Version == iana.VersionTLS13):
		r.Outcome = Closed
	// TLS 1.3 keeps the level and gives it no meaning: everything but
	// close_notify and user_canceled is fatal (RFC 8446, section 6).
	case level == iana.LevelFatal || o.Version == iana.VersionTLS13 && r.Alert != iana.AlertUserCanceled:
		r.Outcome = PeerFailed
	default:
		r.Outcome = Warning
		if o.warnings++; o.warnings > MaxWarnings {
			*r = failed(ErrWarnings, r.Consumed)
		}
	}
}

func (o *Opener) dropCCS(body []byte, consumed int) Record {
	if !o.DropCCS {
		return failed(ErrType, consumed)
	}
	if len(body) != 1 || body[0] != 1 {
		return failed(ErrCCS, consumed)
	}
	if o.dropped++; o.dropped > MaxDropped {
		return failed(ErrDropped, consumed)
	}
	return Record{Outcome: Discard, Type: iana.ContentChangeCipherSpec, Content: body, Consumed: consumed}
}

func (o *Opener) skip(consumed int) Record {
	if o.SkipEarly -= consumed; o.SkipEarly <= 0 {
		return failed(ErrEarly, consumed)
	}
	return Record{Outcome: Discard, Type: iana.ContentApplicationData, Consumed: consumed}
}

// foreign recognises what is not TLS on a connection's first bytes, of which
// there are at least HeaderLen.
func foreign(in []byte, typ iana.ContentType, version iana.ProtocolVersion) Error {
	switch string(in[:4]) {
	case "GET ", "POST", "HEAD", "PUT ":
		return ErrHTTP
	case "CONN":
		return ErrHTTPProxy
	}
	if in[0]&0x80 != 0 && in[2] == byte(iana.TypeClientHello) {
		return ErrSSLv2
	}
	if version>>8 != 3 {
		return ErrNotTLS
	}
	if !contentKnown(typ) {
		return ErrType
	}
	return 0
}
