package core

import (
	"patina/core/iana"
	"patina/core/keys"
	"patina/core/wire"
)

// server13Select asks for what the Config does not decide, then sends the
// ServerHello and EncryptedExtensions.
type server13Select struct {
	server13
	shown    bool // the owner's extensions of the hello
	selected bool
	ackName  bool
	early    Wait // WaitEarlyAccept while that question stands
	answered bool // it has been answered
	staple   []byte
}

func (s *server13Select) step(c *Conn) (state, Wait, error) {
	if !s.shown {
		s.shown = true
		return s, WaitNone, c.takeHelloCustom()
	}
	if !s.selected {
		if c.cfg.Ask&AskSelect != 0 {
			return s, WaitSelect, nil
		}
		if err := c.applySelection(Selection{}); err != nil {
			return nil, WaitNone, err
		}
		s.selected = true
	}
	if s.key.none() {
		if err := c.chooseCertTypes(); err != nil {
			return nil, WaitNone, err
		}
		// Chosen before anything is sent, so that a client without a fitting
		// scheme gets an alert it can read.
		if c.cred, c.scheme = c.credentialFor(c.hs.hello.SignatureSchemes, c.hs.hello.SignatureSchemesCert, usable13); c.cred == nil {
			return nil, WaitNone, failure(KindNoCredential, schemesOffered(c.hs.hello.SignatureSchemes))
		}
	}
	if err := c.checkQUICProtocol(); err != nil {
		return nil, WaitNone, err
	}
	if s.key.session != nil {
		c.ageSkew = s.skew(c)
	}
	if w, err := s.decideEarly(c); w != WaitNone || err != nil {
		return s, w, err
	}
	if s.key.none() && c.hs.hello.StatusRequest && c.ownCertType == iana.CertTypeX509 {
		if c.cfg.Ask&AskStaple != 0 {
			return server13Staple{server13Hello{s}}, WaitNone, nil
		}
		s.staple = c.cred.Staple
	}
	return server13Hello{s}, WaitNone, nil
}

// server13Staple asks for an OCSP response.
type server13Staple struct{ server13Hello }

func (s server13Staple) step(c *Conn) (state, Wait, error) { return s, WaitStaple, nil }

func (s server13Staple) answerStaple(c *Conn, response []byte) (state, error) {
	if len(response) > maxStaple {
		return nil, failure(KindBadCredential, "the OCSP response is too long")
	}
	if len(response) > 0 {
		s.staple = response
	}
	return s.server13Hello, nil
}

func (s *server13Select) answerSelect(c *Conn, sel Selection) (state, error) {
	if s.selected {
		return s, ErrNoQuestion
	}
	if err := c.applySelection(sel); err != nil {
		return nil, err
	}
	// The Params may have changed.
	if old := s.key.session; old != nil && (sel.NoResume || c.params.NoResumption || !c.canResume13(old, s.suite)) {
		s.key, c.session, c.resumed = presharedKey{}, nil, false
	}
	s.selected, s.ackName = true, sel.AckServerName && c.hs.hello.Has(iana.ExtServerName)
	return s, nil
}

// server13Hello sends the ServerHello, which everything has been decided for.
type server13Hello struct{ *server13Select }

func (s server13Hello) step(c *Conn) (state, Wait, error) {
	list, ask := c.customFor(wire.InServerHello13, 0, nil)
	if ask {
		return s, WaitExtensions, nil
	}
	return s.hello(c, list)
}

// hello sends the ServerHello and starts the handshake keys.
func (s *server13Select) hello(c *Conn, custom []wire.Extension) (state, Wait, error) {
	share, shared, err := s.exchange(c)
	if err != nil {
		return nil, WaitNone, err
	}
	var psk []byte
	if !s.key.none() {
		psk = s.key.secret()
	}
	c.group, c.ems = s.group, true
	hello := c.hs.hello
	c.hs.transcript.add(hello.Raw)
	sh := &wire.ServerHello{
		LegacyVersion: iana.VersionTLS12,
		Version:       iana.VersionTLS13,
		Random:        c.serverRandom[:],
		SessionID:     hello.SessionID,
		CipherSuite:   s.suite.ID,
		KeyShare:      wire.KeyShare{Group: s.group, Data: share},
		SelectsPSK:    !s.key.none(),
		SelectedPSK:   s.index,
		Custom:        custom,
	}
	if c.ech != ECHNone {
		if err := c.confirmECH(sh, s.suite); err != nil {
			return nil, WaitNone, err
		}
	}
	c.setSuite(s.suite)
	var earlySecret keys.Secret
	defer earlySecret.Wipe()
	if c.early != nil && c.early.open {
		early := keys.NewEarly(c.hs.kdf, psk)
		earlySecret = c.deriveEarly(c.hs.kdf, &early, c.hs.transcript.sum())
		early.Wipe()
	}
	c.queue(wire.AppendServerHello(c.messageBuffer(), sh))
	if !s.retried {
		if err := c.queueCompatCCS(); err != nil {
			return nil, WaitNone, err
		}
	}

	f := new(server13Flight)
	f.clientSecret, f.serverSecret, f.master = c.handshakeSecrets(psk, shared)
	if err := c.setWriteSecret(&f.serverSecret); err != nil {
		f.wipe()
		return nil, WaitNone, err
	}
	reads := &f.clientSecret
	if !earlySecret.Empty() {
		if c.quic != nil {
			c.quic.earlySecret(QUICReadSecret, s.suite.ID, &earlySecret)
			c.early.open = false // there is no EndOfEarlyData (RFC 9001, section 8.3)
		} else {
			reads = &earlySecret
		}
	}
	if err := c.setReadSecret(reads); err != nil {
		f.wipe()
		return nil, WaitNone, err
	}
	c.nameAcked, f.alone, f.early, f.staple = s.ackName, !s.key.none(), !earlySecret.Empty(), s.staple
	return server13Extensions{f}, WaitNone, nil
}

