package main

import (
	"patina/core"
	"patina/core/iana"
)

// policy is a profile of what may be agreed on: for the engine, a configuration
// like any other. What is nil is left as it is.
type policy struct {
	suites       []iana.CipherSuite
	groups       []iana.NamedGroup
	schemes      []iana.SignatureScheme
	preferServer bool
	only13       bool
}

var suites256 = []iana.CipherSuite{
	iana.TLS_AES_256_GCM_SHA384,
	iana.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, iana.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
}

var schemesCNSA = []iana.SignatureScheme{
	iana.SigECDSASecp384r1SHA384, iana.SigRSAPSSRSAESHA384, iana.SigRSAPKCS1SHA384,
}

var (
	// policyFIPS is what NIST SP 800-52, revision 2, allows of what the engine
	// has.
	policyFIPS = policy{
		suites: []iana.CipherSuite{
			iana.TLS_AES_128_GCM_SHA256, iana.TLS_AES_256_GCM_SHA384,
			iana.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, iana.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
			iana.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, iana.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
		},
		groups:  []iana.NamedGroup{iana.GroupSecp256r1, iana.GroupSecp384r1},
		schemes: defaultSchemes,
	}
	// policyWPA is the 192-bit mode of WPA3.
	policyWPA = policy{
		suites: suites256,
		groups: []iana.NamedGroup{iana.GroupSecp384r1},
		schemes: []iana.SignatureScheme{
			iana.SigECDSASecp384r1SHA384, iana.SigRSAPSSRSAESHA384, iana.SigRSAPSSRSAESHA512,
			iana.SigRSAPKCS1SHA384, iana.SigRSAPKCS1SHA512,
		},
	}
	// policyAES256 puts AES-256 first.
	policyAES256 = policy{
		suites:       []iana.CipherSuite{iana.TLS_AES_256_GCM_SHA384, iana.TLS_AES_128_GCM_SHA256, iana.TLS_CHACHA20_POLY1305_SHA256},
		preferServer: true,
	}
	// policyCNSA1 and policyCNSA2 are the two generations of the Commercial
	// National Security Algorithm Suite (RFC 9151 for the first).
	policyCNSA1 = policy{
		suites:       suites256,
		groups:       []iana.NamedGroup{iana.GroupMLKEM1024, iana.GroupSecp384r1},
		schemes:      schemesCNSA,
		preferServer: true,
	}
	policyCNSA2 = policy{
		suites:  suites256[:1],
		groups:  []iana.NamedGroup{iana.GroupMLKEM1024},
		schemes: schemesCNSA,
		only13:  true,
	}
)

// applyPolicy sets what a policy asked for says.
func (o *options) applyPolicy(s *core.Settings, p *core.Params) {
	for _, x := range []struct {
		asked bool
		policy
	}{{o.PolicyFIPS, policyFIPS}, {o.PolicyWPA, policyWPA}, {o.PolicyAES256, policyAES256},
		{o.PolicyCNSA1, policyCNSA1}, {o.PolicyCNSA2, policyCNSA2}} {
		if !x.asked {
			continue
		}
		s.Suites, s.Groups = x.suites, x.groups
		s.SignatureSchemes, s.SigningSchemes = x.schemes, x.schemes
		p.PreferServer = p.PreferServer || x.preferServer
		p.RetryForGroup = x.preferServer
		if x.only13 {
			p.MinVersion = iana.VersionTLS13
		}
	}
}
