package ossl

import (
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
	// VerdictMissing: FactMissingIssuer names certificates to be looked for in the
	// store.
	VerdictMissing
	// VerdictMissingCRLs: FactMissingCRLs names an issuer whose revocation lists are
	// to be looked for in the store; [SSL.FoundCRLs] takes them.
	VerdictMissingCRLs
	// VerdictAsk: a callback has to say whether to go on, [SSL.AskedAbout] tells what
	// about.
	VerdictAsk
)

// verifying is a verification in Go under way, and its outcome.
type verifying struct {
	absent      [][]byte      // names that are not in the store
	missing     []byte        // the name now looked for
	missingCRLs []byte        // the issuer whose lists are now looked for
	lists       pki.FoundCRLs // of the issuers looked for
	chain       [][]byte      // DER, the leaf first: as far as it was built
	fromPeer    int
	asking      asking
}

// VerifyPeer verifies the peer's chain. first begins a verification; without it,
// what was missing has been looked for, and yes says whether it is in v.Store now;
// or the callback has been asked, and says yes. code is an X509_V_ code.
func (s *SSL) VerifyPeer(v *Verification, first, yes bool) (verdict Verdict, code int32) {
	switch {
	case first:
		s.verifying, s.peerName = verifying{}, ""
	case s.verifying.asking.asked():
		s.verifying.asking.answer(yes)
	case !yes && s.verifying.missing != nil:
		s.verifying.absent = append(s.verifying.absent, s.verifying.missing)
	}
	s.verifying.missing, s.verifying.missingCRLs = nil, nil
	if s.conn == nil {
		return VerdictUndecided, X509VErrUnspecified
	}
	o := pki.Options{Roots: v.Store.roots.At(v.Version), Memo: &v.Store.memo, Absent: s.verifying.absent, Purpose: pki.ServerAuth,
		Now: now(), NoTimeCheck: v.NoTimeCheck && !v.TimeSet, CRLs: &s.verifying.lists, CRLCheck: v.CRLCheck,
		Depth: v.Depth, PartialChain: v.PartialChain, Level: v.Level, Hosts: v.Hosts, HostFlags: pki.HostFlags(v.HostFlags), Email: v.Email}
	if v.ForClient {
		o.Purpose = pki.ClientAuth
	}
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
