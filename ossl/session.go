package ossl

import "patina/core"

// Session is SSL_SESSION: a core.Session with OpenSSL's view of it.
type Session struct {
	core *core.Session
}
