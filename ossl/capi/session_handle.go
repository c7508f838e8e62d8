package capi

// #include "handle.h"
import "C"

import "patina/ossl"

// sessionHandle is the SSL_SESSION of a session, with a reference for the
// caller.
func sessionHandle(s *ossl.Session) *C.SSL_SESSION { return nil }
