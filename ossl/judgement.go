package ossl

import (
	"encoding/binary"
	"slices"

	"patina/core/iana"
)

// A security callback (SSL_set_security_callback(3)) in the place of the
// security level. It is the program's, so it is never called while something is
// chosen: what may be chosen is asked before, some questions at a time
// ([NeedSecurity]), and the engine is given what is left. The questions and their
// order are OpenSSL's, as far as they lead to different things here; the same
// one is not asked twice in a handshake.

// Operations a security callback is asked about (SSL_SECOP_...): the number and
// what kind of thing "other" is.
const (
	secOtherCipher = 1 << 16
	secOtherCurve  = 2 << 16
	secOtherSigAlg = 5 << 16

	secCipherSupported = 1 | secOtherCipher
	secCipherShared    = 2 | secOtherCipher
	secCipherCheck     = 3 | secOtherCipher
	secCurveSupported  = 4 | secOtherCurve
	secCurveShared     = 5 | secOtherCurve
	secCurveCheck      = 6 | secOtherCurve
	secVersion         = 9
	secTicket          = 10
	secSigAlgSupported = 11 | secOtherSigAlg
	secSigAlgShared    = 12 | secOtherSigAlg
	secSigAlgCheck     = 13 | secOtherSigAlg
	secSigAlgMask      = 14 | secOtherSigAlg
)

// securityQuestion is one question, with what its answer is about.
type securityQuestion struct {
	op, bits, nid int32
	id            uint16 // of the suite, group or scheme, or the version
	any           uint8  // unless 0: not asked after one of the same number has settled it
	flags         uint8
}

// Flags of a question, shared with ossl/capi/loop.h.
const (
	questionSettles = 1 // allowed, it settles those of the same number
	questionFollows = 2 // asked only if the one before was allowed
	questionLen     = 16
	answerDenied    = 0
	answerAllowed   = 1
	answerNotAsked  = 2
	anyRSA          = 1
	anyECDSA        = 2
	anySuite        = 3
	anyGroup        = 4
)

// oldestTLSVersion is where OpenSSL ends asking about versions.
const oldestTLSVersion = iana.VersionTLS10

// judgement is what a security callback has answered of a connection. A nil map
// stands for nothing asked yet: all is open.
type judgement struct {
	server    bool
	stages    uint16 // those that are through, by bit
	stage     securityStage
	asked     []securityQuestion
	refused   map[iana.ProtocolVersion]bool
	suites    map[iana.CipherSuite]bool
	groups    map[iana.NamedGroup]bool
	verify    map[iana.SignatureScheme]bool
	signing   map[iana.SignatureScheme]bool
	masked    bool // rsa and ecdsa tell which keys suites of TLS 1.2 may have
	rsa       bool
	ecdsa     bool
	noECKey   bool // the curve of the server's own key is refused
	noTickets bool
	checked   struct{ suite, group, scheme bool }
	failure   iana.AlertDescription // of a check that has failed, with
	reason    Reason
}

// securityStage is a moment at which a callback is asked.
type securityStage uint8

const (
	stageBegin securityStage = iota // the version that is begun with
	stageVersions
	stageHello   // the ClientHello, or what it is answered with
	stageShared  // signature schemes of both sides
	stageSelect  // group and suite of TLS 1.2
	stageRequest // of a CertificateRequest
	stageChecks  // what the peer has chosen
)

func (j *judgement) suite(c *Cipher) bool {
	if j.masked && (c.auth == authRSA && !j.rsa || c.auth == authECDSA && !j.ecdsa) {
		return false
	}
	return j.suites == nil || j.suites[c.ID]
}

// group: a server asks about groups in the order in which the engine chooses, up
// to the first that is allowed, so that only what has been refused is left out; it is
// looked at again when the group is known (judgeChecks).
func (j *judgement) group(g iana.NamedGroup) bool {
	ok, asked := j.groups[g]
	return ok || !asked && (j.groups == nil || j.server)
}

func (j *judgement) scheme(a iana.SignatureScheme, own bool) bool {
	switch {
	case !own:
		return j.verify == nil || j.verify[a]
	case j.noECKey && sigClass(a) == anyECDSA && a != iana.SigEd25519:
		return false
	}
	return j.signing == nil || j.signing[a]
}

// sigClass is the kind of key, as the suites of TLS 1.2 see it, that a scheme is for.
func sigClass(a iana.SignatureScheme) uint8 {
	switch sig, _, _ := SigAlgNIDs(a); sig {
	case nidRSA, nidRSAPSS:
		return anyRSA
	}
	return anyECDSA
}

