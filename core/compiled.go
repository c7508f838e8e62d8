package core

import (
	"crypto/rand"
	"errors"
	"fmt"
	"hash/maphash"
	"slices"

	"patina/core/iana"
	"patina/core/provider"
	"patina/core/provider/stdlib"
	"patina/core/suite"
	"patina/core/wire"
)

// Config is an immutable compilation of Settings, shared by any number of
// connections.
type Config struct {
	Settings
	restricted provider.Restricted // Settings.Provider, nil if it refuses nothing
	// suites of each version, in order of preference.
	suites12, suites13 []*suite.Suite
	groups12           []iana.NamedGroup // those of Groups that TLS 1.2 has
	encoded            map[*Credential]*encodedCredential
	psks, psks12       map[string]*PSK // of each version, by identity
	certs              certCache
	// decompress are the certificate compressions that are offered.
	decompress  []iana.CertificateCompressionAlgorithm
	compressed  compressed
	customTypes wire.CustomTypes
	customIn    wire.Messages // where any of them may stand
	kdfs        kdfPool
}

// encodedCredential has a credential's Certificate messages, ready to be sent.
type encodedCredential struct {
	certificate12 []byte
	// certificate13 by what the peer asks for besides the chain, of what the
	// credential has of its own: the staple, the timestamps.
	certificate13 [2][2][]byte
	// signedWith is what the leaf is signed with; empty if that is unknown.
	signedWith []iana.SignatureScheme
	// issuers of the chain, for Credential.MustMatchIssuer.
	issuers [][]byte
}

// Limits of Settings, from the formats their values are sent in.
const (
	maxProtocolName = 255
	// Bytes of the whole lists; each shares 16 bits of length with others.
	maxProtocols   = 1 << 15
	maxAuthorities = 60000
)

// ErrSettings is the error of settings that cannot work.
var ErrSettings = errors.New("tls: bad settings")

func badSettings(format string, a ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrSettings}, a...)...)
}

// NewConfig checks and compiles s. It keeps no reference to its slices.
func NewConfig(s Settings) (*Config, error) {
	if s.Now == nil {
		return nil, badSettings("no clock (Now)")
	}
	if s.Provider == nil {
		s.Provider = stdlib.New()
	}
	if s.Rand == nil {
		s.Rand = rand.Reader
	}
	if s.Buffers == nil {
		s.Buffers = heapBuffers{}
	}
	restricted, _ := s.Provider.(provider.Restricted)
	if restricted != nil {
		if err := restricted.Usable(); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrSettings, err)
		}
	}
	cfg := &Config{restricted: restricted, Settings: s, certs: certCache{seed: maphash.MakeSeed()}, compressed: compressed{seed: maphash.MakeSeed()}}
	if err := cfg.compileSuites(); err != nil {
		return nil, err
	}
	if err := cfg.compileGroups(); err != nil {
		return nil, err
	}
	if err := cfg.compileSchemes(); err != nil {
		return nil, err
	}
	if err := cfg.compileNames(); err != nil {
		return nil, err
	}
	if err := cfg.compilePSKs(); err != nil {
		return nil, err
	}
	if err := cfg.compileCertTypes(); err != nil {
		return nil, err
	}
	if err := cfg.compileCompression(); err != nil {
		return nil, err
	}
	if err := cfg.compileCustom(); err != nil {
		return nil, err
	}
	return cfg, cfg.compileCredentials()
}

func (cfg *Config) compilePSKs() error {
	cfg.PSKs = slices.Clone(cfg.PSKs)
	cfg.psks, cfg.psks12 = make(map[string]*PSK, len(cfg.PSKs)), make(map[string]*PSK)
	for i, p := range cfg.PSKs {
		if !p.sound() {
			return badSettings("PSK %d", i)
		}
		known := cfg.psks
		if p.of12() {
			known = cfg.psks12
		}
		if known[string(p.Identity)] != nil {
			return badSettings("two PSKs of the identity %q", p.Identity)
		}
		known[string(p.Identity)] = p
	}
	return nil
}

func (cfg *Config) compileSuites() error {
	cfg.Suites = slices.Clone(cfg.Suites)
	if cfg.Suites == nil {
		cfg.Suites = slices.DeleteFunc(suite.Default(), func(id iana.CipherSuite) bool { return cfg.refusesAEAD(suite.Lookup(id).AEAD) != nil })
	}
	for i, id := range cfg.Suites {
		s := suite.Lookup(id)
		if s == nil {
			return badSettings("suite %v", id)
		}
		if err := cfg.refusesAEAD(s.AEAD); err != nil {
			return badSettings("suite %v: %w", id, err)
		}
		if slices.Contains(cfg.Suites[:i], id) {
			return badSettings("suite %v twice", id)
		}
		if s.Version == iana.VersionTLS13 {
			cfg.suites13 = append(cfg.suites13, s)
		} else {
			cfg.suites12 = append(cfg.suites12, s)
		}
	}
	return nil
}

