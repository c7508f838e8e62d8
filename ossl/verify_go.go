package ossl

import (
	"net/netip"
	"time"

	"patina/core/pki"
)

// Verification is what the X509_VERIFY_PARAM and the X509_STORE in force say of
// how the peer's chain is verified, where that is something Go can do.
type Verification struct {
	Roots *pki.Cache
	// Time is Unix seconds; zero: now.
	Time         int64
	NoTimeCheck  bool // X509_V_FLAG_NO_CHECK_TIME
	PartialChain bool // X509_V_FLAG_PARTIAL_CHAIN
	Depth        int  // below zero: the default
	Level        int
	Hosts        []string
	HostFlags    uint
	Email, IP    string
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
)

// verifying is a verification in Go under way, and its outcome.
type verifying struct {
	absent  [][]byte // names that are not in the store
	missing []byte   // the name now looked for
	chain   [][]byte // DER, the leaf first: as far as it was built
}

// VerifyPeer verifies the peer's chain. first begins a verification; without it,
// what was VerdictMissing has been looked for, and found says whether it is in
// v.Roots now. code is an X509_V_ code.
func (s *SSL) VerifyPeer(v *Verification, first, found bool) (verdict Verdict, code int32) {
	switch {
	case first:
		s.verifying = verifying{}
	case !found:
		s.verifying.absent = append(s.verifying.absent, s.verifying.missing)
	}
	s.verifying.missing = nil
	if s.conn == nil {
		return VerdictUndecided, X509VErrUnspecified
	}
	o := pki.Options{Roots: v.Roots, Absent: s.verifying.absent, Now: now(), NoTimeCheck: v.NoTimeCheck, Purpose: pki.ServerAuth,
		Depth: v.Depth, PartialChain: v.PartialChain, Level: v.Level, Hosts: v.Hosts, HostFlags: pki.HostFlags(v.HostFlags), Email: v.Email}
	if s.role == RoleServer {
		o.Purpose = pki.ClientAuth
	}
	if v.Time != 0 {
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
		c, err := pki.New(x)
		if err != nil {
			return VerdictUndecided, X509VErrUnspecified
		}
		certs = append(certs, c)
	}
	if len(certs) == 0 {
		return VerdictRejected, X509VErrUnspecified
	}
	o.Untrusted = certs[1:]
	chain, name, err := pki.Verify(certs[0], &o)
	if err != nil {
		s.verifying.chain = ders(err.Chain)
		switch {
		case err.Missing != nil:
			s.verifying.missing = err.Missing
			return VerdictMissing, X509VErrUnableToGetIssuerLocally
		case err.Reason == pki.Undecided:
			return VerdictUndecided, X509VErrUnspecified
		}
		return VerdictRejected, x509Code(err.Reason)
	}
	s.verifying.chain, s.peerName = ders(chain), name
	return VerdictAccepted, X509VOK
}

func ders(chain []*pki.Cert) [][]byte {
	out := make([][]byte, len(chain))
	for i, c := range chain {
		out[i] = c.X509.Raw
	}
	return out
}
