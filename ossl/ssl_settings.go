package ossl

import "slices"

// What SSL_CTX_... and SSL_... have in common, for one connection. Each method is
// named after the C function without SSL_.

// SetOptions is SSL_set_options; it returns the options after.
func (s *SSL) SetOptions(op uint64) uint64 {
	s.options |= op
	return s.options
}

// ClearOptions is SSL_clear_options; it returns the options after.
func (s *SSL) ClearOptions(op uint64) uint64 {
	s.options &^= op
	return s.options
}

// Options is SSL_get_options.
func (s *SSL) Options() uint64 { return s.options }

// SetVerify is SSL_set_verify: the mode always, the callback if it is not zero.
func (s *SSL) SetVerify(mode int, callback Ptr) {
	s.verifyMode = mode
	if callback != 0 {
		s.verifyCallback = callback
	}
}

// VerifyMode is SSL_get_verify_mode.
func (s *SSL) VerifyMode() int { return s.verifyMode }

// VerifyCallback is SSL_get_verify_callback.
func (s *SSL) VerifyCallback() Ptr { return s.verifyCallback }

// SetSecurityLevel is SSL_set_security_level.
func (s *SSL) SetSecurityLevel(n int) { s.securityLevel = n }

// SecurityLevel is SSL_get_security_level.
func (s *SSL) SecurityLevel() int { return s.securityLevel }

// SetSessionIDContext is SSL_set_session_id_context.
func (s *SSL) SetSessionIDContext(ctx []byte) error { return s.setSessionIDContext(ctx) }

// QuietShutdown is SSL_get_quiet_shutdown.
func (s *SSL) QuietShutdown() bool { return s.quiet }

// SetNumTickets is SSL_set_num_tickets.
func (s *SSL) SetNumTickets(n int) { s.tickets = n }

// NumTickets is SSL_get_num_tickets.
func (s *SSL) NumTickets() int { return s.tickets }

// SetPostHandshakeAuth is SSL_set_post_handshake_auth.
func (s *SSL) SetPostHandshakeAuth(on bool) { s.postHandshakeAuth = on }

// SetMaxEarlyData and SetRecvMaxEarlyData are SSL_set_max_early_data and
// SSL_set_recv_max_early_data.
func (s *SSL) SetMaxEarlyData(n uint32) { s.maxEarlyData = n }

// SetRecvMaxEarlyData is SSL_set_recv_max_early_data, in bytes.
func (s *SSL) SetRecvMaxEarlyData(n uint32) { s.recvEarlyData = n }

// MaxEarlyData is SSL_get_max_early_data, in bytes.
func (s *SSL) MaxEarlyData() uint32 { return s.maxEarlyData }

// RecvMaxEarlyData is SSL_get_recv_max_early_data, in bytes.
func (s *SSL) RecvMaxEarlyData() uint32 { return s.recvEarlyData }

// SetReadAhead is SSL_set_read_ahead.
func (s *SSL) SetReadAhead(v int) { scalarCtrls[ctrlSetReadAhead](&s.scalars, s.method, int64(v)) }

// ReadAhead is SSL_get_read_ahead.
func (s *SSL) ReadAhead() int { return s.readAheadValue }

// SetALPNProtos is SSL_set_alpn_protos.
func (s *SSL) SetALPNProtos(list []byte) error {
	if !validProtocols(list) {
		return errFailed
	}
	own := append([]byte(nil), list...)
	s.changeSettings(func(n *settings) { n.alpn = own })
	return nil
}

// SetCipherList is SSL_set_cipher_list.
func (s *SSL) SetCipherList(str string) error {
	n, err := s.scalars.setCipherList(s.settings, str)
	s.settings = n
	return err
}

// SetCipherSuites is SSL_set_ciphersuites.
func (s *SSL) SetCipherSuites(str string) error {
	list, ok := parseCipherSuites(str)
	if !ok {
		return fail(ReasonNoCipherMatch)
	}
	s.changeSettings(func(n *settings) { n.suites13 = list })
	return nil
}

// Ciphers is SSL_get_ciphers: all suites set.
func (s *SSL) Ciphers() []*Cipher { return s.ciphers() }

// offered are the suites set without those with a PSK, if no callback gives a client one.
func (s *SSL) offered() []*Cipher {
	list := s.ciphers()
	if s.pskClient == 0 {
		list = slices.DeleteFunc(slices.Clone(list), (*Cipher).needsPSK)
	}
	return list
}

// SupportedCiphers is SSL_get1_supported_ciphers: those that the versions and the
// security level leave.
func (s *SSL) SupportedCiphers() []*Cipher {
	min, max, err := s.versionRange()
	if err != nil {
		return nil
	}
	var list []*Cipher
	limit := levelLimit(s.securityLevel)
	for _, c := range s.offered() {
		if v := c.version(); v >= min && v <= max && limit.suite(c) {
			list = append(list, c)
		}
	}
	return list
}

// SetCredential tells what C has put into a slot of the SSL.
func (s *SSL) SetCredential(f CredentialFacts) {
	s.changeSettings(func(n *settings) { n.setCredential(f) })
}

// SetCAs is Ctx.SetCAs for one connection.
func (s *SSL) SetCAs(client bool, names [][]byte) {
	s.changeSettings(func(n *settings) { n.setCAs(client, names) })
}

// SetCallback sets one of the callbacks that an SSL has of its own.
func (s *SSL) SetCallback(id CtxCallback, cb Callback) bool {
	switch id {
	case CallbackInfo:
		s.infoCallback = cb.Fn
	case CallbackMessage:
		s.messageCallback.Fn = cb.Fn
		s.watchRecords()
	case CallbackMessageArg:
		s.messageCallback.Arg = cb.Fn
	case CallbackCert:
		s.certCallback = cb
	case CallbackNotResumable:
		s.notResumable = cb.Fn
	case CallbackGenerateID:
		s.generateID = cb.Fn
	case CallbackAllowEarlyData:
		s.allowEarlyData = cb
	case CallbackPSKClient:
		s.pskClient = cb.Fn
	case CallbackPSKServer:
		s.pskServer = cb.Fn
	case CallbackPSKFindSession:
		s.pskFindSession = cb.Fn
	case CallbackPSKUseSession:
		s.pskUseSession = cb.Fn
	case CallbackSecurity:
		s.security.Fn = cb.Fn
	case CallbackSecurityArg:
		s.security.Arg = cb.Fn
	case CallbackCT:
		s.ct = cb
	case CallbackPadding:
		s.padding.Fn = cb.Fn
	case CallbackPaddingArg:
		s.padding.Arg = cb.Fn
	case CallbackExtensionDebug:
		s.extensionDebug.Fn = cb.Fn
	case CallbackExtensionDebugArg:
		s.extensionDebug.Arg = cb.Fn
	default:
		return false
	}
	return true
}

// Callback is what SetCallback has set.
func (s *SSL) Callback(id CtxCallback) Callback {
	switch id {
	case CallbackInfo:
		return Callback{Fn: s.infoCallback}
	case CallbackMessage:
		return s.messageCallback
	case CallbackCert:
		return s.certCallback
	case CallbackCT:
		return s.ct
	case CallbackSecurity, CallbackSecurityArg:
		return s.security
	case CallbackPadding, CallbackPaddingArg:
		return s.padding
	}
	return Callback{}
}

// SessionIDContext is what SetSessionIDContext has set.
func (s *SSL) SessionIDContext() []byte { return s.idContext() }
