package ossl

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"patina/core/pki"
)

// hashedRoot is a certificate of that name in PEM, and the path of its file in dir.
func hashedRoot(t testing.TB, dir, name, suffix string) (path string, text []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	x, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	hash, _ := pki.NameHash(x.RawSubject)
	return hashedPath(dir, hash, "", 0)[:len(dir)+10] + suffix, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func hashOfPath(t testing.TB, path string) uint32 {
	t.Helper()
	hash, ok := hashOfName(filepath.Base(path))
	if !ok {
		t.Fatal(path)
	}
	return hash
}

func write(t testing.TB, path string, text []byte) {
	t.Helper()
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestDirectoryReadOnce: a file is read until the store has got it, and again when
// it has changed; what cannot be read is left to libcrypto.
func TestDirectoryReadOnce(t *testing.T) {
	dir := t.TempDir()
	path, text := hashedRoot(t, dir, "a", "0")
	hash := hashOfPath(t, path)
	l := &lookups{dirs: []*hashedDir{{Lookup: Lookup{Dir: filepath.Join(dir, "nosuch")}}, {Lookup: Lookup{Dir: dir}}}}
	if l.certificates(hash) != nil {
		t.Error("something in an empty directory")
	}
	write(t, path, text)
	f := l.certificates(hash)
	if f == nil || f.odd || len(f.ders()) != 1 {
		t.Fatalf("%+v", f)
	}
	if again := l.certificates(hash); again == nil {
		t.Error("taken for known before the store has got it")
	}
	f.taken(true)
	if l.certificates(hash) != nil {
		t.Error("read again, though the store has got it")
	}
	write(t, path, append(text, text...))
	if f = l.certificates(hash); f == nil || len(f.ders()) != 2 {
		t.Error("a change is not seen")
	}
	f.taken(false)
	if f = l.certificates(hash); f == nil || !f.odd {
		t.Error("what the store could not take is not left to libcrypto")
	}
	write(t, path, []byte("rubbish"))
	if f = l.certificates(hash); f == nil || !f.odd {
		t.Error("what cannot be read is not left to libcrypto")
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if l.certificates(hash) != nil {
		t.Error("something that is gone")
	}
}

// TestDirectoryScanned: a directory's list of names is made again where it has
// changed, and not otherwise.
func TestDirectoryScanned(t *testing.T) {
	dir := t.TempDir()
	path, text := hashedRoot(t, dir, "a", "7")
	hash := hashOfPath(t, path)
	d := &hashedDir{Lookup: Lookup{Dir: dir, Scan: true}}
	age := func() {
		t.Helper()
		then := time.Now().Add(-2 * restTime)
		if err := os.Chtimes(dir, then, then); err != nil {
			t.Fatal(err)
		}
	}
	if d.has(hash) {
		t.Error("something in an empty directory")
	}
	write(t, path, text) // perhaps within the same tick of the clock
	if !d.has(hash) {
		t.Error("a new file is not seen")
	}
	age()
	d.has(hash)
	made := d.listing.Load()
	if !d.has(hash) || d.listing.Load() != made || !made.final {
		t.Error("the list is made again, though nothing has changed")
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if d.has(hash) {
		t.Error("something that is gone")
	}
	for path, want := range map[string]bool{filepath.Join(dir, "nosuch"): false, "pkcs11:token=x": true, "./a:b": false} {
		if d := (&hashedDir{Lookup: Lookup{Dir: path, Scan: true}}); d.has(hash) != want {
			t.Errorf("%s: %v", path, !want)
		}
	}
}

func TestHashOfName(t *testing.T) {
	for name, want := range map[string]bool{
		"0123abcd.0": true, "0123ABCD.17": true, "0123abcd.r3": true, "0123abcd.": false, "0123abcd.r": false, "0123abcd.x": false, "0123abcg.0": false,
		"+123abcd.0": false, "0123abcd.rr1": false, "0123abcd0": false, "0x23abcd.0": false, "0_23abcd.0": false, "0123abcd.1r": false,
	} {
		if hash, ok := hashOfName(name); ok != want || ok && hash != 0x0123abcd {
			t.Errorf("%s: %08x, %v", name, hash, ok)
		}
	}
}

// FuzzDERBlocks: what is taken out of a file is DER, and no block of it is lost.
func FuzzDERBlocks(f *testing.F) {
	_, text := hashedRoot(f, "", "a", "0")
	f.Add(text)
	f.Add([]byte("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----"))
	f.Fuzz(func(t *testing.T, data []byte) {
		ders, ok := derBlocks(data, certificateBlock)
		if ok && len(ders) == 0 {
			t.Error("nothing, and no word of it")
		}
		for _, der := range ders {
			if len(der) < 2 || der[0] != 0x30 {
				t.Errorf("% x is no SEQUENCE", der)
			}
		}
	})
}

// BenchmarkAbsent is what a name that is nowhere costs each handshake, with the two
// places of the default paths.
func BenchmarkAbsent(b *testing.B) {
	dir := b.TempDir()
	for i := range 200 {
		write(b, hashedPath(dir, uint32(i), "", 0), nil)
	}
	then := time.Now().Add(-2 * restTime)
	if err := os.Chtimes(dir, then, then); err != nil {
		b.Fatal(err)
	}
	l := &lookups{dirs: []*hashedDir{{Lookup: Lookup{Dir: dir}}, {Lookup: Lookup{Dir: dir, Scan: true}}}}
	b.ReportAllocs()
	for b.Loop() {
		if l.certificates(1<<31) != nil {
			b.Fatal("something")
		}
	}
}
