package nginxtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// transparency makes, for the -ct and -serverinfo options, ctlog.cnf with the key of a log, and sct.pem, an extension
// signed_certificate_timestamp for a-ecdsa.pem with a timestamp of that log and one of a log that nobody knows
// (RFC 6962, sections 3.2 and 3.3).
func transparency(t *testing.T, dir string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "a-ecdsa.pem"))
	if err != nil {
		t.Fatal(err)
	}
	leaf, _ := pem.Decode(text)
	stamp := func() (spki, sct []byte) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if spki, err = x509.MarshalPKIXPublicKey(key.Public()); err != nil {
			t.Fatal(err)
		}
		id, when := sha256.Sum256(spki), binary.BigEndian.AppendUint64(nil, uint64(time.Now().Add(-time.Hour).UnixMilli()))
		// Version 1, a certificate_timestamp over an x509_entry, no extensions.
		signed := append(append([]byte{0, 0}, when...), 0, 0, byte(len(leaf.Bytes)>>16), byte(len(leaf.Bytes)>>8), byte(len(leaf.Bytes)))
		signed = append(append(signed, leaf.Bytes...), 0, 0)
		sum := sha256.Sum256(signed)
		signature, err := ecdsa.SignASN1(rand.Reader, key, sum[:])
		if err != nil {
			t.Fatal(err)
		}
		sct = append(append(append([]byte{0}, id[:]...), when...), 0, 0, 4, 3) // ecdsa_secp256r1_sha256
		return spki, append(binary.BigEndian.AppendUint16(sct, uint16(len(signature))), signature...)
	}
	spki, known := stamp()
	_, unknown := stamp()
	var list []byte
	for _, sct := range [][]byte{known, unknown} {
		list = append(binary.BigEndian.AppendUint16(list, uint16(len(sct))), sct...)
	}
	extension := append(binary.BigEndian.AppendUint16(nil, uint16(len(list))), list...)
	const signedCertificateTimestamp = 18
	// SERVERINFO is type and content of an extension, with the length before it.
	info := binary.BigEndian.AppendUint16([]byte{0, signedCertificateTimestamp}, uint16(len(extension)))
	write(t, filepath.Join(dir, "sct.pem"), pem.EncodeToMemory(&pem.Block{Type: "SERVERINFO FOR TESTS", Bytes: append(info, extension...)}))
	write(t, filepath.Join(dir, "ctlog.cnf"), []byte("enabled_logs = one\n[one]\ndescription = A log of the tests\nkey = "+base64.StdEncoding.EncodeToString(spki)+"\n"))
}
