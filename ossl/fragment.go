package ossl

// The maximum fragment length extension, RFC 6066, section 4
// (SSL_CTX_set_tlsext_max_fragment_length(3)).

// maxFragmentLength4096 is the largest value of the extension that is a length:
// TLSEXT_max_fragment_length_4096. 0 turns the extension off.
const maxFragmentLength4096 = 4

func (sc *scalars) setMaxFragmentLength(mode uint8) error {
	if mode > maxFragmentLength4096 {
		return fail(ReasonSSL3ExtInvalidMaxFragmentLength)
	}
	sc.maxFragmentLength = mode
	return nil
}

// SetMaxFragmentLength is SSL_CTX_set_tlsext_max_fragment_length: clients ask for
// records of 512, 1024, 2048 or 4096 bytes.
func (c *Ctx) SetMaxFragmentLength(mode uint8) (err error) {
	c.change(func(s *snapshot) { err = s.setMaxFragmentLength(mode) })
	return err
}

// SetMaxFragmentLength is SSL_set_tlsext_max_fragment_length.
func (s *SSL) SetMaxFragmentLength(mode uint8) error { return s.setMaxFragmentLength(mode) }
