package ossl

import (
	"crypto/ecdsa"
	"slices"

	"patina/core"
	"patina/core/iana"
	"patina/core/provider"
)

// Which questions a security callback is asked at each stage of a handshake, in
// OpenSSL's order; judgement.go asks them and keeps the answers.

func (s *SSL) versionQuestions() (list []securityQuestion) {
	if !s.method.IsFixed() {
		for v := newestVersion - 1; v >= oldestTLSVersion; v-- {
			if s.minVersion == 0 || v >= s.minVersion {
				list = append(list, securityQuestion{op: secVersion, nid: int32(v), id: uint16(v)})
			}
		}
	}
	if s.role == RoleServer {
		return list
	}
	return append(list, s.maskQuestions(false)...)
}

// maskQuestions are about the kinds of keys that suites and certificates may have:
// one scheme of each kind will do.
func (s *SSL) maskQuestions(server bool) (list []securityQuestion) {
	for _, a := range s.schemesSet(server) {
		q := schemeQuestion(secSigAlgMask, a, sigClass(a))
		q.flags = questionSettles
		list = append(list, q)
	}
	return list
}

// SupportedQuestions are what SSL_get1_supported_ciphers asks a security callback,
// as in NeedSecurity; nil if there is none.
func (s *SSL) SupportedQuestions() []byte {
	if s.security.Fn == 0 {
		return nil
	}
	return encodeQuestions(s.supportedQuestions())
}

func (s *SSL) supportedQuestions() []securityQuestion {
	list := s.maskQuestions(false)
	v := iana.ProtocolVersion(s.Version())
	list = append(list, securityQuestion{op: secVersion, nid: int32(v), id: uint16(v)})
	for _, q := range s.versionQuestions() {
		if q.op == secVersion {
			list = append(list, q)
		}
	}
	lo, hi, err := s.versionRange()
	for _, c := range s.offered() {
		if v := c.version(); err == nil && v >= lo && v <= hi {
			list = append(list, suiteQuestion(secCipherSupported, c))
		}
	}
	return list
}

// SupportedCiphersBy is SupportedCiphers by the answers to SupportedQuestions.
func (s *SSL) SupportedCiphersBy(answers []byte) (list []*Cipher) {
	var j judgement
	j.answer(s.supportedQuestions(), answers)
	for _, c := range s.offered() {
		if j.suites[c.ID] && j.suite(c) && !j.refuses(c.version()) {
			list = append(list, c)
		}
	}
	return list
}

// helloQuestions are about what a client offers.
func (s *SSL) helloQuestions() (list []securityQuestion) {
	lo, hi, err := s.versionRange()
	if err != nil {
		return nil
	}
	for _, c := range s.offered() {
		if v := c.version(); v >= lo && v <= hi && s.judged.suite(c) {
			list = append(list, suiteQuestion(secCipherSupported, c))
		}
	}
	for _, g := range s.groupList(false, limit{judged: s.judged}) {
		list = append(list, groupQuestion(secCurveSupported, g))
	}
	if s.options&opNoTicket == 0 {
		list = append(list, securityQuestion{op: secTicket})
	}
	for _, a := range s.schemesSet(false) {
		list = append(list, schemeQuestion(secSigAlgSupported, a, 0))
	}
	return list
}

// answerQuestions are about how a server answers a hello: in TLS 1.3 suite and
// group, in TLS 1.2 tickets.
func (s *SSL) answerQuestions() (list []securityQuestion) {
	hello := s.conn.ClientHello()
	if hello == nil {
		return nil
	}
	if !s.takesTLS13(hello.SupportedVersions) {
		if s.options&opNoTicket == 0 {
			list = append(list, securityQuestion{op: secTicket})
		}
		return list
	}
	for _, c := range s.sharedInOrder(hello.CipherSuites, s.suites13) {
		q := suiteQuestion(secCipherShared, c)
		if len(hello.Identities) == 0 {
			q.any, q.flags = anySuite, questionSettles
		} // else one of another hash may be needed
		list = append(list, q)
	}
	own := s.groupList(true, limit{judged: s.judged})
	var shares []iana.NamedGroup
	for _, share := range hello.KeyShares {
		shares = append(shares, share.Group)
	}
	if s.options&opCipherServerPreference == 0 {
		for _, g := range shares {
			if slices.Contains(own, g) {
				list = append(list, shareQuestions(g)...)
			}
		}
		return append(list, s.groupsShared(hello.Groups, own)...)
	}
	for _, q := range s.groupsShared(hello.Groups, own) {
		if g := iana.NamedGroup(q.id); slices.Contains(shares, g) {
			list = append(list, shareQuestions(g)...)
		} else {
			list = append(list, q)
		}
	}
	return list
}

// shareQuestions are about a group that the client has sent a share of.
func shareQuestions(g iana.NamedGroup) []securityQuestion {
	check, supported := groupQuestion(secCurveCheck, g), groupQuestion(secCurveSupported, g)
	check.any, supported.any, supported.flags = anyGroup, anyGroup, questionSettles|questionFollows
	return []securityQuestion{check, supported}
}

