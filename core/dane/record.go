package dane

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// Usage says what a record asks of the chain (RFC 6698, section 2.1.1; the names
// are RFC 7218's).
type Usage uint8

// Usages.
const (
	PKIXTA Usage = 0 // an authority in the chain, which must lead to a root that is trusted
	PKIXEE Usage = 1 // the leaf, whose chain must lead to a root that is trusted
	DANETA Usage = 2 // an authority in the chain, and no other need be trusted
	DANEEE Usage = 3 // the leaf, of which nothing else is asked
)

// Usages is a set of them.
type Usages uint8

// Sets of usages.
const (
	EndEntity   = Usages(1<<PKIXEE | 1<<DANEEE)
	TrustAnchor = Usages(1<<PKIXTA | 1<<DANETA)
	PKIX        = Usages(1<<PKIXTA | 1<<PKIXEE)
	DANE        = Usages(1<<DANETA | 1<<DANEEE)
)

// In reports whether u is one of them.
func (u Usage) In(set Usages) bool { return set>>u&1 != 0 }

// Selector says what of the certificate is meant (RFC 6698, section 2.1.2).
type Selector uint8

// Selectors.
const (
	Cert Selector = 0 // the certificate
	SPKI Selector = 1 // its SubjectPublicKeyInfo
)

// Matching says how it is compared (RFC 6698, section 2.1.3).
type Matching uint8

// Matching types that every Set knows at first.
const (
	Full   Matching = 0 // the data itself
	SHA256 Matching = 1
	SHA512 Matching = 2
)

// Record is the data of a TLSA record.
type Record struct {
	Usage    Usage
	Selector Selector
	Matching Matching
	Data     []byte
}

// ParseRecord reads the presentation form: three decimal numbers and data in
// hexadecimal, which may have spaces in it.
func ParseRecord(text string) (r Record, err error) {
	fields := strings.Fields(text)
	if len(fields) < 4 {
		return r, fmt.Errorf("dane: %q has not the four fields of a TLSA record", text)
	}
	var n [3]uint64
	for i := range n {
		if n[i], err = strconv.ParseUint(fields[i], 10, 8); err != nil {
			return r, fmt.Errorf("dane: %q is no number of a TLSA record: %w", fields[i], err)
		}
	}
	data, err := hex.DecodeString(strings.Join(fields[3:], ""))
	if err != nil {
		return r, fmt.Errorf("dane: data of a TLSA record: %w", err)
	}
	return Record{Usage(n[0]), Selector(n[1]), Matching(n[2]), data}, nil
}

// String is the presentation form.
func (r Record) String() string {
	return fmt.Sprintf("%d %d %d %x", r.Usage, r.Selector, r.Matching, r.Data)
}
