package main

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"

	"patina/core"
	"patina/core/provider/stdlib"
)

// defaultCredential is the number of the credential that was not made by a
// -new-...-credential flag.
const defaultCredential = -1

// tag stands behind a credential: its number and, where the shim signs instead
// of the engine, its key.
type tag struct {
	number int
	signer core.Signer
}

// loadCredentials loads those of the command line, in the order of preference.
func (o *options) loadCredentials() (list []*core.Credential, err error) {
	for i, c := range o.credentials {
		if c.isPSK {
			continue
		}
		load := o.load
		if c.isRaw {
			load = o.loadRaw
		}
		cred, err := load(c, i)
		if err != nil {
			return nil, err
		}
		list = append(list, cred)
	}
	if o.def.CertFile != "" {
		cred, err := o.load(&o.def, defaultCredential)
		if err != nil {
			return nil, err
		}
		list = append(list, cred)
	}
	return list, nil
}

// load loads one with a chain.
func (o *options) load(c *credentialOptions, number int) (*core.Credential, error) {
	chain, err := loadChain(c.CertFile)
	if err != nil {
		return nil, err
	}
	key, err := loadKey(c.KeyFile)
	if err != nil {
		return nil, err
	}
	cred, err := o.credential(c, key, number)
	if err == nil {
		cred.Chain = chain
	}
	return cred, err
}

// credential makes one of a key, with nothing to present yet. With -async the key
// answers later.
func (o *options) credential(c *credentialOptions, key crypto.Signer, number int) (*core.Credential, error) {
	signer, err := stdlib.NewSigner(key)
	if err != nil {
		return nil, unimplemented(err.Error())
	}
	cred := &core.Credential{Schemes: signer.Schemes(), Tag: tag{number, signer}, MustMatchIssuer: c.MustMatchIssuer}
	if cred.SCTs, err = splitSCTs(c.SCTs); err != nil {
		return nil, err
	}
	cred.Schemes12 = signer.Schemes12()
	if len(c.SigningPrefs) > 0 {
		cred.Schemes12 = nil
		if cred.Schemes, err = schemes(c.SigningPrefs); err != nil {
			return nil, err
		}
	}
	if !o.Async {
		cred.Signer = signer
	}
	if !o.OCSPInCallback {
		cred.Staple = c.OCSP
	}
	return cred, nil
}

// splitSCTs reads a SignedCertificateTimestampList (RFC 6962, section 3.3).
func splitSCTs(b []byte) (list [][]byte, err error) {
	if len(b) == 0 {
		return nil, nil
	}
	bad := errors.New(":malformed list of timestamps:")
	if len(b) <= 2 || int(b[0])<<8|int(b[1]) != len(b)-2 {
		return nil, bad
	}
	for rest := b[2:]; len(rest) > 0; {
		if len(rest) < 2 {
			return nil, bad
		}
		n := int(rest[0])<<8 | int(rest[1])
		if rest = rest[2:]; n == 0 || n > len(rest) {
			return nil, bad
		}
		list, rest = append(list, rest[:n]), rest[n:]
	}
	return list, nil
}

func loadChain(name string) (chain [][]byte, err error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" {
			chain = append(chain, block.Bytes)
		}
	}
	if len(chain) == 0 {
		return nil, fmt.Errorf("%s: no certificate", name)
	}
	return chain, nil
}

func loadKey(name string) (crypto.Signer, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(data)
	if block == nil {
		return nil, fmt.Errorf("%s: no key", name)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, unimplemented(err.Error())
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, unimplemented(fmt.Sprintf("a key of type %T", key))
	}
	return signer, nil
}
