package ossl

import (
	"encoding/binary"
	"errors"

	"patina/core/dane"
	"patina/core/pki"
)

// DANE, RFC 6698 and 7671 (SSL_CTX_dane_enable(3)): records and their matching are
// package core/dane's, chains by them core/pki's.

// danePeer is what SSL_dane_enable begins: the records of the peer.
type danePeer struct {
	ctx   *Ctx // whose matching types count, as they are when the peer is verified
	set   dane.Set
	match pki.Match // of the last verification
}

func (d *danePeer) types() *dane.Types { return d.ctx.snap.Load().daneTypes }

// EnableDANE is SSL_CTX_dane_enable.
func (c *Ctx) EnableDANE() {
	c.change(func(s *snapshot) {
		if s.daneTypes == nil {
			s.daneTypes = dane.DefaultTypes
		}
	})
}

// SetDANEMatching is SSL_CTX_dane_mtype_set; a nil d takes the type away.
func (c *Ctx) SetDANEMatching(m uint8, d *dane.Digest, ordinal uint8) (err error) {
	c.change(func(s *snapshot) {
		var next *dane.Types
		if next, err = s.daneTypes.With(dane.Matching(m), d, ordinal); err == nil {
			s.daneTypes = next
		}
	})
	if err != nil {
		return fail(ReasonDaneCannotOverrideMtypeFull)
	}
	return nil
}

// ChangeDANEFlags is SSL_CTX_dane_set_flags and SSL_CTX_dane_clear_flags: the flags
// before.
func (c *Ctx) ChangeDANEFlags(set, clear uint64) (before uint64) {
	c.change(func(s *snapshot) { before = s.changeDANEFlags(set, clear) })
	return before
}

// ChangeDANEFlags is SSL_dane_set_flags and SSL_dane_clear_flags.
func (s *SSL) ChangeDANEFlags(set, clear uint64) (before uint64) {
	return s.changeDANEFlags(set, clear)
}

func (sc *scalars) changeDANEFlags(set, clear uint64) (before uint64) {
	before = sc.daneFlags
	sc.daneFlags = before&^clear | set
	return before
}

// daneNoEENameChecks is DANE_FLAG_NO_DANE_EE_NAMECHECKS.
const daneNoEENameChecks = 1

// MayEnableDANE is the part of SSL_dane_enable that may refuse; named says whether
// there is a name to ask for already.
func (s *SSL) MayEnableDANE() (named bool, err error) {
	switch {
	case s.ctx.snap.Load().daneTypes == nil:
		return false, fail(ReasonContextNotDaneEnabled)
	case s.dane != nil:
		return false, fail(ReasonDaneAlreadyEnabled)
	}
	return s.serverName != "", nil
}

// EnableDANE is the rest of SSL_dane_enable.
func (s *SSL) EnableDANE() { s.dane = &danePeer{ctx: s.ctx, match: pki.Match{Depth: -1}} }

// maxDigest is the length of the longest hash there is (EVP_MAX_MD_SIZE), in bytes.
const maxDigest = 64

var daneReasons = map[error]Reason{
	dane.ErrUsage:        ReasonDaneTlsaBadCertificateUsage,
	dane.ErrSelector:     ReasonDaneTlsaBadSelector,
	dane.ErrMatching:     ReasonDaneTlsaBadMatchingType,
	dane.ErrDigestLength: ReasonDaneTlsaBadDigestLength,
	dane.ErrNoData:       ReasonDaneTlsaNullData,
	dane.ErrCertificate:  ReasonDaneTlsaBadCertificate,
	dane.ErrPublicKey:    ReasonDaneTlsaBadPublicKey,
}

// ErrDANENotEnabled: SSL_dane_enable has not been called.
var ErrDANENotEnabled = fail(ReasonDaneNotEnabled)

// errNoTLSAMemory is what OpenSSL says of a record without a byte: it cannot
// allocate it.
var errNoTLSAMemory = fail(ReasonMallocFailure)

// TLSAFailed reports whether an error of AddTLSA says that something went wrong (-1),
// not that the record cannot be used (0).
func TLSAFailed(err error) bool { return err == ErrDANENotEnabled || err == errNoTLSAMemory }

