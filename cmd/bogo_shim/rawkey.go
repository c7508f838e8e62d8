package main

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"slices"

	"patina/core"
	"patina/core/iana"
)

// Raw public keys (RFC 7250).

// loadRaw makes a credential of a key alone.
func (o *options) loadRaw(c *credentialOptions, number int) (*core.Credential, error) {
	key, err := loadKey(c.KeyFile)
	if err != nil {
		return nil, err
	}
	spki, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return nil, err
	}
	cred, err := o.credential(c, key, number)
	if err == nil {
		cred.PublicKeyInfo = spki
	}
	return cred, err
}

// certTypes are the types of certificate both sides may present: this one what it
// has credentials of, if nothing else is said.
func (o *options) certTypes(s *core.Settings) {
	own, accepted := certTypesOf(o.OwnTypes), certTypesOf(o.AcceptedTypes)
	for _, cred := range s.Credentials {
		t := iana.CertTypeX509
		if len(cred.PublicKeyInfo) > 0 {
			t = iana.CertTypeRawPublicKey
		}
		if len(o.OwnTypes) == 0 && !slices.Contains(own, t) {
			own = append(own, t)
		}
	}
	s.ClientCertTypes, s.ServerCertTypes = own, accepted
	if o.Server {
		s.ClientCertTypes, s.ServerCertTypes = accepted, own
	}
}

func certTypesOf(ids []int) (list []iana.CertificateType) {
	for _, id := range ids {
		list = append(list, iana.CertificateType(id))
	}
	return list
}

// expectedRaw reports whether the peer's raw public key is the one expected, if
// one is.
func (c *conn) expectedRaw() bool {
	if len(c.o.ExpectRaw) == 0 {
		return true
	}
	spki, _ := c.PeerRawPublicKey()
	sum := sha256.Sum256(spki)
	return bytes.Equal(sum[:], c.o.ExpectRaw)
}
