// Package verifier judges the chains of peers for Go programs: package pki with a
// policy on top. It does no I/O and has no clock.
//
//	v := verifier.New(verifier.Policy{OCSP: pki.CheckStaple}, roots, pki.ServerAuth, time.Now)
//	v.Ask(&params)                                   what the policy has to ask the peer for
//	...
//	case core.WaitVerify:
//		if _, err := v.Verify(verifier.PeerOf(conn, "example.org")); err != nil {
//			conn.Abort(verifier.AlertOf(err), err)
//		} else {
//			conn.AnswerVerify(core.AcceptVerified())
//		}
//
// The order is: the chain to a trusted root (package pki: signatures, times,
// names, constraints, purpose, strength), revocation lists, the stapled OCSP
// response, signed certificate timestamps, pins, and what the program adds
// (Policy.More). The first failure is the [*Error].
//
// TLSA records (RFC 6698, RFC 7671; package core/dane) take part in the first of
// these: by their usages they are asked for beside a trusted root, or instead.
//
// A [Verifier] is made once and shared by all connections. It remembers the
// signatures it has checked ([pki.Memo]), and the roots are parsed when they are
// first needed, so that a server met before costs little. Nothing else of a
// verdict is kept: time, revocation and pins are judged for every connection.
//
// A program with a verifier of its own needs nothing of this package: whoever
// answers [core.WaitVerify] with [core.AcceptVerified] has judged.
package verifier