// AddTLSA is SSL_dane_tlsa_add: the record cannot be used, or ErrDANENotEnabled.
// Without data, n says how long it would be.
func (s *SSL) AddTLSA(r dane.Record, n int) error {
	if s.dane == nil {
		return ErrDANENotEnabled
	}
	s.dane.set.Use(s.dane.types())
	if r.Data != nil && n == 0 && r.Matching == dane.Full && r.Usage <= dane.DANEEE && r.Selector <= dane.SPKI {
		return errNoTLSAMemory
	}
	if r.Data == nil && r.Matching != dane.Full && n > 0 && n <= maxDigest {
		r.Data = make([]byte, n)
		if s.dane.set.Check(r) == nil {
			return fail(ReasonDaneTlsaNullData)
		}
	}
	err := s.dane.set.Add(r)
	if err == nil {
		return nil
	}
	for known, reason := range daneReasons {
		if errors.Is(err, known) {
			return fail(reason)
		}
	}
	return fail(ReasonInternalError)
}

// RefuseTLSALength is AddTLSA of a record longer than any can be.
func (s *SSL) RefuseTLSALength() error {
	if s.dane == nil {
		return ErrDANENotEnabled
	}
	return fail(ReasonDaneTlsaBadDataLength)
}

// DANEActive reports whether there are records to verify the peer by. Without any it
// is verified as if DANE were not enabled.
func (s *SSL) DANEActive() bool { return s.dane != nil && s.dane.set.Len() > 0 }

// DANE is which part records have in the verification of the peer. The numbers are
// shared with ossl/capi/dane.h.
type DANE uint8

// Parts of records.
const (
	DANENone  DANE = iota // there are none
	DANEChain             // the chain counts, and what the X509_VERIFY_PARAM and the X509_STORE say of it
	DANELeaf              // all are DANE-EE records: nothing counts but the leaf
)

// DANE is the part that the records have.
func (s *SSL) DANE() DANE {
	switch {
	case !s.DANEActive():
		return DANENone
	case s.dane.set.Has(dane.TrustAnchor | dane.PKIX):
		return DANEChain
	}
	return DANELeaf
}

// DANEMatch is what has matched in the last verification, for SSL_get0_dane_authority
// and SSL_get0_dane_tlsa.
func (s *SSL) DANEMatch() pki.Match {
	if s.dane == nil {
		return pki.Match{Depth: -1}
	}
	return s.dane.match
}

// forgetDANEMatch is for another connection with the same records.
func (s *SSL) forgetDANEMatch() {
	if s.dane != nil {
		s.dane.match = pki.Match{Depth: -1}
	}
}

// copyDANETo is SSL_dup's part: without records nothing is copied.
// It is false where the SSL_CTX has become one that cannot use a record.
func (s *SSL) copyDANETo(to *SSL) (ok bool) {
	if !s.DANEActive() {
		return true
	}
	to.EnableDANE()
	to.dane.set.Use(to.dane.types())
	for _, e := range s.dane.set.Records() {
		if to.dane.set.Add(e.Record) != nil {
			return false
		}
	}
	return true
}

// judgeByDANE puts the records into o.
func (s *SSL) judgeByDANE(o *pki.Options) {
	if !s.DANEActive() {
		return
	}
	s.dane.set.Use(s.dane.types())
	s.dane.match = pki.Match{Depth: -1}
	o.DANE, o.Matched = &s.dane.set, &s.dane.match
	o.NoNamesOfDANEEE = s.daneFlags&daneNoEENameChecks != 0
}

// tellDANE is Tell of what has matched.
func (s *SSL) tellDANE(f Fact) (b []byte, ok bool) {
	m := s.DANEMatch()
	switch {
	case m.Entry == nil:
		return nil, false
	case f == FactDANEData:
		return m.Entry.Data, true
	case f == FactDANEKey:
		return m.Entry.Key, m.Cert == nil
	case m.Cert == nil:
		return nil, false
	}
	return blobOf([][]byte{m.Cert.X509.Raw}), true
}

// daneRecords are all records in one piece; see FactDANERecords.
func (s *SSL) daneRecords() (b []byte) {
	if s.dane == nil {
		return nil
	}
	for _, e := range s.dane.set.Records() {
		b = append(b, byte(e.Usage), byte(e.Selector), byte(e.Matching))
		b = binary.BigEndian.AppendUint32(b, uint32(len(e.Data)))
		b = append(b, e.Data...)
	}
	return b
}