// What a restricted provider refuses, nil if it does not or there is none.

func (cfg *Config) refusesAEAD(a provider.AEAD) error {
	if cfg.restricted == nil {
		return nil
	}
	return cfg.restricted.AllowAEAD(a)
}

func (cfg *Config) refusesGroup(g iana.NamedGroup) error {
	if cfg.restricted == nil {
		return nil
	}
	return cfg.restricted.AllowGroup(g)
}

func (cfg *Config) refusesCredential(cred *Credential) error {
	if cfg.restricted == nil || len(cred.Chain) == 0 {
		return nil
	}
	leaf, err := parseCertificate(cred.Chain[0])
	if err != nil {
		return err
	}
	return cfg.restricted.AllowKey(leaf.PublicKey)
}

// DefaultGroups are the key exchange groups of a Config without any.
func DefaultGroups() []iana.NamedGroup {
	return []iana.NamedGroup{iana.GroupX25519MLKEM768, iana.GroupX25519,
		iana.GroupSecp256r1, iana.GroupSecp384r1, iana.GroupSecp521r1}
}

func (cfg *Config) compileGroups() error {
	cfg.Groups = slices.Clone(cfg.Groups)
	if cfg.Groups == nil {
		cfg.Groups = slices.DeleteFunc(DefaultGroups(), func(g iana.NamedGroup) bool { return cfg.refusesGroup(g) != nil })
	}
	for i, g := range cfg.Groups {
		if err := cfg.refusesGroup(g); err != nil {
			return badSettings("group %v: %w", g, err)
		}
		if cfg.Provider.Group(g) == nil {
			return badSettings("group %v", g)
		}
		if slices.Contains(cfg.Groups[:i], g) {
			return badSettings("group %v twice", g)
		}
		if !cfg.Provider.Group(g).IsKEM() {
			cfg.groups12 = append(cfg.groups12, g)
		}
	}
	if cfg.KeyShares <= 0 {
		cfg.KeyShares = 1
		// Many servers know no KEM yet: spare them the HelloRetryRequest.
		if len(cfg.Groups) > 1 && cfg.Provider.Group(cfg.Groups[0]).IsKEM() {
			cfg.KeyShares = 2
		}
	}
	cfg.KeyShares = min(cfg.KeyShares, len(cfg.Groups))
	next := 0
	for _, g := range cfg.KeyShareGroups {
		i := slices.Index(cfg.Groups[next:], g)
		if i < 0 {
			return badSettings("a key share of %v, which is not among the groups or not in their order", g)
		}
		next += i + 1
	}
	cfg.KeyShareGroups = slices.Clone(cfg.KeyShareGroups)
	return nil
}

// DefaultSignatureSchemes are the schemes of a Config without any.
func DefaultSignatureSchemes() []iana.SignatureScheme {
	return []iana.SignatureScheme{
		iana.SigECDSASecp256r1SHA256, iana.SigECDSASecp384r1SHA384, iana.SigECDSASecp521r1SHA512,
		iana.SigEd25519,
		iana.SigRSAPSSRSAESHA256, iana.SigRSAPSSRSAESHA384, iana.SigRSAPSSRSAESHA512,
		iana.SigRSAPSSPSSSHA256, iana.SigRSAPSSPSSSHA384, iana.SigRSAPSSPSSSHA512,
		iana.SigRSAPKCS1SHA256, iana.SigRSAPKCS1SHA384, iana.SigRSAPKCS1SHA512,
	}
}

func (cfg *Config) compileSchemes() error {
	cfg.SignatureSchemes = slices.Clone(cfg.SignatureSchemes)
	if cfg.SignatureSchemes == nil {
		cfg.SignatureSchemes = DefaultSignatureSchemes()
	}
	cfg.SigningSchemes = slices.Clone(cfg.SigningSchemes)
	if cfg.SigningSchemes == nil {
		cfg.SigningSchemes = cfg.SignatureSchemes
	}
	for _, s := range slices.Concat(cfg.SignatureSchemes, cfg.SigningSchemes) {
		if _, ok := provider.SchemeOf(s); !ok {
			return badSettings("signature scheme %v", s)
		}
	}
	return nil
}

func (cfg *Config) compileNames() error {
	total := 0
	for _, p := range cfg.ALPN {
		if len(p) == 0 || len(p) > maxProtocolName {
			return badSettings("application protocol %q", p)
		}
		total += 1 + len(p)
	}
	if total > maxProtocols {
		return badSettings("too many application protocols")
	}
	cfg.ALPN = slices.Clone(cfg.ALPN)
	total = 0
	for _, n := range cfg.ClientCAs {
		total += 2 + len(n)
	}
	if total > maxAuthorities {
		return badSettings("too many names of client authorities")
	}
	cfg.ClientCAs = slices.Clone(cfg.ClientCAs)
	return nil
}