// groupsShared asks for the first group of both sides.
func (s *SSL) groupsShared(peer, own []iana.NamedGroup) (list []securityQuestion) {
	if s.options&opCipherServerPreference != 0 {
		peer, own = own, peer
	}
	for _, g := range peer {
		if slices.Contains(own, g) && GroupName(GroupNID(g)) != "" {
			q := groupQuestion(secCurveShared, g)
			q.any, q.flags = anyGroup, questionSettles
			list = append(list, q)
		}
	}
	return list
}

func (s *SSL) serverSharedQuestions() []securityQuestion {
	return s.sharedQuestions(s.conn.PeerSignatureSchemes(), s.schemesSet(false))
}

func (s *SSL) clientSharedQuestions() []securityQuestion {
	return s.sharedQuestions(s.conn.CertificateRequest().Schemes, s.schemesSet(true))
}

// sharedQuestions are about the signature schemes of both sides.
func (s *SSL) sharedQuestions(peer, own []iana.SignatureScheme) (list []securityQuestion) {
	if s.options&opCipherServerPreference != 0 {
		peer, own = own, peer
	}
	for _, a := range peer {
		if slices.Contains(own, a) {
			list = append(list, schemeQuestion(secSigAlgShared, a, 0))
		}
	}
	return list
}

// selectQuestions are about group and suite of a TLS 1.2 server.
func (s *SSL) selectQuestions() (list []securityQuestion) {
	hello := s.conn.ClientHello()
	if s.conn.Version() != iana.VersionTLS12 || s.conn.Resumed() || hello == nil {
		return nil
	}
	if c := s.creds[SlotECC]; c != nil && c.usable() {
		if g := groupByNID(c.curve); g != 0 {
			list = append(list, groupQuestion(secCurveCheck, g))
		}
	}
	list = append(list, s.groupsShared(hello.Groups, s.groupList(true, limit{judged: s.judged}))...)
	for _, c := range s.sharedInOrder(hello.CipherSuites, s.suites12) {
		if !s.canServe(c) {
			continue
		}
		q := suiteQuestion(secCipherShared, c)
		q.any, q.flags = anySuite, questionSettles
		list = append(list, q)
	}
	return list
}

// requestQuestions are about what a server's CertificateRequest names.
func (s *SSL) requestQuestions() (list []securityQuestion) {
	if s.verifyMode&verifyPeer == 0 || s.conn.Resumed() {
		return nil
	}
	if s.conn.Version() == iana.VersionTLS12 {
		list = s.maskQuestions(true)
	}
	for _, a := range s.schemesSet(true) {
		list = append(list, schemeQuestion(secSigAlgSupported, a, 0))
	}
	return list
}

func (s *SSL) checkQuestions() (list []securityQuestion) {
	at := &s.judged.checked
	tls12 := s.conn.Version() == iana.VersionTLS12
	if id := s.conn.Suite(); s.role == RoleClient && !at.suite && id != 0 {
		at.suite = true
		if c := CipherByID(id); c != nil && !(tls12 && s.conn.Resumed()) {
			list = append(list, suiteQuestion(secCipherCheck, c))
		}
	}
	if s.conn.Resumed() {
		return list
	}
	if g := s.conn.Group(); s.role == RoleClient && tls12 && !at.group && g != 0 {
		at.group = true
		list = append(list, groupQuestion(secCurveCheck, g))
	}
	if a := s.conn.PeerSignatureScheme(); !at.scheme && a != 0 {
		at.scheme = true
		if g := peerCurve(s.conn); tls12 && g != 0 {
			list = append(list, groupQuestion(secCurveCheck, g))
		}
		list = append(list, schemeQuestion(secSigAlgCheck, a, 0))
	}
	return list
}

// peerCurve is the group of the key in the peer's certificate, 0 if it is of
// another kind.
func peerCurve(c *core.Conn) iana.NamedGroup {
	if chain := c.PeerChain(); len(chain) > 0 {
		if key, ok := chain[0].PublicKey.(*ecdsa.PublicKey); ok {
			return provider.GroupOfCurve(key.Curve)
		}
	}
	return 0
}

func suiteQuestion(op int32, c *Cipher) securityQuestion {
	return securityQuestion{op: op, bits: int32(c.StrengthBits), id: uint16(c.ID)}
}

func groupQuestion(op int32, g iana.NamedGroup) securityQuestion {
	return securityQuestion{op: op, bits: int32(groupBits(g)), nid: int32(GroupNID(g)), id: uint16(g)}
}

func schemeQuestion(op int32, a iana.SignatureScheme, any uint8) securityQuestion {
	_, hash, _ := SigAlgNIDs(a)
	return securityQuestion{op: op, bits: int32(schemeBits(a)), nid: int32(hash), id: uint16(a), any: any}
}
