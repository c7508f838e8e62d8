package ct

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"time"

	ct "github.com/google/certificate-transparency-go"
	"github.com/google/certificate-transparency-go/loglist3"
	"github.com/google/certificate-transparency-go/tls"
	ctx509 "github.com/google/certificate-transparency-go/x509"
	"golang.org/x/crypto/cryptobyte"
	cryptobyte_asn1 "golang.org/x/crypto/cryptobyte/asn1"

	"patina/core/verifier"
	"patina/core/wire"
)

// Options of a policy.
type Options struct {
	// MinLogs is how many logs must have seen the certificate; zero: two, or three
	// if it is valid for more than ShortLived.
	MinLogs int
	// MinOperators is of how many operators they must be; zero: two.
	MinOperators int
	// MaxListAge is how old the list may be, by its own date; zero:
	// DefaultMaxListAge; below zero: any age.
	MaxListAge time.Duration
}

// Limits and defaults.
const (
	// ShortLived is how long a certificate may last for which two logs are enough.
	ShortLived = 180 * 24 * time.Hour
	// DefaultMaxListAge is when Chrome gives up a list.
	DefaultMaxListAge = 70 * 24 * time.Hour
	// MaxTimestamps is how many timestamps of a peer are looked at.
	MaxTimestamps = 32
)

// Errors of a policy.
var (
	// ErrListAge: the list of logs is too old to judge by.
	ErrListAge = errors.New("ct: the list of logs is too old")
	// ErrTooFew: there are too few timestamps that count, as [*CountError] says.
	ErrTooFew = errors.New("ct: too few signed certificate timestamps")
)

// CountError tells what a certificate has and what it needs.
type CountError struct {
	Logs, Operators       int // that count
	MinLogs, MinOperators int
	Seen                  int  // timestamps looked at
	OnlyRetired           bool // none of a log that is trusted still
	FirstProblem          error
}

func (e *CountError) Error() string {
	s := fmt.Sprintf("%v: %d logs of %d operators, %d of %d needed; %d looked at", ErrTooFew, e.Logs, e.Operators, e.MinLogs, e.MinOperators, e.Seen)
	if e.OnlyRetired {
		s += ", none of a log that is trusted still"
	}
	if e.FirstProblem != nil {
		s += "; " + e.FirstProblem.Error()
	}
	return s
}

func (e *CountError) Unwrap() error { return ErrTooFew }

// Policy is a verifier.Timestamps. It is immutable and may be shared.
type Policy struct {
	o    Options
	made time.Time
	logs map[[sha256.Size]byte]*log
}

// log is a log of the list that is, or has been, trusted.
type log struct {
	id         [sha256.Size]byte
	operator   string
	key        *ct.SignatureVerifier
	retired    time.Time // zero: trusted still
	start, end time.Time // of the interval that certificates must expire in; zero: any
}

var _ verifier.Timestamps = (*Policy)(nil)

// New makes a policy of a list of logs. Logs that are pending or rejected, and
// those with a key that cannot be used, are left out.
func New(list *loglist3.LogList, o Options) (*Policy, error) {
	if o.MaxListAge == 0 {
		o.MaxListAge = DefaultMaxListAge
	}
	if o.MinOperators == 0 {
		o.MinOperators = 2
	}
	p := &Policy{o: o, made: list.LogListTimestamp, logs: make(map[[sha256.Size]byte]*log)}
	for _, op := range list.Operators {
		for _, l := range op.Logs {
			p.add(op.Name, l.Key, l.State, l.TemporalInterval)
		}
		for _, l := range op.TiledLogs {
			p.add(op.Name, l.Key, l.State, l.TemporalInterval)
		}
	}
	if len(p.logs) == 0 {
		return nil, errors.New("ct: the list has no log that is trusted")
	}
	return p, nil
}

func (p *Policy) add(operator string, spki []byte, state *loglist3.LogStates, interval *loglist3.TemporalInterval) {
	l := &log{operator: operator, id: sha256.Sum256(spki)}
	switch state.LogStatus() {
	case loglist3.QualifiedLogStatus, loglist3.UsableLogStatus, loglist3.ReadOnlyLogStatus:
	case loglist3.RetiredLogStatus:
		l.retired = state.Retired.Timestamp
	default:
		return
	}
	if interval != nil {
		l.start, l.end = interval.StartInclusive, interval.EndExclusive
	}
	key, err := x509.ParsePKIXPublicKey(spki)
	if err != nil {
		return
	}
	if l.key, err = ct.NewSignatureVerifier(key); err != nil {
		return
	}
	p.logs[l.id] = l
}

