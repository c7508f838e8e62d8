package ossl

import (
	"bytes"
	"errors"
	"net/netip"
	"slices"
	"time"

	"patina/core/pki"
)

// Verification is what the X509_VERIFY_PARAM and the X509_STORE in force say of
// how the peer's chain is verified, where that is something Go can do.
type Verification struct {
	// Store is looked into as of Version.
	Store   *Store
	Version uint64
	// Time is Unix seconds, with TimeSet (X509_V_FLAG_USE_CHECK_TIME); else it is now.
	Time         int64
	TimeSet      bool
	NoTimeCheck  bool // X509_V_FLAG_NO_CHECK_TIME; TimeSet prevails
	PartialChain bool // X509_V_FLAG_PARTIAL_CHAIN
	ForClient    bool // the chain is to be a client's
	Depth        int  // below zero: the default
	Level        int
	Hosts        []string
	HostFlags    uint
	Email, IP    string
	CRLCheck     pki.CRLCheck
	// Ask has every failure, and every certificate found right, asked about
	// (VerdictAsk).
	Ask bool
}

// Verdict on a chain.
type Verdict int

// Verdicts. The numbers are shared with ossl/capi/verify.h.
const (
	// VerdictUndecided: libcrypto has to verify.
	VerdictUndecided Verdict = iota
	VerdictAccepted
	VerdictRejected
	// VerdictMissing: FactMissingIssuer names certificates to be looked for among
	// those that the store holds; [SSL.FoundRoots] takes them.
	VerdictMissing
	// VerdictMissingCRLs: FactMissingCRLs names an issuer whose revocation lists are
	// to be looked for there; [SSL.FoundCRLs] takes them.
	VerdictMissingCRLs
	// VerdictAsk: a callback has to say whether to go on, [SSL.AskedAbout] tells what
	// about.
	VerdictAsk
	// VerdictLookup and VerdictLookupCRLs are as VerdictMissing and
	// VerdictMissingCRLs; what the store does not hold libcrypto is to look for.
	VerdictLookup
	VerdictLookupCRLs
	// VerdictAdd and VerdictAddCRLs: FactFound has certificates, or revocation lists,
	// that have been found for the store, and are to be added to it.
	VerdictAdd
	VerdictAddCRLs
)

// verifying is a verification in Go under way, and its outcome.
type verifying struct {
	absent      [][]byte      // names that are nowhere
	missing     []byte        // the name now looked for
	missingCRLs []byte        // the issuer whose lists are now looked for
	inStore     bool          // among what the store holds only
	found       *found        // what has been found for the store
	lists       pki.FoundCRLs // of the issuers looked for
	chain       [][]byte      // DER, the leaf first: as far as it was built
	fromPeer    int
	asking      asking
}

// VerifyPeer verifies the peer's chain. first begins a verification; without it,
// what the last verdict has wanted is done: yes says whether what was missing is in
// v.Store now, what was found has been added to it, or the callback allows it. code
// is an X509_V_ code.
func (s *SSL) VerifyPeer(v *Verification, first, yes bool) (verdict Verdict, code int32) {
	w := &s.verifying
	switch {
	case first:
		*w, s.peerName = verifying{}, ""
	case w.asking.asked():
		w.asking.answer(yes)
	default:
		if !yes && w.missing != nil && !w.inStore && (w.found == nil || w.found.odd) {
			w.absent = append(w.absent, w.missing)
		}
		if w.found != nil {
			v.Store.took(v.Version)
			w.found.taken(yes)
		}
	}
	w.missing, w.missingCRLs, w.found, w.inStore = nil, nil, nil, false
	if s.conn == nil {
		return VerdictUndecided, X509VErrUnspecified
	}
	for {
		verdict, code = s.verifyOnce(v)
		if verdict != VerdictMissingCRLs || !s.knowsLists(v) {
			break
		}
	}
	switch {
	case verdict == VerdictMissing && w.found != nil && !w.found.odd:
		verdict = VerdictAdd
	case verdict == VerdictMissing && !w.inStore:
		verdict = VerdictLookup
	case verdict == VerdictMissingCRLs && w.found != nil && !w.found.odd:
		verdict = VerdictAddCRLs
	case verdict == VerdictMissingCRLs && !w.inStore:
		verdict = VerdictLookupCRLs
	}
	return verdict, code
}

