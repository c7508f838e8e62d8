package ech

import (
	"encoding/binary"
	"errors"

	"patina/core/iana"
	"patina/core/provider"
)

// Version is the version of ECHConfig that is understood (RFC 9849, section 4):
// the number of the extension encrypted_client_hello.
const Version = uint16(iana.ExtEncryptedClientHello)

// Errors.
var (
	// ErrConfig: the bytes are no ECHConfig or ECHConfigList.
	ErrConfig = errors.New("ech: malformed configuration")
	// ErrUnusable: no configuration of a list can be used: other versions or
	// algorithms, mandatory extensions that are not known, a public name that is
	// none.
	ErrUnusable = errors.New("ech: no usable configuration")
)

// Suite is an HpkeSymmetricCipherSuite.
type Suite struct {
	KDF  iana.HPKEKDF
	AEAD iana.HPKEAEAD
}

// Config is an ECHConfig. Of a version other than Version only Raw and Version
// are set.
type Config struct {
	Raw           []byte // the whole ECHConfig
	Version       uint16
	ID            uint8 // config_id
	KEM           iana.HPKEKEM
	PublicKey     []byte
	Suites        []Suite
	MaxNameLength uint8  // maximum_name_length, zero if unknown
	PublicName    string // of the client-facing server
	Extensions    []Extension
}

// Extension is an ECHConfigExtension.
type Extension struct {
	Type uint16
	Data []byte
}

// Mandatory reports that a client that does not know the extension must not use
// the configuration (RFC 9849, section 4.2).
func (e Extension) Mandatory() bool { return e.Type&0x8000 != 0 }

// ConfigList is an ECHConfigList, in decreasing order of preference.
type ConfigList []Config

// ParseConfigList decodes an ECHConfigList. What it returns points into b.
func ParseConfigList(b []byte) (ConfigList, error) {
	d := decoder{b: b}
	list := decoder{b: d.vec(2, 4, 1<<16-1)}
	if !d.done() {
		return nil, ErrConfig
	}
	var l ConfigList
	for len(list.b) > 0 {
		raw := list.b
		version := uint16(list.uint(2))
		list.vec(2, 0, 1<<16-1)
		if list.bad {
			return nil, ErrConfig
		}
		c, err := parse(raw[:len(raw)-len(list.b)], version)
		if err != nil {
			return nil, err
		}
		l = append(l, c)
	}
	return l, nil
}

// ParseConfig decodes one ECHConfig.
func ParseConfig(raw []byte) (Config, error) {
	d := decoder{b: raw}
	version := uint16(d.uint(2))
	d.vec(2, 0, 1<<16-1)
	if !d.done() {
		return Config{}, ErrConfig
	}
	return parse(raw, version)
}

// parse decodes raw, an ECHConfig whose frame is known to be right.
func parse(raw []byte, version uint16) (Config, error) {
	c := Config{Raw: raw[:len(raw):len(raw)], Version: version}
	if version != Version {
		return c, nil
	}
	d := decoder{b: c.Raw[4:]}
	c.ID = uint8(d.uint(1))
	c.KEM = iana.HPKEKEM(d.uint(2))
	c.PublicKey = d.vec(2, 1, 1<<16-1)
	suites := decoder{b: d.vec(2, 4, 1<<16-4)}
	for len(suites.b) > 0 {
		c.Suites = append(c.Suites, Suite{iana.HPKEKDF(suites.uint(2)), iana.HPKEAEAD(suites.uint(2))})
	}
	c.MaxNameLength = uint8(d.uint(1))
	c.PublicName = string(d.vec(1, 1, 255))
	exts := decoder{b: d.vec(2, 0, 1<<16-1)}
	seen := map[uint16]bool{}
	for len(exts.b) > 0 {
		e := Extension{uint16(exts.uint(2)), exts.vec(2, 0, 1<<16-1)}
		if seen[e.Type] {
			return Config{}, ErrConfig
		}
		seen[e.Type] = true
		c.Extensions = append(c.Extensions, e)
	}
	if !d.done() || suites.bad || exts.bad {
		return Config{}, ErrConfig
	}
	return c, nil
}

// Append appends the ECHConfigList.
func (l ConfigList) Append(b []byte) ([]byte, error) {
	n := 0
	for i := range l {
		n += len(l[i].Raw)
	}
	if n < 4 || n > 1<<16-1 {
		return nil, ErrConfig
	}
	b = binary.BigEndian.AppendUint16(b, uint16(n))
	for i := range l {
		b = append(b, l[i].Raw...)
	}
	return b, nil
}

