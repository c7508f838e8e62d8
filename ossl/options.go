package ossl

// SetOptions is SSL_CTX_set_options; it returns the options after.
func (c *Ctx) SetOptions(op uint64) uint64 {
	c.change(func(s *snapshot) { s.options |= op })
	return c.Options()
}

// ClearOptions is SSL_CTX_clear_options; it returns the options after.
func (c *Ctx) ClearOptions(op uint64) uint64 {
	c.change(func(s *snapshot) { s.options &^= op })
	return c.Options()
}

// Options is SSL_CTX_get_options.
func (c *Ctx) Options() uint64 { return c.snap.Load().options }

// SetVerify is SSL_CTX_set_verify: mode and callback.
func (c *Ctx) SetVerify(mode int, callback Ptr) {
	c.change(func(s *snapshot) { s.verifyMode, s.verifyCallback = mode, callback })
}

// VerifyMode is SSL_CTX_get_verify_mode.
func (c *Ctx) VerifyMode() int { return c.snap.Load().verifyMode }

// VerifyCallback is SSL_CTX_get_verify_callback.
func (c *Ctx) VerifyCallback() Ptr { return c.snap.Load().verifyCallback }

// SetSecurityLevel is SSL_CTX_set_security_level.
func (c *Ctx) SetSecurityLevel(n int) { c.change(func(s *snapshot) { s.securityLevel = n }) }

// SecurityLevel is SSL_CTX_get_security_level.
func (c *Ctx) SecurityLevel() int { return c.snap.Load().securityLevel }

// SetSessionIDContext is SSL_CTX_set_session_id_context.
func (c *Ctx) SetSessionIDContext(ctx []byte) (err error) {
	c.change(func(s *snapshot) { err = s.setSessionIDContext(ctx) })
	return err
}

func (sc *scalars) setSessionIDContext(ctx []byte) error {
	if len(ctx) > maxSessionContext {
		return fail(ReasonSSLSessionIDContextTooLong)
	}
	sc.sessionCtxLen = copy(sc.sessionContext[:], ctx)
	return nil
}

// SetTimeout is SSL_CTX_set_timeout; it returns the value before.
func (c *Ctx) SetTimeout(seconds int64) (old int64) {
	c.change(func(s *snapshot) { old, s.sessionTimeout = s.sessionTimeout, seconds })
	return old
}

// sessionLifetime is how long sessions live, in seconds: where SSL_CTX_set_timeout has set none, as long as by default.
func (s *snapshot) sessionLifetime() int64 {
	if s.sessionTimeout == 0 {
		return defaultTimeout
	}
	return s.sessionTimeout
}

// Timeout is SSL_CTX_get_timeout, in seconds.
func (c *Ctx) Timeout() int64 { return c.snap.Load().sessionTimeout }

// SetQuietShutdown is SSL_CTX_set_quiet_shutdown.
func (c *Ctx) SetQuietShutdown(quiet bool) { c.change(func(s *snapshot) { s.quiet = quiet }) }

// QuietShutdown is SSL_CTX_get_quiet_shutdown.
func (c *Ctx) QuietShutdown() bool { return c.snap.Load().quiet }

// SetNumTickets is SSL_CTX_set_num_tickets.
func (c *Ctx) SetNumTickets(n int) { c.change(func(s *snapshot) { s.tickets = n }) }

// NumTickets is SSL_CTX_get_num_tickets.
func (c *Ctx) NumTickets() int { return c.snap.Load().tickets }

// SetMaxEarlyData and SetRecvMaxEarlyData are SSL_CTX_set_max_early_data and
// SSL_CTX_set_recv_max_early_data.
func (c *Ctx) SetMaxEarlyData(n uint32) { c.change(func(s *snapshot) { s.maxEarlyData = n }) }

// SetRecvMaxEarlyData is SSL_CTX_set_recv_max_early_data, in bytes.
func (c *Ctx) SetRecvMaxEarlyData(n uint32) { c.change(func(s *snapshot) { s.recvEarlyData = n }) }

// MaxEarlyData is SSL_CTX_get_max_early_data, in bytes.
func (c *Ctx) MaxEarlyData() uint32 { return c.snap.Load().maxEarlyData }

// RecvMaxEarlyData is SSL_CTX_get_recv_max_early_data, in bytes.
func (c *Ctx) RecvMaxEarlyData() uint32 { return c.snap.Load().recvEarlyData }

// SetPostHandshakeAuth is SSL_CTX_set_post_handshake_auth.
func (c *Ctx) SetPostHandshakeAuth(on bool) { c.change(func(s *snapshot) { s.postHandshakeAuth = on }) }

// SetALPNProtos is SSL_CTX_set_alpn_protos: the client's list as on the wire;
// an empty one takes it away.
func (c *Ctx) SetALPNProtos(list []byte) error {
	if !validProtocols(list) {
		return errFailed
	}
	own := append([]byte(nil), list...)
	c.changeSettings(func(s *settings) { s.alpn = own })
	return nil
}

// SetCipherList is SSL_CTX_set_cipher_list.
func (c *Ctx) SetCipherList(str string) (err error) {
	c.change(func(s *snapshot) {
		s.settings, err = s.scalars.setCipherList(s.settings, str)
	})
	return err
}

// setCipherList applies a cipher string. A list without a suite of TLS 1.2 is an
// error, and is set all the same, as in OpenSSL: who ignores the error does not
// get suites that were not asked for.
func (sc *scalars) setCipherList(was *settings, str string) (*settings, error) {
	list, level, ok := parseCipherString(str)
	if level >= 0 {
		sc.securityLevel = level
	}
	if !ok {
		return was, fail(ReasonInvalidCommand)
	}
	s := was.clone()
	s.suites12 = list
	if len(list) == 0 {
		return s, fail(ReasonNoCipherMatch)
	}
	return s, nil
}

// SetCipherSuites is SSL_CTX_set_ciphersuites.
func (c *Ctx) SetCipherSuites(str string) error {
	list, ok := parseCipherSuites(str)
	if !ok {
		return fail(ReasonNoCipherMatch)
	}
	c.changeSettings(func(s *settings) { s.suites13 = list })
	return nil
}

// Ciphers is SSL_CTX_get_ciphers: all suites set, those of TLS 1.3 first.
func (c *Ctx) Ciphers() []*Cipher { return c.snap.Load().ciphers() }

func (s *settings) ciphers() []*Cipher {
	return append(append([]*Cipher(nil), s.suites13...), s.suites12...)
}

// SetCAs gives the DER-encoded names of SSL_CTX_set0_CA_list, or, if client is
// set, of SSL_CTX_set_client_CA_list, which a server prefers.
func (c *Ctx) SetCAs(client bool, names [][]byte) {
	c.changeSettings(func(s *settings) { s.setCAs(client, names) })
}

func (s *settings) setCAs(client bool, names [][]byte) {
	if client {
		s.clientCAs = names
	} else {
		s.ownCAs = names
	}
}
