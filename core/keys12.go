package core

import (
	"bytes"

	"patina/core/iana"
	"patina/core/keys"
	"patina/core/wire"
)

// What both roles of TLS 1.2 do alike.

// master12 makes the master secret (RFC 5246, section 8.1; RFC 7627, section
// 4): the transcript ends with the ClientKeyExchange.
func (c *Conn) master12(premaster []byte) keys.Master12 {
	k := c.hs.kdf
	var m keys.Master12
	if c.ems {
		m = keys.NewExtendedMaster12(k, premaster, c.hs.transcript.sum())
	} else {
		m = keys.NewMaster12(k, premaster, c.clientRandom[:], c.serverRandom[:])
	}
	clear(premaster)
	c.useMaster12(&m)
	return m
}

// useMaster12 makes m the connection's.
func (c *Conn) useMaster12(m *keys.Master12) {
	c.exporter = *m.Secret()
	c.logSecret(LabelMaster, m.Secret())
}

// LabelMaster is SSLKEYLOGFILE's for the master secret.
const LabelMaster = "CLIENT_RANDOM"

// keyBlock12 makes the keys of both directions.
func (c *Conn) keyBlock12(m *keys.Master12) keys.KeyBlock {
	return m.KeyBlock(c.hs.kdf, c.clientRandom[:], c.serverRandom[:], c.suite.KeyLen, c.suite.FixedIV)
}

// sendFinished12 queues change_cipher_spec and, under the new keys, Finished.
func (c *Conn) sendFinished12(m *keys.Master12, b *keys.KeyBlock) error {
	if err := c.queueCCS(); err != nil {
		return err
	}
	key, iv := b.Server()
	data := &c.serverFinished
	if c.client {
		key, iv = b.Client()
		data = &c.clientFinished
	}
	if err := c.setWriteKeys(key, iv); err != nil {
		return err
	}
	var verify [keys.FinishedLen]byte
	sum := c.hs.transcript.sum()
	if c.client {
		m.ClientFinished(c.hs.kdf, verify[:], sum)
	} else {
		m.ServerFinished(c.hs.kdf, verify[:], sum)
	}
	data.set(verify[:])
	c.queue(wire.AppendFinished(c.messageBuffer(), verify[:]))
	return nil
}

// protectRead12 opens with the peer's keys from now on.
func (c *Conn) protectRead12(b *keys.KeyBlock) error {
	key, iv := b.Client()
	if c.client {
		key, iv = b.Server()
	}
	return c.setReadKeys(key, iv)
}

// takeFinished12 checks the peer's Finished and adds it to the transcript.
func (c *Conn) takeFinished12(m message, master *keys.Master12) error {
	got, err := wire.ParseFinished(m.raw, keys.FinishedLen)
	if err != nil {
		return fromWire(err)
	}
	var want [keys.FinishedLen]byte
	sum := c.hs.transcript.sum()
	data := &c.clientFinished
	if c.client {
		data = &c.serverFinished
		master.ServerFinished(c.hs.kdf, want[:], sum)
	} else {
		master.ClientFinished(c.hs.kdf, want[:], sum)
	}
	if !keys.Equal(want[:], got) {
		return failure(KindBadDigest, "")
	}
	data.set(got)
	c.hs.transcript.add(m.raw)
	return nil
}

// takeCertificate12 parses the peer's Certificate into the facts and adds it to
// the transcript.
func (c *Conn) takeCertificate12(m message) error {
	c.hs.transcript.add(m.raw)
	if c.peerCertType == iana.CertTypeRawPublicKey {
		spki, err := wire.ParseRawPublicKey12(m.raw)
		if err != nil {
			return fromWire(err)
		}
		if len(spki) > 0 {
			c.peerRaw, err = parseRawKey(spki)
		}
		return err
	}
	var msg wire.Certificate
	if err := wire.ParseCertificate12(&msg, m.raw); err != nil {
		return fromWire(err)
	}
	chain, err := c.parseChain(msg.Entries)
	if err == nil && len(chain) > 0 {
		c.peerChain = chain
	}
	return err
}

// session12 is the session of this handshake, with its secret.
func (c *Conn) session12(m *keys.Master12) *Session {
	s := c.makeSession()
	s.Secret = bytes.Clone(m.Secret().Bytes())
	return s
}

// signedParams12 is what a ServerKeyExchange signs (RFC 8422, section 5.4).
func (c *Conn) signedParams12(params []byte) []byte {
	b := make([]byte, 0, 64+len(params))
	b = append(b, c.clientRandom[:]...)
	b = append(b, c.serverRandom[:]...)
	return append(b, params...)
}

// beginMessage settles a message to be signed and, where the credential can,
// signs it.
func (s *signing) beginMessage(c *Conn, message []byte) error {
	s.message = message
	signer := c.cred.Signer
	if signer == nil {
		q := c.asking()
		q.askScheme, q.askMessage = c.scheme, s.message
		return nil
	}
	signature, err := signer.Sign(c.cfg.Rand, c.scheme, s.message)
	if err != nil {
		return failureOf(KindSigningFailed, err)
	}
	return s.answer(c, signature)
}

// offersUncompressed checks an ec_point_formats list, which must have the one
// format there is (RFC 8422, section 5.1.2).
func offersUncompressed(set wire.ExtensionSet, formats []byte) error {
	if set.Has(iana.ExtECPointFormats) && !bytes.Contains(formats, []byte{wire.PointUncompressed}) {
		return failure(KindIllegalParameter, "ec_point_formats without the uncompressed one")
	}
	return nil
}