// Choose is the first configuration a client can use (RFC 9849, sections 6.1 and
// 6.1.7), with the first of its suites that h has. ErrUnusable if there is none.
func (l ConfigList) Choose(h provider.HPKE) (*Config, Suite, error) {
	if h == nil {
		return nil, Suite{}, ErrUnusable
	}
	for i := range l {
		c := &l[i]
		if c.Version != Version || !validPublicName(c.PublicName) || c.mandatory() {
			continue
		}
		for _, s := range c.Suites {
			if h.Supports(c.KEM, s.KDF, s.AEAD) {
				return c, s, nil
			}
		}
	}
	return nil, Suite{}, ErrUnusable
}

// mandatory reports a mandatory extension: none is known.
func (c *Config) mandatory() bool {
	for _, e := range c.Extensions {
		if e.Mandatory() {
			return true
		}
	}
	return false
}

// Has reports that the configuration lists s.
func (c *Config) Has(s Suite) bool {
	for _, x := range c.Suites {
		if x == s {
			return true
		}
	}
	return false
}

// Info is the info of the HPKE context (RFC 9849, section 6.1).
func (c *Config) Info() []byte {
	return append([]byte("tls ech\x00"), c.Raw...)
}

// Template is what NewConfig makes a configuration from.
type Template struct {
	ID            uint8
	KEM           iana.HPKEKEM // zero: X25519
	Suites        []Suite      // nil: HKDF-SHA256 with AES-128-GCM and with ChaCha20-Poly1305
	MaxNameLength uint8
	PublicName    string
	Extensions    []Extension
}

// NewConfig makes a key pair with h and its ECHConfig.
func NewConfig(h provider.HPKE, t Template) (c Config, private []byte, err error) {
	if t.KEM == 0 {
		t.KEM = iana.KEMX25519HKDFSHA256
	}
	if t.Suites == nil {
		t.Suites = []Suite{{iana.KDFHKDFSHA256, iana.AEADAES128GCM}, {iana.KDFHKDFSHA256, iana.AEADChaCha20Poly1305}}
	}
	if h == nil || len(t.Suites) == 0 || !validPublicName(t.PublicName) {
		return c, nil, ErrUnusable
	}
	for _, s := range t.Suites {
		if !h.Supports(t.KEM, s.KDF, s.AEAD) {
			return c, nil, ErrUnusable
		}
	}
	private, public, err := h.GenerateKey(t.KEM)
	if err != nil {
		return c, nil, err
	}
	be := binary.BigEndian
	b := be.AppendUint16(nil, Version)
	b = append(b, 0, 0, t.ID)
	b = be.AppendUint16(b, uint16(t.KEM))
	b = append(be.AppendUint16(b, uint16(len(public))), public...)
	b = be.AppendUint16(b, uint16(4*len(t.Suites)))
	for _, s := range t.Suites {
		b = be.AppendUint16(be.AppendUint16(b, uint16(s.KDF)), uint16(s.AEAD))
	}
	b = append(append(b, t.MaxNameLength, byte(len(t.PublicName))), t.PublicName...)
	at := len(b)
	b = append(b, 0, 0)
	for _, e := range t.Extensions {
		if len(e.Data) > 1<<16-1 {
			return c, nil, ErrConfig
		}
		b = append(be.AppendUint16(be.AppendUint16(b, e.Type), uint16(len(e.Data))), e.Data...)
	}
	// The list's length has as many bits, and needs room for this.
	if len(b) > 1<<16-1 {
		return c, nil, ErrConfig
	}
	be.PutUint16(b[at:], uint16(len(b)-at-2))
	be.PutUint16(b[2:], uint16(len(b)-4))
	c, err = ParseConfig(b)
	return c, private, err
}

// decoder takes values off the front of b; bad is set when something is missing.
type decoder struct {
	b   []byte
	bad bool
}

func (d *decoder) take(n int) []byte {
	if d.bad || n > len(d.b) {
		d.b, d.bad = nil, true
		return nil
	}
	v := d.b[:n:n]
	d.b = d.b[n:]
	return v
}

func (d *decoder) uint(n int) (v uint) {
	for _, x := range d.take(n) {
		v = v<<8 | uint(x)
	}
	return v
}

// vec takes a vector of min to max bytes with a length of so many bytes.
func (d *decoder) vec(length, min, max int) []byte {
	n := int(d.uint(length))
	if n < min || n > max {
		d.b, d.bad = nil, true
	}
	return d.take(n)
}

func (d *decoder) done() bool { return !d.bad && len(d.b) == 0 }
