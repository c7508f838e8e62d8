package ossl

import (
	"slices"

	"patina/core"
	"patina/core/iana"
)

// Slots of a certificate with its key, one for each kind of key. The numbers
// are those of SSL_PKEY_RSA and so on, shared with ossl/capi/handle.h.
const (
	SlotRSA     = 0
	SlotRSAPSS  = 1
	SlotECC     = 3
	SlotEd25519 = 7
	numSlots    = 9
)

// credentialOrder is the order of preference among several certificates, that
// of OpenSSL's signature algorithms.
var credentialOrder = [...]int{SlotECC, SlotEd25519, SlotRSAPSS, SlotRSA}

// credential is what Go knows of a slot: the X509 and the EVP_PKEY are C's.
type credential struct {
	slot    int
	chain   [][]byte // DER, the leaf first; nil: no certificate
	hasKey  bool
	keyBits int
	curve   int    // NID of an EC key's curve
	digest  string // the only one a key of type RSA-PSS signs with; "" for any
}

// usable reports whether there are a certificate and a key.
func (c *credential) usable() bool { return len(c.chain) > 0 && c.hasKey }

// engine is the credential for core; the key stays with C, which finds it by
// the slot (Tag). prefer limits and orders the schemes, nil does not.
func (c *credential) engine(prefer []iana.SignatureScheme, l limit) *core.Credential {
	if prefer == nil {
		prefer = defaultSigAlgs
	}
	schemes := slices.DeleteFunc(slices.Clone(prefer), func(a iana.SignatureScheme) bool {
		return !c.canSign(a) || !l.scheme(a, true)
	})
	return &core.Credential{Chain: c.chain, Schemes: schemes, Schemes12: c.otherCurves(prefer, l), Tag: c.slot}
}

// otherCurves are the schemes of ECDSA that in TLS 1.2 say a digest and no curve.
func (c *credential) otherCurves(prefer []iana.SignatureScheme, l limit) []iana.SignatureScheme {
	g := groupByNID(c.curve)
	if c.slot != SlotECC || g == 0 {
		return nil // of another curve: no client offers it, or could verify with it
	}
	if l.judged == nil && !l.group(g) {
		return nil // the level wants a stronger key
	}
	return slices.DeleteFunc(slices.Clone(prefer), func(a iana.SignatureScheme) bool {
		switch a {
		case iana.SigECDSASecp256r1SHA256, iana.SigECDSASecp384r1SHA384, iana.SigECDSASecp521r1SHA512:
			return c.canSign(a) || !l.scheme(a, true)
		}
		return true
	})
}

// canSign reports whether the key can make signatures of scheme a.
func (c *credential) canSign(a iana.SignatureScheme) bool {
	switch a {
	case iana.SigRSAPSSRSAESHA256, iana.SigRSAPSSRSAESHA384, iana.SigRSAPSSRSAESHA512:
		return c.slot == SlotRSA && c.fitsPSS(a)
	case iana.SigRSAPSSPSSSHA256, iana.SigRSAPSSPSSSHA384, iana.SigRSAPSSPSSSHA512:
		_, hash, _ := SigAlgNIDs(a)
		return c.slot == SlotRSAPSS && c.fitsPSS(a) && (c.digest == "" || hashNames[c.digest] == hash)
	case iana.SigRSAPKCS1SHA256, iana.SigRSAPKCS1SHA384, iana.SigRSAPKCS1SHA512:
		return c.slot == SlotRSA
	case iana.SigECDSASecp256r1SHA256:
		return c.slot == SlotECC && c.curve == 415
	case iana.SigECDSASecp384r1SHA384:
		return c.slot == SlotECC && c.curve == 715
	case iana.SigECDSASecp521r1SHA512:
		return c.slot == SlotECC && c.curve == 716
	case iana.SigEd25519:
		return c.slot == SlotEd25519
	}
	return false
}

// fitsPSS reports whether an RSA key has room for PSS's encoding, which takes two
// digests and two bytes (RFC 8017, section 9.1.1).
func (c *credential) fitsPSS(a iana.SignatureScheme) bool {
	return (c.keyBits+7)/8 >= 2*schemeBits(a)/4+2
}

// CredentialFacts is what C tells of a slot after a change.
type CredentialFacts struct {
	Slot    int
	Chain   [][]byte // DER, the leaf first; empty if there is no certificate
	HasKey  bool
	KeyBits int
	// Digest is the only one a key of type RSA-PSS signs with; "" for any.
	Digest string
	Curve  int
	// Current is the slot that was changed or chosen last.
	Current int
}

// setCredential takes over what C has put into a slot. Keep in mind that s is
// a fresh copy.
func (s *settings) setCredential(f CredentialFacts) {
	if f.Slot < 0 || f.Slot >= numSlots {
		return
	}
	s.creds[f.Slot], s.currentSlot = nil, f.Current
	if len(f.Chain) > 0 || f.HasKey {
		s.creds[f.Slot] = &credential{slot: f.Slot, chain: f.Chain, hasKey: f.HasKey, keyBits: f.KeyBits, curve: f.Curve, digest: f.Digest}
	}
}

// SetCredential tells what C has put into a slot of the SSL_CTX.
func (c *Ctx) SetCredential(f CredentialFacts) {
	c.changeSettings(func(s *settings) { s.setCredential(f) })
}
