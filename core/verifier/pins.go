package verifier

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// Pin is the SHA-256 of a SubjectPublicKeyInfo (RFC 7469, section 2.4).
type Pin [sha256.Size]byte

// PinOf is the pin of a certificate's key.
func PinOf(cert *x509.Certificate) Pin { return sha256.Sum256(cert.RawSubjectPublicKeyInfo) }

// ParsePin reads "sha256//" and base64, as curl's --pinnedpubkey has it, or the
// base64 alone, as pin-sha256 of RFC 7469.
func ParsePin(s string) (p Pin, err error) {
	b, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(s, "sha256//"))
	if err == nil && len(b) != len(p) {
		err = fmt.Errorf("%d bytes", len(b))
	}
	if err != nil {
		return p, fmt.Errorf("verifier: %q is no pin: %w", s, err)
	}
	return Pin(b), nil
}

func (p Pin) String() string { return "sha256//" + base64.StdEncoding.EncodeToString(p[:]) }

// Pins are, by host, the keys of which one must be in the chain that has been
// verified: the leaf's, or an authority's. A name that begins with a dot stands
// for everything below that domain; "" for every peer without pins of its own. A
// list without pins lets nobody pass. Names are in lower case.
type Pins map[string][]Pin

// ErrPin: none of the keys in the chain is pinned for the host.
var ErrPin = errors.New("verifier: no key of the chain is pinned for the host")

// of are the pins for a host, nil if there are none: those of the name, of the
// nearest domain, of everybody.
func (p Pins) of(host string) []Pin {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	for name := host; name != ""; {
		if list, ok := p[name]; ok {
			return notNil(list)
		}
		dot := strings.IndexByte(name[1:], '.')
		if dot < 0 {
			break
		}
		name = name[1+dot:]
	}
	if list, ok := p[""]; ok {
		return notNil(list)
	}
	return nil
}

func notNil(list []Pin) []Pin {
	if list == nil {
		list = []Pin{}
	}
	return list
}

// check holds a chain, or a raw public key, against the pins of a host.
func (p Pins) check(host string, chain []*x509.Certificate, key []byte) error {
	pins := p.of(host)
	if pins == nil {
		return nil
	}
	has := func(spki []byte) bool {
		sum := Pin(sha256.Sum256(spki))
		for _, pin := range pins {
			if pin == sum {
				return true
			}
		}
		return false
	}
	for _, c := range chain {
		if has(c.RawSubjectPublicKeyInfo) {
			return nil
		}
	}
	if key != nil && has(key) {
		return nil
	}
	return ErrPin
}
