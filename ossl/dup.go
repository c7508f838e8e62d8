package ossl

// CopyTo is SSL_dup's part of a copy: what programs have set on s before its handshake, its role and the session to
// resume. The name of SSL_set_tlsext_host_name is not copied, as in OpenSSL; what C holds (certificates, ex_data,
// verification parameters) C copies.
func (s *SSL) CopyTo(to *SSL) (ok bool) {
	fresh := to.daneFlags
	to.scalars, to.settings, to.method, to.role = s.scalars, s.settings, s.method, s.role
	if !s.DANEActive() {
		to.daneFlags = fresh
	}
	to.session, to.shutdown = s.session, s.shutdown
	return s.copyDANETo(to)
}
