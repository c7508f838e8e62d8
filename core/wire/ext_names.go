package wire

import "bytes"

// server_name (RFC 6066, section 3) and
// application_layer_protocol_negotiation (RFC 7301).

const (
	nameTypeHost = 0
	// MaxHostName is the longest host_name accepted, as in OpenSSL.
	MaxHostName = 255
)

var serverNameCH = codec[ClientHello]{
	has: func(m *ClientHello) bool { return m.ServerName != "" },
	build: func(dst []byte, m *ClientHello) []byte {
		at := len(dst)
		dst = append(open16(dst), nameTypeHost)
		name := len(dst)
		dst = append(open16(dst), m.ServerName...)
		return close16(close16(dst, name), at)
	},
	// The list was made to be extended and never was: exactly one host_name is
	// what every implementation sends and, as OpenSSL does, what is accepted.
	parse: func(m *ClientHello, r *reader) error {
		list := r.sub16(1)
		typ := list.u8()
		name := list.vec16(1)
		if !list.done() || typ != nameTypeHost {
			r.fail()
			return nil
		}
		if len(name) > MaxHostName || bytes.IndexByte(name, 0) >= 0 {
			return wrong(BadName, "host name")
		}
		m.ServerName = string(name)
		return nil
	},
}

// A server's server_name is empty.
var (
	serverNameSH = flag(func(m *ServerHello) *bool { return &m.AckServerName })
	serverNameEE = flag(func(m *EncryptedExtensions) *bool { return &m.AckServerName })
)

var alpnCH = codec[ClientHello]{
	has: func(m *ClientHello) bool { return len(m.ALPN) > 0 },
	build: func(dst []byte, m *ClientHello) []byte {
		at := len(dst)
		dst = open16(dst)
		for _, p := range m.ALPN {
			dst = append(append(dst, byte(length(len(p), 1<<8))), p...)
		}
		return close16(dst, at)
	},
	parse: func(m *ClientHello, r *reader) error {
		list := r.sub16(2)
		n := 0
		for count := list; count.more(); n++ {
			count.vec8(1)
		}
		// One string holds all names, so that they cost two allocations.
		all := string(list.b)
		m.ALPN = make([]string, 0, n)
		for list.more() {
			name := list.vec8(1)
			if list.bad {
				m.ALPN = nil
				r.fail()
				return nil
			}
			end := len(all) - len(list.b)
			m.ALPN = append(m.ALPN, all[end-len(name):end])
		}
		return nil
	},
}

var (
	alpnSH = alpnSelected(func(m *ServerHello) *string { return &m.ALPN })
	alpnEE = alpnSelected(func(m *EncryptedExtensions) *string { return &m.ALPN })
)

// alpnSelected is a server's answer: a list of exactly one name.
func alpnSelected[M any](field func(m *M) *string) codec[M] {
	return codec[M]{
		has: func(m *M) bool { return *field(m) != "" },
		build: func(dst []byte, m *M) []byte {
			at := len(dst)
			dst = open16(dst)
			name := *field(m)
			dst = append(append(dst, byte(length(len(name), 1<<8))), name...)
			return close16(dst, at)
		},
		parse: func(m *M, r *reader) error {
			list := r.sub16(2)
			name := list.vec8(1)
			if !list.done() {
				r.fail()
				return nil
			}
			*field(m) = string(name)
			return nil
		},
	}
}
