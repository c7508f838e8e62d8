package ossl

import (
	"math"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"patina/core/iana"
)

// The encoding of SSL_SESSION that d2i_SSL_SESSION(3) reads: a SEQUENCE of
// version, protocol, cipher suite, ID and secret, then tagged fields that are
// left out where they are zero.

// sessionASN1Version is the version of the encoding.
const sessionASN1Version = 1

// Tags of the optional fields, as in OpenSSL's SSL_SESSION_ASN1.
const (
	sessKeyArg = iota
	sessTime
	sessTimeout
	sessPeer
	sessContext
	sessVerifyResult
	sessHostname
	sessPSKHint
	sessPSKIdentity
	sessTicketHint
	sessTicket
	sessCompression
	sessSRPUser
	sessFlags
	sessAgeAdd
	sessEarlyData
	sessALPN
	sessMaxFragment
	sessAppData
	sessGroup
)

// Marshal is i2d_SSL_SESSION; nil for a session that has no cipher suite.
func (s *Session) Marshal() []byte {
	d := s.data.Load()
	if d.Suite == 0 {
		return nil
	}
	return d.marshal()
}

func (d *sessionData) marshal() []byte {
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(sessionASN1Version)
		b.AddASN1Int64(int64(d.Version))
		b.AddASN1OctetString([]byte{byte(d.Suite >> 8), byte(d.Suite)})
		b.AddASN1OctetString(d.ID)
		b.AddASN1OctetString(d.Secret)
		integer := func(tag uint8, v int64, always bool) {
			if v != 0 || always {
				explicit(b, tag, func(b *cryptobyte.Builder) { b.AddASN1Int64(v) })
			}
		}
		octets := func(tag uint8, v []byte, always bool) {
			if len(v) > 0 || always {
				explicit(b, tag, func(b *cryptobyte.Builder) { b.AddASN1OctetString(v) })
			}
		}
		integer(sessTime, d.Created, false)
		integer(sessTimeout, d.timeout, false)
		if len(d.PeerChain) > 0 {
			explicit(b, sessPeer, func(b *cryptobyte.Builder) { b.AddBytes(d.PeerChain[0]) })
		}
		octets(sessContext, d.Context, true)
		integer(sessVerifyResult, int64(d.VerifyResult), false)
		octets(sessHostname, []byte(d.ServerName), false)
		octets(sessPSKHint, []byte(d.pskHint), false)
		octets(sessPSKIdentity, d.PSKIdentity, false)
		integer(sessTicketHint, int64(d.hint), false)
		octets(sessTicket, d.Ticket, false)
		octets(sessSRPUser, []byte(d.srpUser), false)
		if d.EMS {
			integer(sessFlags, extMSFlag, false)
		}
		integer(sessAgeAdd, int64(d.AgeAdd), false)
		integer(sessEarlyData, int64(d.MaxEarlyData), false)
		octets(sessALPN, []byte(d.ALPN), false)
		integer(sessMaxFragment, int64(d.maxFragment), false)
		octets(sessAppData, d.AppData, false)
		integer(sessGroup, int64(d.Group), true)
	})
	return b.BytesOrPanic()
}

func explicit(b *cryptobyte.Builder, tag uint8, f cryptobyte.BuilderContinuation) {
	b.AddASN1(asn1.Tag(tag).Constructed().ContextSpecific(), f)
}

// sessionReader reads the tagged fields in order; the first error sticks.
type sessionReader struct {
	in  cryptobyte.String
	bad bool
}

// field is the content of a tagged field; false if it is not there.
func (r *sessionReader) field(tag uint8) (cryptobyte.String, bool) {
	var content cryptobyte.String
	var present bool
	if r.bad || !r.in.ReadOptionalASN1(&content, &present, asn1.Tag(tag).Constructed().ContextSpecific()) {
		r.bad = true
		return nil, false
	}
	return content, present
}

func (r *sessionReader) octets(tag uint8) []byte {
	content, ok := r.field(tag)
	if !ok {
		return nil
	}
	var v cryptobyte.String
	if !content.ReadASN1(&v, asn1.OCTET_STRING) || !content.Empty() {
		r.bad = true
	}
	return append([]byte(nil), v...)
}