// server13Extensions sends EncryptedExtensions.
type server13Extensions struct{ *server13Flight }

func (s server13Extensions) step(c *Conn) (state, Wait, error) {
	list, ask := c.customFor(wire.InEncryptedExtensions, 0, nil)
	if ask {
		return s, WaitExtensions, nil
	}
	fragment, size := c.answerRecordSizes()
	parameters, err := c.ownTransportParameters()
	if err != nil {
		return nil, WaitNone, err
	}
	ee := wire.EncryptedExtensions{
		AckServerName:     c.nameAcked,
		ALPN:              c.alpn,
		MaxFragmentLength: fragment,
		RecordSizeLimit:   size,
		ECHRetryConfigs:   c.echRetryConfigs(),
		EarlyData:         s.early,
		Custom:            list,

		QUICTransportParameters: parameters,
	}
	if !s.alone {
		ee.ClientCertType, ee.ServerCertType = c.answerCertTypes()
	}
	c.queue(wire.AppendEncryptedExtensions(c.messageBuffer(), &ee))
	if s.alone {
		return s.finish(c)
	}
	return server13Certificate{s.server13Flight}, WaitNone, nil
}

// exchange answers the client's key share; nil of both where there is none
// (psk_ke).
func (s *server13) exchange(c *Conn) (share, shared []byte, err error) {
	if s.alone {
		return nil, nil, nil
	}
	group := c.cfg.Provider.Group(s.group)
	if group == nil {
		return nil, nil, failure(KindNoSharedGroup, s.group.String())
	}
	if share, shared, err = group.Respond(c.cfg.Rand, s.share); err != nil {
		return nil, nil, failureOf(KindBadKeyShare, err)
	}
	return share, shared, nil
}

// server13Flight is what the rest of the server's flight is made from.
type server13Flight struct {
	master                     keys.Master
	clientSecret, serverSecret keys.Secret // handshake traffic secrets
	requested                  bool        // a client certificate
	alone                      bool        // a PSK stands for certificates
	early                      bool        // early data is accepted
	staple                     []byte      // the OCSP response for the certificate
}

// server13Certificate sends the CertificateRequest and the Certificate.
type server13Certificate struct{ *server13Flight }

func (s server13Certificate) step(c *Conn) (state, Wait, error) {
	if c.params.ClientAuth != NoClientCert && !s.requested {
		list, ask := c.customFor(wire.InCertificateRequest, 0, nil)
		if ask {
			return s, WaitExtensions, nil
		}
		s.requested = true
		c.queue(wire.AppendCertificateRequest13(c.messageBuffer(), &wire.CertificateRequest{
			SignatureSchemes: c.cfg.SignatureSchemes,
			Authorities:      c.cfg.ClientCAs,
			StatusRequest:    c.params.RequestStaple,
			SCT:              c.params.RequestSCT,
			CertCompression:  c.cfg.decompress,
			Custom:           list,
		}))
	}
	if c.customEntries(c.cred) {
		return s, WaitExtensions, nil
	}
	if err := c.queueCertificate13(c.cred, s.staple, c.hs.hello.SCT && c.ownCertType == iana.CertTypeX509, c.hs.hello.CertCompression); err != nil {
		return nil, WaitNone, err
	}
	next := &server13Sign{server13Flight: s.server13Flight}
	return next, WaitNone, next.signing.begin(c, serverContext)
}

// maxStaple is the longest OCSP response that is sent, in bytes. It shares a
// 16-bit length with other extensions (RFC 8446, section 4.4.2).
const maxStaple = 60 << 10

// server13Sign makes the server's CertificateVerify.
type server13Sign struct {
	*server13Flight
	signing signing
}

func (s *server13Sign) step(c *Conn) (state, Wait, error) {
	if s.signing.pending() {
		return s, WaitSign, nil
	}
	c.queue(wire.AppendCertificateVerify(c.messageBuffer(), c.scheme, s.signing.signature))
	return s.finish(c)
}

func (s *server13Sign) answerSign(c *Conn, signature []byte) (state, error) {
	return s, s.signing.answer(c, signature)
}

// finish ends the server's flight and goes over to the client's.
func (s *server13Flight) finish(c *Conn) (state, Wait, error) {
	defer s.wipe()
	c.queueFinished13(&s.serverSecret, &c.serverFinished)
	next := &server13Client{clientSecret: s.clientSecret, master: s.master}
	var serverTraffic keys.Secret
	next.clientTraffic, serverTraffic = c.applicationTraffic(&next.master)
	defer serverTraffic.Wipe()
	if err := c.setWriteSecret(&serverTraffic); err != nil {
		return nil, WaitNone, err
	}
	c.hs.finished = true
	if s.requested {
		return &server13ClientCertificate{next}, WaitNone, nil
	}
	if c.early != nil && c.early.open {
		return &server13EarlyData{next}, WaitNone, nil
	}
	return &server13Finished{server13Client: next}, WaitNone, nil
}
