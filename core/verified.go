package core

// Verified is the proof that somebody has judged the peer's certificate chain.
// Only AcceptVerified makes one, so that no path through the
// handshake can forget the question.
type Verified struct{ ok bool }

// AcceptVerified is the answer of an owner whose verifier has accepted the
// chain, or that has decided, as its policy says, to go on in spite of the
// verifier's result and to report it.
func AcceptVerified() Verified { return Verified{ok: true} }

// check is asked again where the peer proves that it has the key of its chain.
func (v Verified) check() error {
	if !v.ok {
		return failure(KindInternal, "a chain that nobody has judged")
	}
	return nil
}
