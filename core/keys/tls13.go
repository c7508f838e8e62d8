package keys

import "crypto/hmac"

// The stages of TLS 1.3's key schedule (RFC 8446, section 7.1). Each makes the
// next; transcript arguments are hashes.

// Early is the stage of the Early Secret.
type Early struct{ s Secret }

// NewEarly begins the schedule with a PSK, nil for none.
func NewEarly(k *KDF, psk []byte) Early {
	if psk == nil {
		psk = zeros[:k.Size()]
	}
	return Early{k.Extract(zeros[:k.Size()], psk)}
}

// ResumptionBinder is the key for the binders of PSKs from tickets; its MAC is
// made by FinishedMAC.
func (e *Early) ResumptionBinder(k *KDF) Secret {
	return k.derive(&e.s, "res binder", k.emptyHash())
}

// ExternalBinder is that for PSKs of the owner's.
func (e *Early) ExternalBinder(k *KDF) Secret {
	return k.derive(&e.s, "ext binder", k.emptyHash())
}

// ImportedBinder is that for imported PSKs (RFC 9258, section 5.2).
func (e *Early) ImportedBinder(k *KDF) Secret {
	return k.derive(&e.s, "imp binder", k.emptyHash())
}

// ClientTraffic is the client_early_traffic_secret; the transcript is the
// ClientHello.
func (e *Early) ClientTraffic(k *KDF, transcript []byte) Secret {
	return k.derive(&e.s, "c e traffic", transcript)
}

// Exporter is the early_exporter_master_secret; the transcript is the
// ClientHello.
func (e *Early) Exporter(k *KDF, transcript []byte) Secret {
	return k.derive(&e.s, "e exp master", transcript)
}

// Wipe forgets the stage.
func (e *Early) Wipe() { e.s.Wipe() }

// WithoutPSK is the stage of the Handshake Secret where there is no PSK: what comes
// before it is the same for all connections, and kept by k.
func WithoutPSK(k *KDF, shared []byte) Handshake {
	if k.withoutPSK.Empty() {
		e := NewEarly(k, nil)
		k.withoutPSK = k.derive(&e.s, "derived", k.emptyHash())
	}
	return Handshake{k.Extract(k.withoutPSK.Bytes(), shared)}
}

// Handshake goes on with the shared secret of the key exchange, nil if
// there is none (psk_ke).
func (e *Early) Handshake(k *KDF, shared []byte) Handshake {
	if shared == nil {
		shared = zeros[:k.Size()]
	}
	d := k.derive(&e.s, "derived", k.emptyHash())
	return Handshake{k.Extract(d.Bytes(), shared)}
}

// Handshake is the stage of the Handshake Secret.
type Handshake struct{ s Secret }

// Wipe forgets the stage.
func (h *Handshake) Wipe() { h.s.Wipe() }

// ClientTraffic is the client_handshake_traffic_secret; the transcript ends
// with the ServerHello.
func (h *Handshake) ClientTraffic(k *KDF, transcript []byte) Secret {
	return k.derive(&h.s, "c hs traffic", transcript)
}

// ServerTraffic is the server_handshake_traffic_secret.
func (h *Handshake) ServerTraffic(k *KDF, transcript []byte) Secret {
	return k.derive(&h.s, "s hs traffic", transcript)
}

// Master goes on to the last stage.
func (h *Handshake) Master(k *KDF) Master {
	d := k.derive(&h.s, "derived", k.emptyHash())
	return Master{k.Extract(d.Bytes(), zeros[:k.Size()])}
}

// Master is the stage of the Master Secret.
type Master struct{ s Secret }

// Wipe forgets the stage.
func (m *Master) Wipe() { m.s.Wipe() }

// ClientTraffic is the client_application_traffic_secret_0; the transcript
// ends with the server's Finished.
func (m *Master) ClientTraffic(k *KDF, transcript []byte) Secret {
	return k.derive(&m.s, "c ap traffic", transcript)
}

// ServerTraffic is the server_application_traffic_secret_0.
func (m *Master) ServerTraffic(k *KDF, transcript []byte) Secret {
	return k.derive(&m.s, "s ap traffic", transcript)
}

// Exporter is the exporter_master_secret; the transcript ends with the
// server's Finished.
func (m *Master) Exporter(k *KDF, transcript []byte) Secret {
	return k.derive(&m.s, "exp master", transcript)
}

// Resumption is the resumption_master_secret; the transcript ends with the
// client's Finished.
func (m *Master) Resumption(k *KDF, transcript []byte) Secret {
	return k.derive(&m.s, "res master", transcript)
}

// ResumptionPSK is the PSK of a ticket with this nonce (RFC 8446, section
// 4.6.1). The nonce is at most 255 bytes long.
func ResumptionPSK(k *KDF, resumption *Secret, nonce []byte) (s Secret) {
	return k.derive(resumption, "resumption", nonce)
}

// ImportPSK fills out with the imported PSK of an external one (RFC 9258, section
// 4.1); identity is the hash of the ImportedIdentity.
func ImportPSK(k *KDF, psk, identity, out []byte) {
	s := k.Extract(zeros[:k.Size()], psk)
	k.ExpandLabel(out, &s, "derived psk", identity)
	s.Wipe()
}

// NextTraffic is the traffic secret after a KeyUpdate (RFC 8446, section 7.2).
func NextTraffic(k *KDF, traffic *Secret) Secret {
	return k.derive(traffic, "traffic upd", nil)
}

// TrafficKeys fills key and iv from a traffic secret (RFC 8446, section 7.3).
func TrafficKeys(k *KDF, traffic *Secret, key, iv []byte) {
	k.ExpandLabel(key, traffic, "key", nil)
	k.ExpandLabel(iv, traffic, "iv", nil)
}

// FinishedMAC appends the verify_data of a Finished message, or a PSK binder,
// to dst (RFC 8446, section 4.4.4): base is the sender's handshake traffic
// secret or the binder key.
func FinishedMAC(k *KDF, dst []byte, base *Secret, transcript []byte) []byte {
	f := k.derive(base, "finished", nil)
	return k.HMAC(dst, f.Bytes(), transcript)
}

// Equal compares in constant time.
func Equal(a, b []byte) bool { return hmac.Equal(a, b) }

// Export is the exporter of RFC 8446, section 7.5: it fills out, of at most 255
// hashes. An absent context is the empty one.
func Export(k *KDF, exporter *Secret, label string, context, out []byte) {
	s := k.derive(exporter, label, k.emptyHash())
	k.ExpandLabel(out, &s, "exporter", k.Hash(context))
}

// ECHConfirmation fills dst with what confirms that an encrypted ClientHello,
// whose inner one has this Random, has been accepted (RFC 9849, section 7.2).
func ECHConfirmation(k *KDF, dst []byte, label string, random, transcript []byte) {
	s := k.Extract(zeros[:k.Size()], random)
	k.ExpandLabel(dst, &s, label, transcript)
}