// Check judges the timestamps of a chain that has been verified, the leaf first.
// The error is ErrListAge or a [*CountError].
func (p *Policy) Check(chain []*x509.Certificate, d verifier.Delivered, now time.Time) error {
	if p.o.MaxListAge > 0 && now.Sub(p.made) > p.o.MaxListAge {
		return ErrListAge
	}
	if len(chain) == 0 {
		return ErrTooFew
	}
	c := count{p: p, now: now, logs: map[*log]bool{}, operators: map[string]bool{}}
	leaf := chain[0]
	for _, sct := range d.TLS {
		c.take(sct, leaf, nil)
	}
	if d.OCSP != nil {
		list, err := wire.ParseSCTList(d.OCSP)
		c.problem(err)
		for _, sct := range list {
			c.take(sct, leaf, nil)
		}
	}
	embedded, err := embeddedList(leaf)
	c.problem(err)
	if len(embedded) > 0 && len(chain) > 1 {
		tbs, err := ctx509.RemoveSCTList(leaf.RawTBSCertificate)
		c.problem(err)
		if err == nil {
			entry := &ct.PreCert{IssuerKeyHash: sha256.Sum256(chain[1].RawSubjectPublicKeyInfo), TBSCertificate: tbs}
			for _, sct := range embedded {
				c.take(sct, leaf, entry)
			}
		}
	}
	return c.verdict(leaf)
}

// count is what a certificate has.
type count struct {
	p         *Policy
	now       time.Time
	seen      int
	logs      map[*log]bool
	operators map[string]bool
	trusted   bool // a log that is trusted still
	first     error
}

func (c *count) problem(err error) {
	if c.first == nil {
		c.first = err
	}
}

// take looks at a timestamp; entry is what it is of if it is embedded, nil if it is
// of the leaf as it is.
func (c *count) take(der []byte, leaf *x509.Certificate, entry *ct.PreCert) {
	if c.seen++; c.seen > MaxTimestamps {
		c.problem(errors.New("ct: too many timestamps"))
		return
	}
	var sct ct.SignedCertificateTimestamp
	rest, err := tls.Unmarshal(der, &sct)
	if err != nil || len(rest) > 0 || sct.SCTVersion != ct.V1 {
		c.problem(errors.New("ct: a malformed timestamp"))
		return
	}
	l := c.p.logs[sct.LogID.KeyID]
	if l == nil || c.logs[l] {
		return
	}
	made := ct.TimestampToTime(sct.Timestamp)
	switch {
	case made.After(c.now):
		c.problem(errors.New("ct: a timestamp that lies ahead"))
		return
	case !l.retired.IsZero() && !made.Before(l.retired):
		c.problem(errors.New("ct: a timestamp of a log after its retirement"))
		return
	case !l.start.IsZero() && leaf.NotAfter.Before(l.start) || !l.end.IsZero() && !leaf.NotAfter.Before(l.end):
		c.problem(errors.New("ct: a timestamp of a log for other times"))
		return
	}
	if err := l.key.VerifySCTSignature(sct, ct.LogEntry{Leaf: *leafOf(&sct, leaf, entry)}); err != nil {
		c.problem(fmt.Errorf("ct: a timestamp that does not verify: %w", err))
		return
	}
	c.logs[l], c.operators[l.operator] = true, true
	c.trusted = c.trusted || l.retired.IsZero()
}

// leafOf is what the log has signed (RFC 6962, section 3.2).
func leafOf(sct *ct.SignedCertificateTimestamp, leaf *x509.Certificate, entry *ct.PreCert) *ct.MerkleTreeLeaf {
	if entry == nil {
		return ct.CreateX509MerkleTreeLeaf(ct.ASN1Cert{Data: leaf.Raw}, sct.Timestamp)
	}
	return &ct.MerkleTreeLeaf{Version: ct.V1, LeafType: ct.TimestampedEntryLeafType, TimestampedEntry: &ct.TimestampedEntry{
		Timestamp: sct.Timestamp, EntryType: ct.PrecertLogEntryType, PrecertEntry: entry}}
}

func (c *count) verdict(leaf *x509.Certificate) error {
	need := c.p.o.MinLogs
	if need == 0 {
		need = 2
		if leaf.NotAfter.Sub(leaf.NotBefore) > ShortLived {
			need = 3
		}
	}
	if len(c.logs) >= need && len(c.operators) >= c.p.o.MinOperators && c.trusted {
		return nil
	}
	return &CountError{Logs: len(c.logs), Operators: len(c.operators), MinLogs: need, MinOperators: c.p.o.MinOperators,
		Seen: c.seen, OnlyRetired: len(c.logs) > 0 && !c.trusted, FirstProblem: c.first}
}

var oidEmbedded = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11129, 2, 4, 2}

// embeddedList are the timestamps within a certificate (RFC 6962, section 3.3).
func embeddedList(leaf *x509.Certificate) ([][]byte, error) {
	for _, e := range leaf.Extensions {
		if !e.Id.Equal(oidEmbedded) {
			continue
		}
		in := cryptobyte.String(e.Value)
		var list cryptobyte.String
		if !in.ReadASN1(&list, cryptobyte_asn1.OCTET_STRING) || !in.Empty() {
			return nil, errors.New("ct: malformed timestamps in the certificate")
		}
		return wire.ParseSCTList(list)
	}
	return nil, nil
}
