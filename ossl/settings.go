package ossl

import (
	"slices"
	"sync/atomic"
	"time"

	"patina/core"
	"patina/core/iana"
	"patina/core/provider/fast"
)

// cryptography is the engine's provider. Private keys are not its business: they
// are EVP_PKEYs, and sign in libcrypto.
var cryptography = fast.New()

// settings are what a core.Config is compiled from. They are immutable once
// published; an SSL shares those of its SSL_CTX until it changes them.
type settings struct {
	suites13, suites12 []*Cipher
	groups             []iana.NamedGroup      // nil: the defaults
	sigAlgs            []iana.SignatureScheme // nil: the defaults
	clientSigAlgs      []iana.SignatureScheme // of a CertificateRequest; nil: sigAlgs
	alpn               []byte                 // the client's list as on the wire
	clientCAs          [][]byte               // DER-encoded names for a CertificateRequest
	ownCAs             [][]byte               // those of SSL_CTX_set0_CA_list, for both roles
	creds              [numSlots]*credential
	currentSlot        int
	custom             []CustomExt // in the order in which they were added

	nameless atomic.Pointer[settings] // see withoutNames

	compiled     [2][maxSecurityLevel + 1]atomic.Pointer[compiledConfig] // by role and security level
	judgedConfig [2]atomic.Pointer[judgedConfig]                         // by role
}

// judgedConfig is what has been compiled of the answers of a security callback,
// of which key is made.
type judgedConfig struct {
	compiledConfig
	key string
}

type compiledConfig struct {
	config *core.Config
	err    error
}

// clone copies s, without what has been compiled from it.
func (s *settings) clone() *settings {
	return &settings{
		suites13: s.suites13, suites12: s.suites12, groups: s.groups, sigAlgs: s.sigAlgs,
		clientSigAlgs: s.clientSigAlgs, alpn: s.alpn, clientCAs: s.clientCAs, ownCAs: s.ownCAs,
		creds: s.creds, currentSlot: s.currentSlot, custom: s.custom,
	}
}

// withoutNames is s with no names of authorities to send (SSL_OP_DISABLE_TLSEXT_CA_NAMES),
// made once.
func (s *settings) withoutNames() *settings {
	if len(s.clientCAs) == 0 && len(s.ownCAs) == 0 {
		return s
	}
	if n := s.nameless.Load(); n != nil {
		return n
	}
	n := s.clone()
	n.clientCAs, n.ownCAs = nil, nil
	s.nameless.CompareAndSwap(nil, n)
	return s.nameless.Load()
}

// Buffers lends the engine memory for records; set once, before the first
// connection.
var Buffers core.Buffers

// now is the clock of the library.
var now = time.Now

// Decisions that a connection answers itself, in Go or by a callback.
const (
	askServer = core.AskClientHello | core.AskSession | core.AskTicket | core.AskEmptyTicket | core.AskSelect | core.AskStaple |
		core.AskEarlyData | core.AskPSK | core.AskCookie
	askClient = core.AskSession | core.AskCertificate | core.AskPSK
)

// compile makes the configuration of the engine for a role, once for each
// security level; of those that a security callback has judged the last is kept.
func (s *settings) compile(server bool, l limit) (*core.Config, error) {
	role := 0
	if server {
		role = 1
	}
	if l.judged != nil {
		return s.compileJudged(role, l)
	}
	slot := &s.compiled[role][l.level]
	if c := slot.Load(); c != nil {
		return c.config, c.err
	}
	var c compiledConfig
	c.config, c.err = core.NewConfig(s.engineSettings(server, l))
	slot.CompareAndSwap(nil, &c)
	won := slot.Load()
	return won.config, won.err
}

// compileJudged is compile with the answers of a callback: as long as they are
// the same, so is the configuration.
func (s *settings) compileJudged(role int, l limit) (*core.Config, error) {
	key := s.judgedKey(l)
	if c := s.judgedConfig[role].Load(); c != nil && c.key == key {
		return c.config, c.err
	}
	c := &judgedConfig{key: key}
	c.config, c.err = core.NewConfig(s.engineSettings(role == 1, l))
	s.judgedConfig[role].Store(c)
	return c.config, c.err
}

func (s *settings) engineSettings(server bool, l limit) core.Settings {
	e := core.Settings{
		Provider: cryptography, Now: now, Buffers: Buffers, Ask: askClient, KeyShares: 1,
		Suites: s.suites(server, l), Groups: s.groupList(server, l), SignatureSchemes: s.verifySchemes(server, l),
	}
	if server {
		e.SigningSchemes = s.signingSchemes(l)
		e.Ask = askServer
		e.ClientCAs = s.clientCAs
	} else {
		e.ALPN = splitProtocols(s.alpn)
	}
	if len(e.ClientCAs) == 0 {
		e.ClientCAs = s.ownCAs
	}
	if e.CustomExtensions = s.customTypes(server); len(e.CustomExtensions) > 0 {
		e.Ask |= core.AskExtensions
	}
	for _, i := range credentialOrder {
		if c := s.creds[i]; c != nil && c.usable() {
			if ec := c.engine(s.sigAlgs, l); len(ec.Schemes)+len(ec.Schemes12) > 0 {
				e.Credentials = append(e.Credentials, ec)
			}
		}
	}
	return e
}

// suites are the suites to use, those of TLS 1.3 first. A client offers none whose signatures it does not take.
func (s *settings) suites(server bool, l limit) []iana.CipherSuite {
	ids := []iana.CipherSuite{} // none is not the same as the engine's own
	auth := authRSA | authECDSA | authPSK
	if !server {
		auth = authOfSchemes(s.verifySchemes(false, l)) | authPSK
	}
	for _, list := range [][]*Cipher{s.suites13, s.suites12} {
		for _, c := range list {
			if l.suite(c) && (c.auth == 0 || c.auth&auth != 0) && !slices.Contains(ids, c.ID) {
				ids = append(ids, c.ID)
			}
		}
	}
	return ids
}

// groupList are the groups to use.
func (s *settings) groupList(server bool, l limit) []iana.NamedGroup {
	list := s.groups
	if list == nil {
		list = defaultGroups
		if server {
			list = defaultServerGroups
		}
	}
	return slices.DeleteFunc(slices.Clone(list), func(g iana.NamedGroup) bool { return !l.group(g) })
}

// schemesSet are the schemes set for the peer's signatures.
func (s *settings) schemesSet(server bool) []iana.SignatureScheme {
	switch {
	case server && s.clientSigAlgs != nil:
		return s.clientSigAlgs
	case s.sigAlgs != nil:
		return s.sigAlgs
	}
	return defaultSigAlgs
}

// verifySchemes are the schemes accepted from the peer.
func (s *settings) verifySchemes(server bool, l limit) []iana.SignatureScheme {
	return slices.DeleteFunc(slices.Clone(s.schemesSet(server)), func(a iana.SignatureScheme) bool { return !l.scheme(a, false) })
}

// signingSchemes are those of a server's own signatures.
func (s *settings) signingSchemes(l limit) []iana.SignatureScheme {
	return slices.DeleteFunc(slices.Clone(s.schemesSet(false)), func(a iana.SignatureScheme) bool { return !l.scheme(a, true) })
}