// knowsAbsent reports whether a subject that no certificate of this version has
// been met of is known to be nowhere. If not, w.inStore and w.found say where it is
// to be looked for, or what has been found.
func (s *SSL) knowsAbsent(v *Verification, name []byte) bool {
	w := &s.verifying
	if slices.ContainsFunc(w.absent, func(a []byte) bool { return bytes.Equal(a, name) }) {
		return true
	}
	places := v.Store.lookups.Load()
	if places == nil {
		return false
	}
	hash, known := v.Store.isAbsent(v.Version, name)
	if !known {
		w.inStore = true
		return false
	}
	if w.found = places.certificates(hash); w.found != nil {
		return false
	}
	if v.Store.newest.Load() > v.Version { // another verification has taken it
		w.inStore = true
		return false
	}
	w.absent = append(w.absent, name)
	return true
}

// knowsLists reports whether the revocation lists of the issuer that is wanted are
// known, and takes them. If not, it is as with knowsAbsent.
func (s *SSL) knowsLists(v *Verification) bool {
	w := &s.verifying
	places := v.Store.lookups.Load()
	if places == nil {
		return false
	}
	of, known := v.Store.issued(v.Version, w.missingCRLs)
	if !known {
		w.inStore = true
		return false
	}
	if w.found = places.revocationLists(of.hash, len(of.lists) > 0); w.found != nil {
		return false
	}
	if v.Store.newest.Load() > v.Version {
		w.inStore = true
		return false
	}
	w.lists.Add(w.missingCRLs, of.lists)
	w.missingCRLs = nil
	return true
}

// verifyOnce verifies with what is known.
func (s *SSL) verifyOnce(v *Verification) (verdict Verdict, code int32) {
	o := pki.Options{Roots: v.Store.roots.At(v.Version), Memo: &v.Store.memo, Purpose: pki.ServerAuth,
		Now: now(), NoTimeCheck: v.NoTimeCheck && !v.TimeSet, CRLs: &s.verifying.lists, CRLCheck: v.CRLCheck,
		Depth: v.Depth, PartialChain: v.PartialChain, Level: v.Level, Hosts: v.Hosts, HostFlags: pki.HostFlags(v.HostFlags), Email: v.Email}
	if v.ForClient {
		o.Purpose = pki.ClientAuth
	}
	o.Absent = func(name []byte) bool { return s.knowsAbsent(v, name) }
	if v.TimeSet {
		o.Now = time.Unix(v.Time, 0)
	}
	if v.IP != "" {
		ip, err := netip.ParseAddr(v.IP)
		if err != nil {
			return VerdictUndecided, X509VErrUnspecified
		}
		o.IP = ip
	}
	peer := s.conn.PeerChain()
	certs := make([]*pki.Cert, 0, len(peer))
	for _, x := range peer {
		c, err := v.Store.memo.New(x)
		if err != nil {
			return VerdictUndecided, X509VErrUnspecified
		}
		certs = append(certs, c)
	}
	if len(certs) == 0 {
		return VerdictRejected, X509VErrUnspecified
	}
	o.Untrusted, o.PeerName = certs[1:], &s.peerName
	s.judgeByDANE(&o)
	if v.Ask {
		s.verifying.asking.begin(&o)
	}
	chain, _, err := pki.Verify(certs[0], &o)
	var refused *pki.Error
	if errors.As(err, &refused) {
		s.verifying.show(refused.Chain, certs)
		switch {
		case s.verifying.asking.asked():
			return VerdictAsk, s.verifying.asking.code()
		case refused.Missing != nil:
			s.verifying.missing = refused.Missing
			return VerdictMissing, X509VErrUnableToGetIssuerLocally
		case refused.MissingCRLs != nil:
			s.verifying.missingCRLs = refused.MissingCRLs
			return VerdictMissingCRLs, X509VErrUnableToGetCRL
		case refused.Reason == pki.Undecided:
			return VerdictUndecided, X509VErrUnspecified
		}
		return VerdictRejected, x509Code(refused.Reason)
	}
	if err != nil {
		return VerdictUndecided, X509VErrUnspecified
	}
	s.verifying.show(chain, certs)
	return VerdictAccepted, X509VOK
}

// show keeps what a chain has come to, of which the peer's certificates may be
// part.
func (v *verifying) show(chain, peer []*pki.Cert) {
	v.chain, v.fromPeer = ders(chain), 0
	for v.fromPeer < len(chain) && slices.Contains(peer, chain[v.fromPeer]) {
		v.fromPeer++
	}
}

// FromPeer is how many certificates of the chain that VerifyPeer has come to, from
// the leaf, are the peer's and not the store's.
func (s *SSL) FromPeer() int { return s.verifying.fromPeer }

func ders(chain []*pki.Cert) [][]byte {
	out := make([][]byte, len(chain))
	for i, c := range chain {
		out[i] = c.X509.Raw
	}
	return out
}
