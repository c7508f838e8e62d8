package wire

import "patina/core/iana"

// psk_key_exchange_modes (RFC 8446, section 4.2.9), early_data (section
// 4.2.10) and pre_shared_key (section 4.2.11).

// PskKeyExchangeMode values.
const (
	PSKModeKE    = 0 // by PSK alone
	PSKModeDHEKE = 1 // by PSK and (EC)DHE
)

// PSKIdentity is a ticket a client offers to resume.
type PSKIdentity struct {
	Identity      []byte
	ObfuscatedAge uint32
}

var pskModesCH = codec[ClientHello]{
	has:   func(m *ClientHello) bool { return len(m.PSKModes) > 0 },
	build: func(dst []byte, m *ClientHello) []byte { return appendVec8(dst, m.PSKModes) },
	parse: func(m *ClientHello, r *reader) error { m.PSKModes = r.vec8(1); return nil },
	// RFC 8446, section 4.2.9.
	required: func(m *ClientHello) bool { return m.Has(iana.ExtPreSharedKey) },
}

// Binder lengths (RFC 8446, section 4.2.11).
const (
	minBinder = 32
	maxBinder = 255
)

var preSharedKeyCH = codec[ClientHello]{
	has: func(m *ClientHello) bool { return len(m.Identities) > 0 },
	build: func(dst []byte, m *ClientHello) []byte {
		at := len(dst)
		dst = open16(dst)
		for _, id := range m.Identities {
			dst = append32(appendVec16(dst, id.Identity), id.ObfuscatedAge)
		}
		dst = close16(dst, at)
		at = len(dst)
		dst = open16(dst)
		for _, b := range m.Binders {
			dst = appendVec8(dst, b)
		}
		return close16(dst, at)
	},
	parse: func(m *ClientHello, r *reader) error {
		m.Identities, m.Binders = m.psks[:0], m.binders[:0]
		ids := r.sub16(7)
		for ids.more() {
			m.Identities = append(m.Identities, PSKIdentity{ids.vec16(1), ids.u32()})
		}
		binders := r.sub16(1 + minBinder)
		for binders.more() {
			m.Binders = append(m.Binders, binders.vec8(minBinder))
		}
		if ids.bad || binders.bad {
			r.fail()
			return nil
		}
		if len(m.Identities) != len(m.Binders) {
			return wrong(Illegal, "as many binders as identities")
		}
		return nil
	},
}

// BindersLen is the length of the list of binders, with its length prefix, at
// the end of a ClientHello with pre_shared_key: the part of the message that
// binders do not cover (RFC 8446, section 4.2.11.2).
func (m *ClientHello) BindersLen() int {
	n := 2
	for _, b := range m.Binders {
		n += 1 + len(b)
	}
	return n
}

// PatchBinders replaces the binders at the end of the encoded ClientHello msg
// by m.Binders, which are of the lengths msg was encoded with.
func (m *ClientHello) PatchBinders(msg []byte) {
	at := len(msg) - m.BindersLen() + 2
	for _, b := range m.Binders {
		at += 1 + copy(msg[at+1:], b)
	}
}

var preSharedKeySH = codec[ServerHello]{
	has:   func(m *ServerHello) bool { return m.SelectsPSK },
	build: func(dst []byte, m *ServerHello) []byte { return append16(dst, m.SelectedPSK) },
	parse: func(m *ServerHello, r *reader) error {
		m.SelectsPSK, m.SelectedPSK = true, r.u16()
		return nil
	},
}

var (
	earlyDataCH = flag(func(m *ClientHello) *bool { return &m.EarlyData })
	earlyDataEE = flag(func(m *EncryptedExtensions) *bool { return &m.EarlyData })
)

var earlyDataNST = codec[NewSessionTicket]{
	has:   func(m *NewSessionTicket) bool { return m.MaxEarlyData > 0 },
	build: func(dst []byte, m *NewSessionTicket) []byte { return append32(dst, m.MaxEarlyData) },
	parse: func(m *NewSessionTicket, r *reader) error { m.MaxEarlyData = r.u32(); return nil },
}
