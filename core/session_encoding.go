package core

import (
	"encoding/binary"
	"errors"

	"patina/core/iana"
	"patina/core/keys"
	"patina/core/suite"
)

// ErrSessionEncoding: the bytes are no session this version has encoded.
var ErrSessionEncoding = errors.New("tls: not an encoded session")

// sessionFormat is the first byte of an encoded session; to be raised when the
// format changes, so that old tickets are not misread.
const sessionFormat = 4

// maxSessionCerts is how long a chain, or a list of timestamps, an encoded
// session may hold.
const maxSessionCerts = 100

// AppendBinary appends s to b in a form of the engine's own, which is what
// TicketKeys seal. It holds the secret in the clear.
func (s *Session) AppendBinary(b []byte) ([]byte, error) {
	b = append(b, sessionFormat)
	b = binary.BigEndian.AppendUint16(b, uint16(s.Version))
	b = binary.BigEndian.AppendUint16(b, uint16(s.Suite))
	b = binary.BigEndian.AppendUint16(b, uint16(s.Group))
	b = binary.BigEndian.AppendUint32(b, s.Lifetime)
	b = binary.BigEndian.AppendUint64(b, uint64(s.Created))
	b = binary.BigEndian.AppendUint16(b, s.CreatedMilli)
	b = binary.BigEndian.AppendUint32(b, s.AgeAdd)
	b = binary.BigEndian.AppendUint32(b, s.MaxEarlyData)
	b = binary.BigEndian.AppendUint32(b, uint32(s.VerifyResult))
	var flags byte
	if s.EMS {
		flags |= 1
	}
	b = append(b, flags)
	for _, v := range [...][]byte{s.Secret, s.ID, s.Ticket, []byte(s.ServerName), []byte(s.ALPN), s.Context, s.AppData, s.PeerRawPublicKey, s.PSKIdentity} {
		if len(v) > 1<<16-1 {
			return nil, ErrSessionEncoding
		}
		b = binary.BigEndian.AppendUint16(b, uint16(len(v)))
		b = append(b, v...)
	}
	var staple [][]byte
	if len(s.PeerStaple) > 0 {
		staple = [][]byte{s.PeerStaple}
	}
	for _, list := range [...][][]byte{s.PeerChain, staple, s.PeerSCTs} {
		if len(list) > maxSessionCerts {
			return nil, ErrSessionEncoding
		}
		b = append(b, byte(len(list)))
		for _, v := range list {
			b = binary.BigEndian.AppendUint32(b, uint32(len(v)))
			b = append(b, v...)
		}
	}
	return b, nil
}

// decoder takes values off the front of b; bad is set when it is too short.
type decoder struct {
	b   []byte
	bad bool
}

func (d *decoder) take(n int) []byte {
	if n < 0 || n > len(d.b) {
		d.b, d.bad = nil, true
		return nil
	}
	v := d.b[:n:n]
	d.b = d.b[n:]
	return v
}

func (d *decoder) uint(n int) (v uint64) {
	for _, x := range d.take(n) {
		v = v<<8 | uint64(x)
	}
	return v
}

func (d *decoder) vec() []byte {
	v := d.take(int(d.uint(2)))
	if len(v) == 0 {
		return nil
	}
	return v
}

// list takes a list of long values.
func (d *decoder) list() (list [][]byte) {
	n := int(d.uint(1))
	if n > maxSessionCerts {
		d.b, d.bad = nil, true
		return nil
	}
	for ; n > 0 && !d.bad; n-- {
		list = append(list, d.take(int(d.uint(4))))
	}
	return list
}

// DecodeSession is AppendBinary's inverse. The session points into b.
func DecodeSession(b []byte) (*Session, error) {
	d := decoder{b: b}
	if d.uint(1) != sessionFormat {
		return nil, ErrSessionEncoding
	}
	s := &Session{
		Version:      iana.ProtocolVersion(d.uint(2)),
		Suite:        iana.CipherSuite(d.uint(2)),
		Group:        iana.NamedGroup(d.uint(2)),
		Lifetime:     uint32(d.uint(4)),
		Created:      int64(d.uint(8)),
		CreatedMilli: uint16(d.uint(2)),
		AgeAdd:       uint32(d.uint(4)),
		MaxEarlyData: uint32(d.uint(4)),
		VerifyResult: int32(d.uint(4)),
		EMS:          d.uint(1)&1 != 0,
	}
	s.Secret = d.vec()
	s.ID = d.vec()
	s.Ticket = d.vec()
	s.ServerName = string(d.vec())
	s.ALPN = string(d.vec())
	s.Context = d.vec()
	s.AppData = d.vec()
	s.PeerRawPublicKey = d.vec()
	s.PSKIdentity = d.vec()
	s.PeerChain = d.list()
	staple := d.list()
	s.PeerSCTs = d.list()
	if len(staple) > 0 {
		s.PeerStaple = staple[0]
	}
	if d.bad || len(staple) > 1 || len(d.b) > 0 || !s.sound() {
		return nil, ErrSessionEncoding
	}
	return s, nil
}

// sound reports whether s could be of one of the engine's handshakes.
func (s *Session) sound() bool {
	cs := suite.Lookup(s.Suite)
	if cs == nil || cs.Version != s.Version || len(s.ID) > maxSessionID {
		return false
	}
	if s.Version == iana.VersionTLS12 {
		return len(s.Secret) == keys.MasterSecretLen
	}
	return len(s.Secret) == cs.HashLen
}