// judgedKey names what l leaves of s.
func (s *settings) judgedKey(l limit) string {
	var key []byte
	add := func(n uint16) { key = binary.BigEndian.AppendUint16(key, n) }
	for _, id := range s.suites(true, l) {
		add(uint16(id))
	}
	add(0)
	for _, server := range []bool{false, true} {
		for _, g := range s.groupList(server, l) {
			add(uint16(g))
		}
		add(0)
		for _, a := range s.verifySchemes(server, l) {
			add(uint16(a))
		}
		add(0)
	}
	for _, a := range s.signingSchemes(l) {
		add(uint16(a))
	}
	return string(key)
}

// judge has the callback asked what belongs to a stage. It reports whether that
// is done, or nobody is to be asked; if not, the step is set.
func (s *SSL) judge(stage securityStage, questions func() []securityQuestion) (done bool) {
	j := s.judged
	if j == nil || j.stages>>stage&1 != 0 {
		return true
	}
	list := questions()
	if len(list) == 0 {
		j.stages |= 1 << stage
		return true
	}
	s.ask(NeedSecurity, s.security)
	j.stage, j.asked = stage, list
	s.step.Data, s.step.Num = encodeQuestions(list), len(list)
	return false
}

func encodeQuestions(list []securityQuestion) []byte {
	data := make([]byte, 0, len(list)*questionLen)
	for _, q := range list {
		data = binary.NativeEndian.AppendUint32(data, uint32(q.op))
		data = binary.NativeEndian.AppendUint32(data, uint32(q.bits))
		data = binary.NativeEndian.AppendUint32(data, uint32(q.nid))
		data = binary.NativeEndian.AppendUint16(data, q.id)
		data = append(data, q.any, q.flags)
	}
	return data
}

// answerSecurity takes what the callback has said. What has no answer is denied.
func (s *SSL) answerSecurity(a *Answer) {
	j := s.judged
	if j == nil {
		return
	}
	j.answer(j.asked, a.Bytes)
	j.asked = nil
	j.stages |= 1 << j.stage
}

func (j *judgement) answer(asked []securityQuestion, answers []byte) {
	for i, q := range asked {
		answer := uint8(answerDenied)
		if i < len(answers) {
			answer = answers[i]
		}
		if answer != answerNotAsked {
			j.take(q, answer == answerAllowed)
		}
	}
}

func (j *judgement) take(q securityQuestion, ok bool) {
	switch q.op {
	case secVersion:
		if !ok {
			if j.refused == nil {
				j.refused = map[iana.ProtocolVersion]bool{}
			}
			j.refused[iana.ProtocolVersion(q.nid)] = true
		}
	case secTicket:
		j.noTickets = !ok
	case secSigAlgMask:
		j.masked = !j.server
		j.rsa = j.rsa || ok && q.any == anyRSA
		j.ecdsa = j.ecdsa || ok && q.any == anyECDSA
	case secCipherSupported, secCipherShared:
		put(&j.suites, iana.CipherSuite(q.id), ok)
	case secCurveSupported, secCurveShared:
		put(&j.groups, iana.NamedGroup(q.id), ok)
	case secSigAlgSupported:
		put(&j.verify, iana.SignatureScheme(q.id), ok)
	case secSigAlgShared:
		put(&j.signing, iana.SignatureScheme(q.id), ok)
	case secCurveCheck:
		switch {
		case ok:
		case j.stage == stageHello:
			put(&j.groups, iana.NamedGroup(q.id), false)
		case j.stage == stageSelect:
			j.noECKey = true
		default:
			j.fails(iana.AlertIllegalParameter, ReasonWrongCurve)
		}
	case secCipherCheck:
		if !ok {
			j.fails(iana.AlertIllegalParameter, ReasonWrongCipherReturned)
		}
	case secSigAlgCheck:
		if !ok {
			j.fails(iana.AlertHandshakeFailure, ReasonWrongSignatureType)
		}
	}
}

func (j *judgement) fails(alert iana.AlertDescription, reason Reason) {
	if j.reason == 0 {
		j.failure, j.reason = alert, reason
	}
}

func put[K comparable](m *map[K]bool, key K, ok bool) {
	if *m == nil {
		*m = map[K]bool{}
	}
	(*m)[key] = ok
}

// judgeBegin asks about the version a connection begins with, the newest: without
// it nothing works in OpenSSL, whatever was to come of it. It reports whether the
// connection can begin; if not, the step is set.
func (s *SSL) judgeBegin() bool {
	if s.judged == nil && s.security.Fn != 0 {
		s.judged = &judgement{server: s.role == RoleServer}
	}
	v := iana.ProtocolVersion(s.Version())
	if !s.judge(stageBegin, func() []securityQuestion {
		return []securityQuestion{{op: secVersion, nid: int32(v), id: uint16(v)}}
	}) {
		return false
	}
	if s.judged.refuses(v) {
		s.judged = nil // asked again when it is tried again
		s.step.Err, s.step.Ret = fail(ReasonInternalError), -1
		return false
	}
	return true
}

