package tlscmd

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"

	"patina/core/ech"
	"patina/core/iana"
	"patina/core/provider"
)

// LoadECH reads an ECHConfigList (RFC 9849, section 4): as it is, in base64, as DNS
// has it in a HTTPS record, or in PEM (ECHCONFIG).
func LoadECH(name string) (ech.ConfigList, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	for rest := data; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type == "ECHCONFIG" {
			data = block.Bytes
		}
	}
	if b, err := base64.StdEncoding.DecodeString(string(bytes.TrimSpace(data))); err == nil {
		data = b
	}
	list, err := ech.ParseConfigList(data)
	if err != nil {
		return nil, fmt.Errorf("%s: no ECHConfigList, as it is, in base64 or in PEM: %w", name, err)
	}
	return list, nil
}

// LoadECHKeys reads a server's key and its configuration from a file of RFC 9934.
func LoadECHKeys(name string, h provider.HPKE) (*ech.Keys, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	_, keys, err := ech.ParsePEM(data)
	if err == nil && keys == nil {
		err = errors.New("no private key in it")
	}
	var k *ech.Keys
	if err == nil {
		k, err = ech.NewKeys(h, keys...)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return k, nil
}

// NewECH makes a key for a server whose public name is name, and writes it and its
// configuration to w in the form of RFC 9934.
func NewECH(w io.Writer, name string, h provider.HPKE) error {
	var id [1]byte
	if _, err := rand.Read(id[:]); err != nil {
		return err
	}
	config, private, err := ech.NewConfig(h, ech.Template{ID: id[0], KEM: iana.KEMX25519HKDFSHA256, PublicName: name})
	if err != nil {
		return err
	}
	file, err := ech.Key{Config: config, PrivateKey: private}.PEM()
	if err == nil {
		_, err = w.Write(file)
	}
	return err
}