func (cfg *Config) compileCredentials() error {
	cfg.Credentials = slices.Clone(cfg.Credentials)
	cfg.encoded = make(map[*Credential]*encodedCredential, len(cfg.Credentials))
	for i, cred := range cfg.Credentials {
		if cred == nil || (len(cred.Chain) == 0) == (len(cred.PublicKeyInfo) == 0) || len(cred.Schemes)+len(cred.Schemes12) == 0 {
			return badSettings("credential %d has no chain or raw key, both, or no schemes", i)
		}
		if !cred.sendable() {
			return badSettings("credential %d: its chain or staple is too long", i)
		}
		for _, s := range slices.Concat(cred.Schemes, cred.Schemes12) {
			if _, ok := provider.SchemeOf(s); !ok {
				return badSettings("credential %d: signature scheme %v", i, s)
			}
		}
		if err := cfg.refusesCredential(cred); err != nil {
			return badSettings("credential %d: %w", i, err)
		}
		e := &encodedCredential{
			certificate12: cred.appendCertificate12(nil),
		}
		if len(cred.Chain) > 0 {
			e.signedWith = signedWith(cred.Chain[0])
		}
		if cred.MustMatchIssuer {
			e.issuers = issuers(cred.Chain)
		}
		for i, staple := range [...][]byte{nil, cred.Staple} {
			for j, scts := range [...][][]byte{nil, cred.SCTs} {
				switch {
				case i > 0 && len(staple) == 0:
					e.certificate13[i][j] = e.certificate13[0][j]
				case j > 0 && len(scts) == 0:
					e.certificate13[i][j] = e.certificate13[i][0]
				default:
					e.certificate13[i][j] = wire.AppendCertificateEntries13(nil, nil, wire.EntriesOf(cred.certs(), staple, scts))
				}
			}
		}
		cfg.encoded[cred] = e
	}
	return nil
}

// sendable reports that the credential fits into a Certificate message.
func (cred *Credential) sendable() bool {
	total, scts := len(cred.Staple), 0
	for _, sct := range cred.SCTs {
		if len(sct) == 0 {
			return false
		}
		scts += 2 + len(sct)
	}
	for _, cert := range cred.certs() {
		if len(cert) == 0 {
			return false
		}
		total += len(cert) + 16
	}
	return total > 0 && total <= maxChain && len(cred.Staple) <= maxStaple && scts <= maxSCTs
}

// entries are those of a client's Certificate that answers r.
func (cred *Credential) entries(r *wire.CertificateRequest) []wire.CertificateEntry {
	var staple []byte
	var scts [][]byte
	if r.StatusRequest {
		staple = cred.Staple
	}
	if r.SCT {
		scts = cred.SCTs
	}
	return wire.EntriesOf(cred.certs(), staple, scts)
}

// maxChain is the longest chain that is sent, in bytes: with its staple, and 16 bytes
// of framing for each certificate.
const maxChain = 1 << 20

// appendCertificate12 appends the Certificate message of cred.
func (cfg *Config) appendCertificate12(b []byte, cred *Credential) []byte {
	if e := cfg.encoded[cred]; e != nil {
		return append(b, e.certificate12...)
	}
	return cred.appendCertificate12(b)
}

func (cred *Credential) appendCertificate12(b []byte) []byte {
	if len(cred.PublicKeyInfo) > 0 {
		return wire.AppendRawPublicKey12(b, cred.PublicKeyInfo)
	}
	return wire.AppendCertificate12(b, cred.Chain)
}

// maxSCTs is the longest list of timestamps that is sent, in bytes. With the
// longest staple it fits into one block of extensions.
const maxSCTs = 4 << 10

// appendCertificate13 appends the Certificate message of cred with the OCSP
// response staple, nil for none, and, if asked for, its timestamps.
func (c *Conn) appendCertificate13(b []byte, cred *Credential, staple []byte, withSCTs bool) ([]byte, error) {
	var scts [][]byte
	j := 0
	if withSCTs {
		scts, j = cred.SCTs, 1
	}
	custom := c.custom != nil && len(c.custom.entries) > 0
	if e := c.cfg.encoded[cred]; e != nil && !custom {
		if len(staple) == 0 {
			return append(b, e.certificate13[0][j]...), nil
		}
		if len(staple) == len(cred.Staple) && &staple[0] == &cred.Staple[0] {
			return append(b, e.certificate13[1][j]...), nil
		}
	}
	entries := wire.EntriesOf(cred.certs(), staple, scts)
	if custom {
		if err := c.custom.putEntries(entries); err != nil {
			return nil, err
		}
	}
	return wire.AppendCertificateEntries13(b, nil, entries), nil
}
