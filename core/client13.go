package core

import (
	"bytes"
	"crypto/x509"
	"slices"

	"patina/core/iana"
	"patina/core/keys"
	"patina/core/wire"
)

// The states of a TLS 1.3 client after the ServerHello (RFC 8446, appendix A.1).

// client13 is what all of them need until the handshake ends.
type client13 struct {
	master                     keys.Master
	clientSecret, serverSecret keys.Secret // handshake traffic secrets
}

// client13Extensions waits for EncryptedExtensions.
type client13Extensions struct{ *client13 }

func (s *client13Extensions) step(c *Conn) (state, Wait, error) {
	m, ok, err := c.expect(iana.TypeEncryptedExtensions)
	if err != nil || !ok {
		return s, WaitRead, err
	}
	ee := wire.EncryptedExtensions{Known: c.cfg.customTypes}
	hello := c.hs.hello
	if err := wire.ParseEncryptedExtensions(&ee, m.raw, hello.Set); err != nil {
		return nil, WaitNone, fromWire(err)
	}
	if err := c.takeCustom(wire.InEncryptedExtensions, 0, nil, ee.Custom); err != nil {
		return nil, WaitNone, err
	}
	if ee.ALPN != "" && !slices.Contains(hello.ALPN, ee.ALPN) {
		return nil, WaitNone, failure(KindBadALPN, "")
	}
	if err := c.takeRecordSizes(ee.MaxFragmentLength, ee.RecordSizeLimit); err != nil {
		return nil, WaitNone, err
	}
	if len(ee.ECHRetryConfigs) > 0 {
		if err := c.takeRetryConfigs(ee.ECHRetryConfigs); err != nil {
			return nil, WaitNone, err
		}
	}
	c.alpn, c.nameAcked = ee.ALPN, ee.AckServerName
	c.hs.transcript.add(m.raw)
	if c.quic != nil {
		if ee.QUICTransportParameters == nil {
			return nil, WaitNone, failure(KindMissingExtension, "quic_transport_parameters")
		}
		c.quic.takeTransportParameters(ee.QUICTransportParameters)
		if err := c.checkQUICProtocol(); err != nil {
			return nil, WaitNone, err
		}
	}
	if err := s.answerEarly(c, &ee); err != nil {
		return nil, WaitNone, err
	}
	if c.resumed && c.params.VerifyResumed {
		return &client13Reverify{client13: s.client13}, WaitNone, c.showSessionPeer()
	}
	if c.resumed || c.psk != nil {
		return &client13Finished{client13: s.client13}, WaitNone, nil
	}
	if err := c.takeCertTypes(ee.ClientCertType, ee.ServerCertType); err != nil {
		return nil, WaitNone, err
	}
	return &client13Certificate{client13: s.client13}, WaitNone, nil
}

// client13Certificate waits for a CertificateRequest or the Certificate.
type client13Certificate struct {
	*client13
	request *wire.CertificateRequest // nil until the server has sent one
}

func (s *client13Certificate) step(c *Conn) (state, Wait, error) {
	m, ok, err := c.nextMessage()
	if err != nil || !ok {
		return s, WaitRead, err
	}
	switch {
	case m.typ == iana.TypeCertificateRequest && s.request == nil:
		s.request = &wire.CertificateRequest{Known: c.cfg.customTypes}
		if err := wire.ParseCertificateRequest13(s.request, bytes.Clone(m.raw)); err != nil {
			return nil, WaitNone, fromWire(err)
		}
		if len(s.request.Context) != 0 {
			return nil, WaitNone, failure(KindBadRequestContext, "in a handshake")
		}
		c.peerSchemes, c.authorities = s.request.SignatureSchemes, s.request.Authorities
		c.hs.transcript.add(m.raw)
		return s, WaitNone, c.takeCustom(wire.InCertificateRequest, 0, nil, s.request.Custom)
	case !c.takesCertificate13(m.typ):
		return nil, WaitNone, unexpected(m.typ)
	}
	if err := c.takeCertificate13(m, c.hs.hello.Set); err != nil {
		return nil, WaitNone, err
	}
	if !c.peerPresented() {
		return nil, WaitNone, failure(KindNoServerCertificate, "")
	}
	return &client13Verify{client13: s.client13, request: s.request}, WaitNone, nil
}

