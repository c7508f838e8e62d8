package harness

import (
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/crypto/ocsp"
)

// Leaf reads the first certificate of NAME.pem.
func (p *PKI) Leaf(name string) (*x509.Certificate, error) {
	text, err := os.ReadFile(filepath.Join(p.Dir, name+".pem"))
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%s.pem: no PEM", name)
	}
	return x509.ParseCertificate(block.Bytes)
}

// revoke writes crl.pem: a list of each of the authorities, with the named certificates on that of their issuer.
func (p *PKI) revoke(names []string, authorities ...*Authority) error {
	var out []byte
	now := time.Now()
	for _, a := range authorities {
		list := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: now.Add(-time.Hour), NextUpdate: now.Add(48 * time.Hour)}
		for _, name := range names {
			leaf, err := p.Leaf(name)
			if err != nil {
				return err
			}
			if leaf.Issuer.CommonName == a.Cert.Subject.CommonName {
				list.RevokedCertificateEntries = append(list.RevokedCertificateEntries,
					x509.RevocationListEntry{SerialNumber: leaf.SerialNumber, RevocationTime: now.Add(-time.Hour)})
			}
		}
		der, err := x509.CreateRevocationList(rand.Reader, list, a.Cert, a.key)
		if err != nil {
			return err
		}
		out = append(out, pemOf("X509 CRL", der)...)
	}
	return os.WriteFile(filepath.Join(p.Dir, "crl.pem"), out, 0o644)
}

// OCSP is the answer (DER, RFC 6960) of the intermediate for NAME.pem: ocsp.Good, ocsp.Revoked or ocsp.Unknown, valid
// for an hour.
func (p *PKI) OCSP(name string, status int) ([]byte, error) {
	leaf, err := p.Leaf(name)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	return ocsp.CreateResponse(p.inter.Cert, p.inter.Cert, ocsp.Response{Status: status, SerialNumber: leaf.SerialNumber,
		ThisUpdate: now.Add(-time.Minute), NextUpdate: now.Add(time.Hour), RevokedAt: now.Add(-time.Hour)}, p.inter.key)
}
