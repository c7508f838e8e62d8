package tlsnet

import (
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"patina/core/pki"
)

// Where systems keep the certificates they trust. The first file that exists is
// taken, and every directory if there is none.
var (
	rootFiles = []string{
		"/etc/ssl/certs/ca-certificates.crt",                // Debian, Alpine, Arch
		"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", // Fedora, RHEL
		"/etc/ssl/ca-bundle.pem",                            // SUSE
		"/etc/pki/tls/certs/ca-bundle.crt",
		"/etc/ssl/cert.pem", // BSD, macOS
	}
	rootDirectories = []string{"/etc/ssl/certs", "/etc/pki/tls/certs"}
)

// ErrNoSystemRoots: the system has no trusted certificates where they are looked
// for.
var ErrNoSystemRoots = errors.New("tls: no trusted certificates were found on this system; " +
	"install them (ca-certificates), or name them in SSL_CERT_FILE or SSL_CERT_DIR")

// SystemRoots are the certificates this system trusts, read once: those of the
// file in SSL_CERT_FILE and the directories in SSL_CERT_DIR, separated by colons,
// or, where neither is set, of the places known.
func SystemRoots() (*pki.Pool, error) { return systemRoots() }

var systemRoots = sync.OnceValues(func() (*pki.Pool, error) {
	return findRoots(os.Getenv("SSL_CERT_FILE"), os.Getenv("SSL_CERT_DIR"))
})

func findRoots(file, dirs string) (*pki.Pool, error) {
	files, directories := rootFiles, rootDirectories
	if file != "" || dirs != "" {
		files, directories = nil, nil
	}
	if file != "" {
		files = []string{file}
	}
	if dirs != "" {
		directories = strings.Split(dirs, ":")
	}
	var ders [][]byte
	for _, name := range files {
		if data, err := os.ReadFile(name); err == nil {
			ders = appendCertificates(ders, data)
			break
		}
	}
	if len(ders) == 0 || dirs != "" {
		for _, dir := range directories {
			entries, _ := os.ReadDir(dir)
			for _, e := range entries {
				if data, err := os.ReadFile(filepath.Join(dir, e.Name())); err == nil {
					ders = appendCertificates(ders, data)
				}
			}
		}
	}
	if len(ders) == 0 {
		return nil, ErrNoSystemRoots
	}
	return pki.NewPool(ders), nil
}

// LoadRoots reads trusted certificates from a PEM file.
func LoadRoots(name string) (*pki.Pool, error) {
	ders, err := LoadCertificates(name)
	if err != nil {
		return nil, err
	}
	return pki.NewPool(ders), nil
}

// LoadCertificates reads the certificates of a PEM file, in DER and in its order.
func LoadCertificates(name string) ([][]byte, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	ders := appendCertificates(nil, data)
	if len(ders) == 0 {
		return nil, fmt.Errorf("%s: no certificates (PEM, -----BEGIN CERTIFICATE-----) in it", name)
	}
	return ders, nil
}

func appendCertificates(ders [][]byte, data []byte) [][]byte {
	for {
		var block *pem.Block
		if block, data = pem.Decode(data); block == nil {
			return ders
		}
		if block.Type == "CERTIFICATE" {
			ders = append(ders, block.Bytes)
		}
	}
}