// takeCertificate13 parses the peer's Certificate into the facts and adds it to
// the transcript. offered is what may stand in its entries.
func (c *Conn) takeCertificate13(m message, offered wire.ExtensionSet) error {
	msg := wire.Certificate{Known: c.cfg.customTypes}
	chain, raw, err := c.parseCertificate13(&msg, m, offered)
	if err != nil {
		return err
	}
	for i := range msg.Entries {
		e := &msg.Entries[i]
		if err := c.takeCustom(wire.InCertificate, i, e.Cert, e.Custom); err != nil {
			return err
		}
	}
	if len(msg.Context) != 0 {
		return failure(KindBadRequestContext, "in a handshake")
	}
	if len(msg.Entries) > 0 {
		c.peerStaple = bytes.Clone(msg.Entries[0].Staple)
		c.peerSCTs = cloneList(msg.Entries[0].SCTs)
		c.peerChain, c.peerRaw = chain, raw
	}
	c.hs.transcript.add(m.raw)
	return nil
}

// parseCertificate13 parses a Certificate into msg, and the certificates or the
// key in it.
func (c *Conn) parseCertificate13(msg *wire.Certificate, m message, offered wire.ExtensionSet) ([]*x509.Certificate, *rawKey, error) {
	b := m.raw
	if m.typ == iana.TypeCompressedCertificate {
		var err error
		if b, err = c.decompress(m); err != nil {
			return nil, nil, err
		}
	}
	if err := wire.ParseCertificate13(msg, b, offered); err != nil {
		return nil, nil, fromWire(err)
	}
	return c.takeEntries(msg.Entries)
}

// cloneList copies a list out of a message.
func cloneList(list [][]byte) (own [][]byte) {
	for _, b := range list {
		own = append(own, bytes.Clone(b))
	}
	return own
}

// client13Verify asks for the verdict on the server's chain.
type client13Verify struct {
	*client13
	request *wire.CertificateRequest
}

func (s *client13Verify) step(c *Conn) (state, Wait, error) { return s, WaitVerify, nil }

func (s *client13Verify) answerVerify(c *Conn, v Verified) (state, error) {
	return &client13CertificateVerify{s.client13, s.request, v}, nil
}

// client13CertificateVerify waits for the proof that the server has the key.
type client13CertificateVerify struct {
	*client13
	request *wire.CertificateRequest
	chain   Verified
}

func (s *client13CertificateVerify) step(c *Conn) (state, Wait, error) {
	m, ok, err := c.expect(iana.TypeCertificateVerify)
	if err != nil || !ok {
		return s, WaitRead, err
	}
	if err := c.verifyCertificateVerify13(m, serverContext, s.chain); err != nil {
		return nil, WaitNone, err
	}
	c.hs.transcript.add(m.raw)
	return &client13Finished{s.client13, s.request}, WaitNone, nil
}

// client13Finished waits for the server's Finished. The server is known by its
// certificate or by the PSK.
type client13Finished struct {
	*client13
	request *wire.CertificateRequest
}

func (s *client13Finished) step(c *Conn) (state, Wait, error) {
	m, ok, err := c.expect(iana.TypeFinished)
	if err != nil || !ok {
		return s, WaitRead, err
	}
	if err := c.verifyFinished13(m, &s.serverSecret, &c.serverFinished); err != nil {
		return nil, WaitNone, err
	}
	defer s.wipe()
	next := &client13Finish{clientSecret: s.clientSecret, master: s.master}
	var serverTraffic keys.Secret
	next.clientTraffic, serverTraffic = c.applicationTraffic(&next.master)
	defer serverTraffic.Wipe()
	if err := c.setReadSecret(&serverTraffic); err != nil {
		return nil, WaitNone, err
	}
	if c.early != nil && c.early.hold {
		c.early.served = true
		return &client13Served{client13Finish: next, request: s.request}, WaitNone, nil
	}
	return next.begin(c, s.request)
}

// verifyFinished13 checks the peer's Finished, made with its handshake traffic
// secret, keeps its content in data and adds it to the transcript.
func (c *Conn) verifyFinished13(m message, secret *keys.Secret, data *verifyData) error {
	got, err := wire.ParseFinished(m.raw, c.suite.HashLen)
	if err != nil {
		return fromWire(err)
	}
	var mac [keys.MaxHash]byte
	want := keys.FinishedMAC(c.hs.kdf, mac[:0], secret, c.hs.transcript.sum())
	if !keys.Equal(want, got) {
		return failure(KindBadDigest, "")
	}
	data.set(got)
	c.hs.transcript.add(m.raw)
	return nil
}

// queueFinished13 queues this side's Finished.
func (c *Conn) queueFinished13(secret *keys.Secret, data *verifyData) {
	var mac [keys.MaxHash]byte
	own := keys.FinishedMAC(c.hs.kdf, mac[:0], secret, c.hs.transcript.sum())
	data.set(own)
	c.queue(wire.AppendFinished(c.messageBuffer(), own))
}
