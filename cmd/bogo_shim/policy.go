package main

import (
	"patina/core"
	"patina/core/iana"
)

// policy is a profile of what may be agreed on: for the engine, a configuration
// like any other.
type policy struct {
	suites  []iana.CipherSuite
	groups  []iana.NamedGroup
	schemes []iana.SignatureScheme
}

// policyFIPS is what NIST SP 800-52, revision 2, allows of what the engine has.
var policyFIPS = policy{
	suites: []iana.CipherSuite{
		iana.TLS_AES_128_GCM_SHA256, iana.TLS_AES_256_GCM_SHA384,
		iana.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, iana.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
		iana.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, iana.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	},
	groups:  []iana.NamedGroup{iana.GroupSecp256r1, iana.GroupSecp384r1},
	schemes: defaultSchemes,
}

// policyWPA is the 192-bit mode of WPA3.
var policyWPA = policy{
	suites: []iana.CipherSuite{
		iana.TLS_AES_256_GCM_SHA384,
		iana.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, iana.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	},
	groups: []iana.NamedGroup{iana.GroupSecp384r1},
	schemes: []iana.SignatureScheme{
		iana.SigECDSASecp384r1SHA384, iana.SigRSAPSSRSAESHA384, iana.SigRSAPSSRSAESHA512,
		iana.SigRSAPKCS1SHA384, iana.SigRSAPKCS1SHA512,
	},
}

// applyPolicy sets what a policy asked for says.
func (o *options) applyPolicy(s *core.Settings) {
	for _, p := range []struct {
		asked bool
		policy
	}{{o.PolicyFIPS, policyFIPS}, {o.PolicyWPA, policyWPA}} {
		if p.asked {
			s.Suites, s.Groups = p.suites, p.groups
			s.SignatureSchemes, s.SigningSchemes = p.schemes, p.schemes
		}
	}
}