// integer reads an INTEGER of [lo, hi].
func (r *sessionReader) integer(tag uint8, lo, hi int64) int64 {
	content, ok := r.field(tag)
	if !ok {
		return 0
	}
	var v int64
	if !content.ReadASN1Integer(&v) || !content.Empty() || v < lo || v > hi {
		r.bad = true
		return 0
	}
	return v
}

// UnmarshalSession is d2i_SSL_SESSION: it reads the session at the front of der
// and returns what follows it. The error is errFailed, which puts nothing on the
// queue, where the encoding is at fault.
func UnmarshalSession(der []byte) (s *Session, rest []byte, err error) {
	in := cryptobyte.String(der)
	var body cryptobyte.String
	var version, protocol int64
	var suite, id, secret cryptobyte.String
	if !in.ReadASN1(&body, asn1.SEQUENCE) || !body.ReadASN1Integer(&version) || !body.ReadASN1Integer(&protocol) ||
		!body.ReadASN1(&suite, asn1.OCTET_STRING) || !body.ReadASN1(&id, asn1.OCTET_STRING) ||
		!body.ReadASN1(&secret, asn1.OCTET_STRING) {
		return nil, nil, errFailed
	}
	if version != sessionASN1Version {
		return nil, nil, fail(ReasonUnknownSSLVersion)
	}
	if protocol>>8 != 3 && protocol>>8 != 0xfe && protocol != 0x100 {
		return nil, nil, fail(ReasonUnsupportedSSLVersion)
	}
	if len(suite) != 2 {
		return nil, nil, fail(ReasonCipherCodeWrongLength)
	}
	d := &sessionData{}
	d.Version = iana.ProtocolVersion(protocol)
	d.Suite = iana.CipherSuite(uint16(suite[0])<<8 | uint16(suite[1]))
	if CipherByID(d.Suite) == nil || len(id) > maxSessionID || len(secret) > maxMasterKey {
		return nil, nil, errFailed
	}
	d.ID, d.Secret = append([]byte(nil), id...), append([]byte(nil), secret...)
	r := &sessionReader{in: body}
	if !r.in.SkipOptionalASN1(asn1.Tag(sessKeyArg).ContextSpecific()) {
		r.bad = true
	}
	if d.Created = r.integer(sessTime, math.MinInt64, math.MaxInt64); d.Created == 0 {
		d.Created = now().Unix()
	}
	if d.timeout = r.integer(sessTimeout, math.MinInt64, math.MaxInt64); d.timeout == 0 {
		d.timeout = missingTimeout
	}
	if peer, ok := r.field(sessPeer); ok {
		d.PeerChain, d.leafOnly = [][]byte{append([]byte(nil), peer...)}, true
	}
	if d.Context = r.octets(sessContext); len(d.Context) > maxSessionContext {
		return nil, nil, fail(ReasonBadLength)
	}
	d.VerifyResult = int32(r.integer(sessVerifyResult, math.MinInt32, math.MaxInt32))
	d.ServerName = string(r.octets(sessHostname))
	d.pskHint = string(r.octets(sessPSKHint))
	d.PSKIdentity = r.octets(sessPSKIdentity)
	d.hint = uint32(r.integer(sessTicketHint, 0, math.MaxUint32))
	d.Ticket = r.octets(sessTicket)
	r.octets(sessCompression)
	d.srpUser = string(r.octets(sessSRPUser))
	d.EMS = r.integer(sessFlags, 0, math.MaxInt64)&extMSFlag != 0
	d.AgeAdd = uint32(r.integer(sessAgeAdd, 0, math.MaxUint32))
	d.MaxEarlyData = uint32(r.integer(sessEarlyData, 0, math.MaxUint32))
	d.ALPN = string(r.octets(sessALPN))
	d.maxFragment = uint8(r.integer(sessMaxFragment, 0, math.MaxUint8))
	d.AppData = r.octets(sessAppData)
	d.Group = iana.NamedGroup(r.integer(sessGroup, 0, math.MaxUint16))
	if r.bad || !r.in.Empty() {
		return nil, nil, errFailed
	}
	return makeSession(d), in, nil
}

// missingTimeout is the lifetime, in seconds, of an encoded session that names none.
const missingTimeout = 3
