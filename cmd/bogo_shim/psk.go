package main

import (
	"crypto"

	"patina/core"
	"patina/core/iana"
)

// pskOptions are an external PSK to be imported (RFC 9258).
type pskOptions struct {
	Key      []byte `flag:"psk-importer-key"`
	Identity []byte `flag:"psk-importer-identity"`
	Context  []byte `flag:"psk-importer-context"`
	SHA256   bool   `flag:"psk-importer-sha256"`
	SHA384   bool   `flag:"psk-importer-sha384"`
}

// shareKey gives a side its PSK of TLS 1.2, whose identity a server has for its
// hint, too.
func (o *options) shareKey(s *core.Settings, p *core.Params) {
	if o.SharedKey == "" {
		return
	}
	list := []*core.PSK{{Version: iana.VersionTLS12, Identity: []byte(o.SharedKeyIdentity), Key: []byte(o.SharedKey)}}
	if o.Server {
		s.PSKs = append(s.PSKs, list...)
		p.PSKIdentityHint = []byte(o.SharedKeyIdentity)
	} else {
		p.PSKs = append(p.PSKs, list...)
	}
}

// needsPSK reports that a client has nothing but PSKs to know its server by.
func (o *options) needsPSK() bool {
	return !o.Server && !o.VerifyPeer && len(o.credentials) > 0 && o.credentials[0].isPSK
}

// externalPSKs are the PSKs of the credentials that are such, imported for suites
// of both hashes, and the number of each.
func (o *options) externalPSKs() (list []*core.PSK, numbers map[string]int, err error) {
	numbers = make(map[string]int)
	for i, c := range o.credentials {
		if !c.isPSK {
			continue
		}
		p := core.PSK{Identity: c.PSK.Identity, Key: c.PSK.Key, Hash: crypto.SHA256}
		if c.PSK.SHA384 {
			p.Hash = crypto.SHA384
		}
		for _, target := range []crypto.Hash{crypto.SHA256, crypto.SHA384} {
			imported, err := core.ImportPSK(&p, c.PSK.Context, target)
			if err != nil {
				return nil, nil, err
			}
			list = append(list, imported)
			numbers[string(imported.Identity)] = i
		}
	}
	return list, numbers, nil
}
