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

	nameless atomic.Pointer[settings] // see withoutNames

	compiled [2][maxSecurityLevel + 1]atomic.Pointer[compiledConfig] // by role and security level
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
		creds: s.creds, currentSlot: s.currentSlot,
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
		core.AskEarlyData | core.AskPSK
	askClient = core.AskSession | core.AskCertificate | core.AskPSK
)

// compile makes the configuration of the engine for a role, once for each
// security level.
func (s *settings) compile(server bool, level int) (*core.Config, error) {
	role := 0
	if server {
		role = 1
	}
	level = clampLevel(level)
	slot := &s.compiled[role][level]
	if c := slot.Load(); c != nil {
		return c.config, c.err
	}
	var c compiledConfig
	c.config, c.err = core.NewConfig(s.engineSettings(server, level))
	slot.CompareAndSwap(nil, &c)
	won := slot.Load()
	return won.config, won.err
}

func (s *settings) engineSettings(server bool, level int) core.Settings {
	e := core.Settings{
		Provider: cryptography, Now: now, Buffers: Buffers, Ask: askClient, KeyShares: 1,
		Suites: s.suites(level), Groups: s.groupList(server, level), SignatureSchemes: s.verifySchemes(server, level),
	}
	if server {
		e.SigningSchemes = s.verifySchemes(false, level)
		e.Ask = askServer
		e.ClientCAs = s.clientCAs
	} else {
		e.ALPN = splitProtocols(s.alpn)
	}
	if len(e.ClientCAs) == 0 {
		e.ClientCAs = s.ownCAs
	}
	for _, i := range credentialOrder {
		if c := s.creds[i]; c != nil && c.usable() {
			if ec := c.engine(s.sigAlgs, level); len(ec.Schemes) > 0 {
				e.Credentials = append(e.Credentials, ec)
			}
		}
	}
	return e
}

// suites are the suites to use, those of TLS 1.3 first.
func (s *settings) suites(level int) []iana.CipherSuite {
	var ids []iana.CipherSuite
	for _, list := range [][]*Cipher{s.suites13, s.suites12} {
		for _, c := range list {
			if c.StrengthBits >= securityBits[clampLevel(level)] && !slices.Contains(ids, c.ID) {
				ids = append(ids, c.ID)
			}
		}
	}
	return ids
}

// groupList are the groups to use.
func (s *settings) groupList(server bool, level int) []iana.NamedGroup {
	list := s.groups
	if list == nil {
		list = defaultGroups
		if server {
			list = defaultServerGroups
		}
	}
	return slices.DeleteFunc(slices.Clone(list), func(g iana.NamedGroup) bool { return groupBits(g) < securityBits[level] })
}

// verifySchemes are the schemes accepted from the peer; a server's own signatures
// have those of a client.
func (s *settings) verifySchemes(server bool, level int) []iana.SignatureScheme {
	list := s.sigAlgs
	if server && s.clientSigAlgs != nil {
		list = s.clientSigAlgs
	}
	if list == nil {
		list = defaultSigAlgs
	}
	return slices.DeleteFunc(slices.Clone(list), func(a iana.SignatureScheme) bool { return schemeBits(a) < securityBits[level] })
}

// securityBits are the bits of security that each level asks for
// (SSL_CTX_set_security_level(3)).
var securityBits = [maxSecurityLevel + 1]int{0, 80, 112, 128, 192, 256}

func groupBits(g iana.NamedGroup) int {
	switch g {
	case iana.GroupSecp384r1:
		return 192
	case iana.GroupSecp521r1:
		return 256
	case iana.GroupX25519MLKEM768:
		return 192
	}
	return 128
}

// schemeBits is half the length of a scheme's digest.
func schemeBits(a iana.SignatureScheme) int {
	_, hash, _ := SigAlgNIDs(a)
	switch hash {
	case nidSHA384:
		return 192
	case nidSHA512:
		return 256
	}
	return 128
}

// clampLevel is the security level that a number stands for.
func clampLevel(n int) int { return min(max(n, 0), maxSecurityLevel) }
