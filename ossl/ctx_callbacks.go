package ossl

// CtxCallback names a callback of an SSL_CTX. The numbers are shared with
// ossl/capi/ctx.h.
type CtxCallback int

// Callbacks of an SSL_CTX, by the functions that set them.
const (
	CallbackInfo              CtxCallback = iota // SSL_CTX_set_info_callback
	CallbackMessage                              // SSL_CTX_set_msg_callback
	CallbackMessageArg                           // its argument
	CallbackKeylog                               // SSL_CTX_set_keylog_callback
	CallbackSessionNew                           // SSL_CTX_sess_set_new_cb
	CallbackSessionGet                           // SSL_CTX_sess_set_get_cb
	CallbackSessionRemove                        // SSL_CTX_sess_set_remove_cb
	CallbackClientHello                          // SSL_CTX_set_client_hello_cb
	CallbackServerName                           // SSL_CTX_set_tlsext_servername_callback
	CallbackServerNameArg                        // its argument
	CallbackALPNSelect                           // SSL_CTX_set_alpn_select_cb
	CallbackCert                                 // SSL_CTX_set_cert_cb
	CallbackClientCert                           // SSL_CTX_set_client_cert_cb
	CallbackStatus                               // SSL_CTX_set_tlsext_status_cb
	CallbackStatusArg                            // its argument
	CallbackTicketKey                            // SSL_CTX_set_tlsext_ticket_key_cb
	CallbackTicketKeyEVP                         // SSL_CTX_set_tlsext_ticket_key_evp_cb
	CallbackTicketGenerate                       // SSL_CTX_set_session_ticket_cb
	CallbackTicketDecrypted                      // likewise
	CallbackCertVerify                           // SSL_CTX_set_cert_verify_callback
	CallbackNextProtoAdvert                      // SSL_CTX_set_next_protos_advertised_cb
	CallbackNextProtoSelect                      // SSL_CTX_set_next_proto_select_cb
	CallbackCookieGenerate                       // SSL_CTX_set_cookie_generate_cb
	CallbackCookieVerify                         // SSL_CTX_set_cookie_verify_cb
	CallbackAllowEarlyData                       // SSL_CTX_set_allow_early_data_cb
	CallbackPSKClient                            // SSL_CTX_set_psk_client_callback
	CallbackPSKServer                            // SSL_CTX_set_psk_server_callback
	CallbackPSKFindSession                       // SSL_CTX_set_psk_find_session_callback
	CallbackPSKUseSession                        // SSL_CTX_set_psk_use_session_callback
	CallbackNotResumable                         // SSL_CTX_set_not_resumable_session_callback
	CallbackGenerateID                           // SSL_CTX_set_generate_session_id
	CallbackSecurity                             // SSL_CTX_set_security_callback
	CallbackPadding                              // SSL_CTX_set_record_padding_callback
	CallbackPaddingArg                           // its argument
	CallbackSecurityArg                          // SSL_CTX_set0_security_ex_data
	CallbackExtensionDebug                       // SSL_set_tlsext_debug_callback
	CallbackExtensionDebugArg                    // its argument
	CallbackStatelessGenerate                    // SSL_CTX_set_stateless_cookie_generate_cb
	CallbackStatelessVerify                      // SSL_CTX_set_stateless_cookie_verify_cb
	CallbackCT                                   // SSL_CTX_set_ct_validation_callback
)

// callback returns the words where a callback and its argument are kept; arg is nil where
// it has none, or is set apart.
func (s *snapshot) callback(id CtxCallback) (fn, arg *Ptr) {
	both := func(c *Callback) (*Ptr, *Ptr) { return &c.Fn, &c.Arg }
	switch id {
	case CallbackInfo:
		return &s.infoCallback, nil
	case CallbackMessage:
		return &s.messageCallback.Fn, nil
	case CallbackMessageArg:
		return &s.messageCallback.Arg, nil
	case CallbackKeylog:
		return &s.keylog, nil
	case CallbackSessionNew:
		return &s.sessionNew, nil
	case CallbackSessionGet:
		return &s.sessionGet, nil
	case CallbackSessionRemove:
		return &s.sessionRemove, nil
	case CallbackClientHello:
		return both(&s.clientHello)
	case CallbackServerName:
		return &s.serverName.Fn, nil
	case CallbackServerNameArg:
		return &s.serverName.Arg, nil
	case CallbackALPNSelect:
		return both(&s.alpnSelect)
	case CallbackCert:
		return both(&s.certCallback)
	case CallbackClientCert:
		return &s.clientCert, nil
	case CallbackStatus:
		return &s.status.Fn, nil
	case CallbackStatusArg:
		return &s.status.Arg, nil
	case CallbackTicketKey:
		return &s.ticketKey, nil
	case CallbackTicketKeyEVP:
		return &s.ticketKeyEVP, nil
	case CallbackTicketGenerate:
		return both(&s.ticketGenerate)
	case CallbackTicketDecrypted:
		return both(&s.ticketDecrypted)
	case CallbackCertVerify:
		return both(&s.certVerify)
	case CallbackNextProtoAdvert:
		return both(&s.nextProtoAdvert)
	case CallbackNextProtoSelect:
		return both(&s.nextProtoSelect)
	case CallbackCookieGenerate:
		return &s.cookieGenerate, nil
	case CallbackCookieVerify:
		return &s.cookieVerify, nil
	case CallbackStatelessGenerate:
		return &s.statelessGenerate, nil
	case CallbackStatelessVerify:
		return &s.statelessVerify, nil
	case CallbackAllowEarlyData:
		return both(&s.allowEarlyData)
	case CallbackPSKClient:
		return &s.pskClient, nil
	case CallbackPSKServer:
		return &s.pskServer, nil
	case CallbackPSKFindSession:
		return &s.pskFindSession, nil
	case CallbackPSKUseSession:
		return &s.pskUseSession, nil
	case CallbackNotResumable:
		return &s.notResumable, nil
	case CallbackGenerateID:
		return &s.generateID, nil
	case CallbackSecurity:
		return &s.security.Fn, nil
	case CallbackSecurityArg:
		return &s.security.Arg, nil
	case CallbackCT:
		return both(&s.ct)
	case CallbackPadding:
		return &s.padding.Fn, nil
	case CallbackPaddingArg:
		return &s.padding.Arg, nil
	}
	return nil, nil
}

// SetCallback sets a callback and, where it has one, its argument.
func (c *Ctx) SetCallback(id CtxCallback, cb Callback) {
	c.change(func(s *snapshot) {
		fn, arg := s.callback(id)
		if fn != nil {
			*fn = cb.Fn
		}
		if arg != nil {
			*arg = cb.Arg
		}
	})
}

// Callback is what SetCallback has set.
func (c *Ctx) Callback(id CtxCallback) Callback {
	s := *c.snap.Load()
	if id == CallbackSecurity {
		return s.security // who asks for it asks with its argument
	}
	fn, arg := s.callback(id)
	var cb Callback
	if fn != nil {
		cb.Fn = *fn
	}
	if arg != nil {
		cb.Arg = *arg
	}
	return cb
}
