package main

import (
	"slices"

	"patina/core"
	"patina/core/iana"
	"patina/core/provider/stdlib"
)

// The runner takes what BoringSSL does by default for granted: the order of its
// suites, its groups, and schemes without Ed25519 and P-521. The engine has other
// defaults, so these are configured.
var (
	defaultSuites = []iana.CipherSuite{
		iana.TLS_AES_128_GCM_SHA256, iana.TLS_AES_256_GCM_SHA384, iana.TLS_CHACHA20_POLY1305_SHA256,
		iana.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, iana.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
		iana.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, iana.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
		iana.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, iana.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
		iana.TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256,
	}
	defaultGroups  = []iana.NamedGroup{iana.GroupX25519MLKEM768, iana.GroupX25519, iana.GroupSecp256r1, iana.GroupSecp384r1}
	defaultSchemes = []iana.SignatureScheme{
		iana.SigECDSASecp256r1SHA256, iana.SigRSAPSSRSAESHA256, iana.SigRSAPKCS1SHA256,
		iana.SigECDSASecp384r1SHA384, iana.SigRSAPSSRSAESHA384, iana.SigRSAPKCS1SHA384,
		iana.SigRSAPSSRSAESHA512, iana.SigRSAPKCS1SHA512,
	}
)

// setDefaults fills in what the flags have left open.
func setDefaults(s *core.Settings) {
	if s.Suites == nil {
		s.Suites = defaultSuites
	}
	if s.Groups == nil {
		s.Groups = defaultGroups
	}
	if s.SignatureSchemes == nil {
		s.SignatureSchemes = defaultSchemes
	}
	if s.SigningSchemes == nil {
		s.SigningSchemes = core.DefaultSignatureSchemes()
	}
	s.CredentialsFirst = true
	if s.KeyShareGroups == nil {
		s.KeyShareGroups = sharesOf(s.Groups)
	}
}

// sharesOf are the first group that is a KEM and the first that is none.
func sharesOf(groups []iana.NamedGroup) (list []iana.NamedGroup) {
	var seen []bool
	for _, g := range groups {
		if kem := stdlib.New().Group(g).IsKEM(); !slices.Contains(seen, kem) {
			seen, list = append(seen, kem), append(list, g)
		}
	}
	return list
}
