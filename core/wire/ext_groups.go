package wire

import "patina/core/iana"

// supported_groups (RFC 8446, section 4.2.7), ec_point_formats (RFC 8422,
// section 5.1.2) and key_share (RFC 8446, section 4.2.8).

// PointUncompressed is the one ECPointFormat in use (RFC 8422, section 5.1.2).
const PointUncompressed = 0

var groupsCH = codec[ClientHello]{
	has:   func(m *ClientHello) bool { return len(m.Groups) > 0 },
	build: func(dst []byte, m *ClientHello) []byte { return appendList16(dst, m.Groups) },
	parse: func(m *ClientHello, r *reader) error {
		list := r.sub16(2)
		if m.Groups = list16(&list, m.groups[:0]); list.bad {
			r.fail()
		}
		return nil
	},
	// RFC 8446, section 9.2: without pre_shared_key, and with key_share.
	required: func(m *ClientHello) bool {
		return !m.Has(iana.ExtPreSharedKey) || m.Has(iana.ExtKeyShare)
	},
}

var groupsEE = codec[EncryptedExtensions]{
	has:   func(m *EncryptedExtensions) bool { return len(m.Groups) > 0 },
	build: func(dst []byte, m *EncryptedExtensions) []byte { return appendList16(dst, m.Groups) },
	parse: func(m *EncryptedExtensions, r *reader) error {
		list := r.sub16(2)
		if m.Groups = list16(&list, m.Groups[:0]); list.bad {
			r.fail()
		}
		return nil
	},
}

// groupsSH: servers of TLS 1.2 have been seen to send it; it says nothing.
var groupsSH = codec[ServerHello]{
	parse: func(m *ServerHello, r *reader) error { r.rest(); return nil },
}

var pointFormatsCH = codec[ClientHello]{
	has:   func(m *ClientHello) bool { return len(m.PointFormats) > 0 },
	build: func(dst []byte, m *ClientHello) []byte { return appendVec8(dst, m.PointFormats) },
	parse: func(m *ClientHello, r *reader) error { m.PointFormats = r.vec8(1); return nil },
}

var pointFormatsSH = codec[ServerHello]{
	has:   func(m *ServerHello) bool { return len(m.PointFormats) > 0 },
	build: func(dst []byte, m *ServerHello) []byte { return appendVec8(dst, m.PointFormats) },
	parse: func(m *ServerHello, r *reader) error { m.PointFormats = r.vec8(1); return nil },
}

// KeyShare is a public key of a group.
type KeyShare struct {
	Group iana.NamedGroup
	Data  []byte
}

func appendKeyShare(dst []byte, s KeyShare) []byte {
	return appendVec16(append16(dst, uint16(s.Group)), s.Data)
}

func keyShare(r *reader) KeyShare {
	return KeyShare{iana.NamedGroup(r.u16()), r.vec16(1)}
}

var keyShareCH = codec[ClientHello]{
	has: func(m *ClientHello) bool { return m.OffersKeyShares },
	build: func(dst []byte, m *ClientHello) []byte {
		at := len(dst)
		dst = open16(dst)
		for _, s := range m.KeyShares {
			dst = appendKeyShare(dst, s)
		}
		return close16(dst, at)
	},
	parse: func(m *ClientHello, r *reader) error {
		m.OffersKeyShares = true
		m.KeyShares = m.shares[:0]
		var groups distinct
		list := r.sub16(0)
		for list.more() {
			s := keyShare(&list)
			if list.bad {
				break
			}
			if !groups.add(uint16(s.Group)) {
				return wrong(Illegal, "two shares of "+s.Group.String())
			}
			m.KeyShares = append(m.KeyShares, s)
		}
		if list.bad {
			r.fail()
		}
		return nil
	},
	// RFC 8446, section 9.2: with supported_groups. Without either the
	// handshake would have to be by PSK alone, which is not spoken here.
	required: func(m *ClientHello) bool {
		return !m.Has(iana.ExtPreSharedKey) || m.Has(iana.ExtSupportedGroups)
	},
}

var keyShareSH = codec[ServerHello]{
	has:   func(m *ServerHello) bool { return m.KeyShare.Data != nil },
	build: func(dst []byte, m *ServerHello) []byte { return appendKeyShare(dst, m.KeyShare) },
	parse: func(m *ServerHello, r *reader) error { m.KeyShare = keyShare(r); return nil },
}

var keyShareHRR = codec[ServerHello]{
	has:   func(m *ServerHello) bool { return m.SelectedGroup != 0 },
	build: func(dst []byte, m *ServerHello) []byte { return append16(dst, uint16(m.SelectedGroup)) },
	parse: func(m *ServerHello, r *reader) error { m.SelectedGroup = iana.NamedGroup(r.u16()); return nil },
}
