package record

import (
	"encoding/binary"

	"patina/core/iana"
)

// Sealer puts protection on records to be sent. Its zero value sends
// unprotected ones.
type Sealer struct {
	half
	// Version stands in the header of each record; zero: TLS 1.2. A client's
	// first record has TLS 1.0 there (RFC 8446, section 5.1).
	Version iana.ProtocolVersion
}

// Protect seals the records from now on with p.
func (s *Sealer) Protect(p Protection) { s.set(p) }

// Overhead is how much longer than its content a record is.
func (s *Sealer) Overhead() int {
	switch {
	case s.aead == nil:
		return HeaderLen
	case s.tls13:
		return HeaderLen + 1 + tagLen
	}
	return HeaderLen + s.explicit + tagLen
}

// Left is how many records may still be sealed with the present keys.
func (s *Sealer) Left() uint64 {
	if s.aead == nil {
		return 1<<64 - 1
	}
	return s.limit - s.seq
}

// Seal appends the record of content, at most MaxPlaintext bytes, to dst, which
// must have room for it. content must not overlap that room.
func (s *Sealer) Seal(dst []byte, typ iana.ContentType, content []byte) ([]byte, error) {
	return s.SealPadded(dst, typ, content, 0)
}

// Pads reports that records can be padded now: TLS 1.3 protects them.
func (s *Sealer) Pads() bool { return s.aead != nil && s.tls13 }

// SealPadded is Seal with padding zeros behind content and type where records can
// be padded (RFC 8446, section 5.4); content and padding are at most MaxPlaintext.
func (s *Sealer) SealPadded(dst []byte, typ iana.ContentType, content []byte, padding int) ([]byte, error) {
	if !s.Pads() || typ == iana.ContentChangeCipherSpec {
		padding = 0
	}
	if padding < 0 || padding > MaxPlaintext || len(content)+padding > MaxPlaintext {
		return dst, ErrContent
	}
	// A change_cipher_spec among TLS 1.3 records is never protected (RFC 8446,
	// section 5).
	plain := s.aead == nil || s.tls13 && typ == iana.ContentChangeCipherSpec
	total := len(content) + HeaderLen
	if !plain {
		total = len(content) + padding + s.Overhead()
	}
	if cap(dst)-len(dst) < total {
		return dst, ErrShortSpace
	}
	if !plain && s.Left() == 0 {
		return dst, ErrLimit
	}
	out := dst[: len(dst)+total : len(dst)+total]
	rec := out[len(dst):]
	version := s.Version
	if version == 0 {
		version = iana.VersionTLS12
	}
	rec[0] = byte(typ)
	binary.BigEndian.PutUint16(rec[1:], uint16(version))
	binary.BigEndian.PutUint16(rec[3:], uint16(total-HeaderLen))
	if plain {
		copy(rec[HeaderLen:], content)
		return dst[:len(out)], nil
	}
	body := rec[HeaderLen:]
	if s.tls13 {
		rec[0] = byte(iana.ContentApplicationData)
		inner := body[:len(content)+1+padding]
		copy(inner, content)
		inner[len(content)] = byte(typ)
		clear(inner[len(content)+1:])
		s.aead.Seal(body[:0], s.makeNonce(s.seq), inner, rec[:HeaderLen:HeaderLen])
	} else {
		// The explicit part of the nonce is the sequence number (RFC 5288,
		// section 3).
		if s.explicit > 0 {
			binary.BigEndian.PutUint64(body, s.seq)
		}
		s.aead.Seal(body[s.explicit:s.explicit], s.makeNonce(s.seq), content, s.makeAAD12(typ, version, len(content)))
	}
	s.seq++
	return dst[:len(out)], nil
}