// refuses reports that a version is not to be spoken.
func (j *judgement) refuses(v iana.ProtocolVersion) bool { return j != nil && j.refused[v] }

// noTickets12 reports that a client, or a server of TLS 1.2, has no tickets by the
// security level or callback. Those of TLS 1.3 are not its business.
func (s *SSL) noTickets12() bool {
	if s.role == RoleServer {
		// Of a server it is asked when the version is known, or as good as known.
		if s.conn == nil || s.conn.Version() == iana.VersionTLS13 {
			return false
		}
		if hello := s.conn.ClientHello(); hello != nil && s.conn.Version() == 0 && s.takesTLS13(hello.SupportedVersions) {
			return false
		}
	}
	return s.limit().noTickets()
}

// takesTLS13 reports that a server answers a client of these versions by TLS 1.3.
func (s *SSL) takesTLS13(offered []iana.ProtocolVersion) bool {
	_, hi, err := s.versionRange()
	return err == nil && hi == iana.VersionTLS13 && slices.Contains(offered, hi) && s.canServeTLS13()
}

// version is the one that has the suite.
func (c *Cipher) version() iana.ProtocolVersion {
	if c.IsTLS13() {
		return iana.VersionTLS13
	}
	return iana.VersionTLS12
}

// sharedInOrder are the suites of both sides in the order of who prefers.
func (s *SSL) sharedInOrder(client []iana.CipherSuite, own []*Cipher) (list []*Cipher) {
	if s.options&opCipherServerPreference != 0 {
		for _, c := range own {
			if slices.Contains(client, c.ID) {
				list = append(list, c)
			}
		}
		if first := CipherByID(firstOf(client)); s.options&opPrioritizeChaCha != 0 && first != nil && first.enc == encChaCha20 {
			slices.SortStableFunc(list, func(a, b *Cipher) int { return chachaLast(a) - chachaLast(b) })
		}
		return list
	}
	for _, id := range client {
		if c := CipherByID(id); c != nil && slices.Contains(own, c) {
			list = append(list, c)
		}
	}
	return list
}

func chachaLast(c *Cipher) int {
	if c.CipherNID == nidChaCha20Poly1305 {
		return 0
	}
	return 1
}

func firstOf(list []iana.CipherSuite) iana.CipherSuite {
	for _, id := range list {
		if !iana.IsGREASE(uint16(id)) {
			return id
		}
	}
	return 0
}

// judgeShared asks a server's callback about the schemes of both sides: without one
// the handshake ends. It reports whether it can go on; if not, the step is set.
func (s *SSL) judgeShared() (goOn bool) {
	if !s.judge(stageShared, s.serverSharedQuestions) {
		return false
	}
	if j := s.judged; j != nil && j.signing != nil && !s.conn.Resumed() {
		for _, ok := range j.signing {
			if ok {
				return true
			}
		}
		s.refuse(iana.AlertHandshakeFailure, fail(ReasonNoSharedSignatureAlgorithms))
		return false
	}
	return true
}

// canServe reports whether there is a pre-shared key, or a certificate for a suite of TLS 1.2 and a
// scheme of the client's that it can sign with.
func (s *SSL) canServe(c *Cipher) bool {
	if c.needsPSK() {
		return s.pskServer != 0
	}
	for _, cred := range s.creds {
		if cred == nil || !cred.usable() || (cred.slot == SlotRSA || cred.slot == SlotRSAPSS) != (c.auth == authRSA) {
			continue
		}
		engine := cred.engine(s.sigAlgs, limit{judged: s.judged})
		for _, a := range s.conn.PeerSignatureSchemes() {
			if slices.Contains(engine.Schemes, a) || slices.Contains(engine.Schemes12, a) {
				return true
			}
		}
	}
	return false
}

// judgeChecks asks about what the peer has chosen by now. It reports whether the
// handshake can go on; if not, the step is set.
func (s *SSL) judgeChecks() (goOn bool) {
	j := s.judged
	if j == nil {
		return true
	}
	j.stages &^= 1 << stageChecks
	if !s.judge(stageChecks, s.checkQuestions) {
		return false
	}
	if j.reason != 0 {
		s.refuse(j.failure, fail(j.reason))
		return false
	}
	if g := s.conn.Group(); j.server && g != 0 && j.groups != nil && !j.groups[g] {
		s.refuse(iana.AlertHandshakeFailure, fail(ReasonNoSuitableKeyShare))
		return false
	}
	return true
}
