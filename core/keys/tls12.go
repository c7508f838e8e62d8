package keys

// MasterSecretLen is the length in bytes of TLS 1.2's master secret.
const MasterSecretLen = 48

// FinishedLen is the length in bytes of TLS 1.2's verify_data.
const FinishedLen = 12

// PRF is TLS 1.2's pseudorandom function (RFC 5246, section 5): it fills dst
// from secret, label and seed, whose two parts are concatenated.
func PRF(k *KDF, dst, secret []byte, label string, seed, seed2 []byte) {
	// A(1) = HMAC(secret, label + seed); A(i) = HMAC(secret, A(i-1)).
	var a [64]byte
	k.begin(secret)
	k.writeString(label)
	k.write(seed)
	k.write(seed2)
	n := copy(a[:], k.end())
	for len(dst) > 0 {
		k.begin(secret)
		k.write(a[:n])
		k.writeString(label)
		k.write(seed)
		k.write(seed2)
		dst = dst[copy(dst, k.end()):]
		if len(dst) > 0 {
			k.begin(secret)
			k.write(a[:n])
			copy(a[:], k.end())
		}
	}
	clear(a[:])
}

// PSKPremaster is the premaster secret of a key exchange's, which it overwrites,
// and a PSK (RFC 4279, section 2; RFC 5489, section 2). Each is at most 65535 bytes
// long.
func PSKPremaster(exchanged, psk []byte) []byte {
	b := make([]byte, 0, 4+len(exchanged)+len(psk))
	b = append(b, byte(len(exchanged)>>8), byte(len(exchanged)))
	b = append(b, exchanged...)
	b = append(b, byte(len(psk)>>8), byte(len(psk)))
	clear(exchanged)
	return append(b, psk...)
}

// Master12 is TLS 1.2's master secret.
type Master12 struct{ s Secret }

// NewMaster12 makes the master secret from the premaster secret and the randoms
// (RFC 5246, section 8.1).
func NewMaster12(k *KDF, premaster, clientRandom, serverRandom []byte) (m Master12) {
	m.s.n = MasterSecretLen
	PRF(k, m.s.b[:], premaster, "master secret", clientRandom, serverRandom)
	return m
}

// NewExtendedMaster12 makes it from the session hash (RFC 7627, section 4).
func NewExtendedMaster12(k *KDF, premaster, sessionHash []byte) (m Master12) {
	m.s.n = MasterSecretLen
	PRF(k, m.s.b[:], premaster, "extended master secret", sessionHash, nil)
	return m
}

// ResumedMaster12 is that of an earlier session; ok is false if secret is not
// one.
func ResumedMaster12(secret []byte) (m Master12, ok bool) {
	if len(secret) != MasterSecretLen {
		return m, false
	}
	return Master12{MakeSecret(secret)}, true
}

// Wipe forgets the master secret.
func (m *Master12) Wipe() { m.s.Wipe() }

// Secret is the master secret itself.
func (m *Master12) Secret() *Secret { return &m.s }

// maxKeyBlock is two 32-byte keys and two 12-byte IVs.
const maxKeyBlock = 2 * (32 + 12)

// KeyBlock is the key material of both directions.
type KeyBlock struct {
	b       [maxKeyBlock]byte
	key, iv int
}

// KeyBlock makes the keys and IVs (RFC 5246, section 6.3) of the given lengths;
// AEAD suites have no MAC keys.
func (m *Master12) KeyBlock(k *KDF, clientRandom, serverRandom []byte, key, iv int) (b KeyBlock) {
	b.key, b.iv = key, iv
	PRF(k, b.b[:2*(key+iv)], m.s.Bytes(), "key expansion", serverRandom, clientRandom)
	return b
}

// Client is what the client writes with.
func (b *KeyBlock) Client() (key, iv []byte) {
	return b.b[:b.key], b.b[2*b.key:][:b.iv]
}

// Server is what the server writes with.
func (b *KeyBlock) Server() (key, iv []byte) {
	return b.b[b.key : 2*b.key], b.b[2*b.key+b.iv:][:b.iv]
}

// Wipe forgets the keys.
func (b *KeyBlock) Wipe() { *b = KeyBlock{} }

// ClientFinished fills dst, FinishedLen bytes, with the client's verify_data
// (RFC 5246, section 7.4.9).
func (m *Master12) ClientFinished(k *KDF, dst, transcript []byte) {
	PRF(k, dst[:FinishedLen], m.s.Bytes(), "client finished", transcript, nil)
}

// ServerFinished fills dst with the server's.
func (m *Master12) ServerFinished(k *KDF, dst, transcript []byte) {
	PRF(k, dst[:FinishedLen], m.s.Bytes(), "server finished", transcript, nil)
}

// Export12 is the exporter of RFC 5705, section 4: it fills out. A nil context
// is left out; others are at most 65535 bytes long.
func Export12(k *KDF, master *Secret, label string, clientRandom, serverRandom, context, out []byte) {
	seed := append(append([]byte(nil), clientRandom...), serverRandom...)
	if context != nil {
		seed = append(seed, byte(len(context)>>8), byte(len(context)))
		seed = append(seed, context...)
	}
	PRF(k, out, master.Bytes(), label, seed, nil)
}
