package main

import (
	"encoding/hex"
	"errors"
	"slices"
	"strings"

	"patina/core"
	"patina/core/iana"
	"patina/core/provider"
	"patina/core/provider/stdlib"
	"patina/core/suite"
)

// config makes the engine's configuration of the runner's wishes.
func (o *options) config(m *memory) (*core.Config, core.Params, error) {
	s := core.Settings{Now: m.now, TicketKeys: m.tickets, Ask: core.AskSession}
	if !o.QUIC && len(o.QUICParams) > 0 {
		return nil, core.Params{}, errors.New(":transport parameters without QUIC:")
	}
	if o.QUIC && o.QUICLegacy != 0 {
		return nil, core.Params{}, unimplemented("the codepoint of a draft")
	}
	p, err := o.params()
	if err != nil {
		return nil, p, err
	}
	if s.Suites, err = o.suites(); err != nil {
		return nil, p, err
	}
	if s.Groups, err = groups(o.Curves); err != nil {
		return nil, p, err
	}
	if s.KeyShareGroups, err = groups(o.KeyShares); err != nil {
		return nil, p, err
	}
	if o.NoKeyShares {
		s.KeyShareGroups = []iana.NamedGroup{}
	}
	if s.SignatureSchemes, err = schemes(o.VerifyPrefs); err != nil {
		return nil, p, err
	}
	if s.Credentials, err = o.loadCredentials(); err != nil {
		return nil, p, err
	}
	if s.ClientCAs, err = names(o.ClientCAs); err != nil {
		return nil, p, err
	}
	if !o.Server {
		if s.ALPN, err = protocols(o.AdvertiseALPN); err != nil {
			return nil, p, err
		}
		s.Ask |= core.AskCertificate & o.askIf(o.FailCert || o.ExpectClientCAs != "")
	} else {
		s.Ask |= core.AskClientHello | core.AskSelect | core.AskEarlyData
		s.Ask |= core.AskStaple & o.askIf(o.OCSPCallback)
		s.Ask |= core.AskTicket & o.askIf(o.TicketCallback || o.TicketAEAD || o.QUICContext != "")
	}
	if err := o.configureECH(&s, &p); err != nil {
		return nil, p, err
	}
	o.certTypes(&s)
	s.CertCompression = o.compression()
	psks, _, err := o.externalPSKs()
	if err != nil {
		return nil, p, err
	}
	if o.Server {
		s.PSKs = psks
	} else {
		p.PSKs = psks
	}
	o.shareKey(&s, &p)
	o.applyPolicy(&s, &p)
	setDefaults(&s)
	cfg, err := core.NewConfig(s)
	return cfg, p, err
}

func (o *options) askIf(yes bool) core.Ask {
	if yes {
		return ^core.Ask(0)
	}
	return 0
}

// What the runner takes for a server's limits of early data, in bytes: of what
// is accepted, and of what is skipped.
const (
	maxEarlyData = 14336
	maxSkipped   = 16384
)

func (o *options) params() (core.Params, error) {
	p := core.Params{
		ServerName:          o.HostName,
		RequestStaple:       o.OCSPStapling && !o.Server,
		RequestSCT:          o.RequestSCT && !o.Server,
		CheckKeyUsage:       true,
		VerifyResumed:       o.Reverify && !o.Server,
		PreferServer:        o.ServerPrefers || o.Cipher != "",
		NoTickets:           o.NoTicket,
		AllowLegacyServer:   !o.NoLegacyServer,
		FallbackSCSV:        o.FallbackSCSV,
		ShuffleExtensions:   o.Shuffle,
		MaxCertificateBytes: o.MaxCertList,
		MaxFragment:         o.MaxSend,
		Tickets:             2,

		QUICTransportParameters: o.QUICParams,
		EarlyData:               o.QUIC && o.EarlyData && !o.Server,
	}
	if o.Server && o.EarlyData {
		p.MaxEarlyData = maxEarlyData
	} else {
		p.EarlyDataLimit = maxSkipped / 2 // the engine skips twice its limit
	}
	if o.NoTicket {
		p.Tickets = 0 // the runner does not know stateful ones of TLS 1.3
	}
	switch {
	case o.RequireCert:
		p.ClientAuth = core.RequireClientCert
	case o.VerifyPeer:
		p.ClientAuth = core.RequestClientCert
	}
	var err error
	p.MinVersion, p.MaxVersion, err = o.versions()
	if o.needsPSK() {
		p.MinVersion = iana.VersionTLS13
	}
	return p, err
}

// versions is the range of versions asked for.
func (o *options) versions() (least, most iana.ProtocolVersion, err error) {
	least, most = iana.VersionTLS12, iana.VersionTLS13
	if o.MinVersion > int(least) {
		least = iana.ProtocolVersion(o.MinVersion)
	}
	if o.MaxVersion != 0 && o.MaxVersion < int(most) {
		most = iana.ProtocolVersion(o.MaxVersion)
	}
	if o.NoTLS13 {
		most = min(most, iana.VersionTLS12)
	}
	if o.NoTLS12 {
		least = max(least, iana.VersionTLS13)
	}
	if least > most {
		return 0, 0, unimplemented("a version below TLS 1.2")
	}
	return least, most, nil
}

// suites reads a list of suites: names, and groups of names of equal rank,
// whose order is taken for a preference here. None is the default.
func (o *options) suites() ([]iana.CipherSuite, error) {
	if o.Cipher == "" {
		return nil, nil
	}
	var list []iana.CipherSuite
	for _, id := range defaultSuites {
		if suite.Lookup(id).Version == iana.VersionTLS13 {
			list = append(list, id)
		}
	}
	for _, name := range strings.FieldsFunc(o.Cipher, func(r rune) bool { return strings.ContainsRune(":[|]", r) }) {
		i := slices.IndexFunc(suite.Default(), func(id iana.CipherSuite) bool { return id.String() == name })
		if i < 0 {
			return nil, unimplemented("the cipher string " + o.Cipher)
		}
		list = append(list, suite.Default()[i])
	}
	return list, nil
}

func groups(ids []int) (list []iana.NamedGroup, err error) {
	for _, id := range ids {
		g := iana.NamedGroup(id)
		if stdlib.New().Group(g) == nil {
			return nil, unimplemented("the group " + g.String())
		}
		list = append(list, g)
	}
	return list, nil
}

func schemes(ids []int) (list []iana.SignatureScheme, err error) {
	for _, id := range ids {
		s := iana.SignatureScheme(id)
		if _, ok := provider.SchemeOf(s); !ok {
			return nil, unimplemented("the signature scheme " + s.String())
		}
		list = append(list, s)
	}
	return list, nil
}

// protocols reads a list of ALPN in the form of RFC 7301.
func protocols(s string) (list []string, err error) {
	for len(s) > 0 {
		n := int(s[0])
		if n == 0 || len(s) < 1+n {
			return nil, unimplemented("a malformed list of protocols")
		}
		list = append(list, s[1:1+n])
		s = s[1+n:]
	}
	return list, nil
}

// names reads a list of distinguished names in hexadecimal digits.
func names(s string) (list [][]byte, err error) {
	if s == "" || s == "<NULL>" || s == "<EMPTY>" {
		return nil, nil
	}
	for _, part := range strings.Split(s, ",") {
		b, err := hex.DecodeString(part)
		if err != nil {
			return nil, err
		}
		list = append(list, b)
	}
	return list, nil
}
