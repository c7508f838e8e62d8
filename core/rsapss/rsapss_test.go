package rsapss

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// openssl runs the command, whose keys and signatures are what is read here.
func openssl(t testing.TB, args ...string) []byte {
	t.Helper()
	out, err := exec.Command("openssl", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("openssl %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// keyFile makes a key of id-RSASSA-PSS and reads it.
func keyFile(t testing.TB, pkeyopts ...string) (file string, key *Signer) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "key.pem")
	args := []string{"genpkey", "-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048", "-out", file}
	for _, o := range pkeyopts {
		args = append(args, "-pkeyopt", o)
	}
	openssl(t, args...)
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(data)
	if key, err = ParsePKCS8(block.Bytes); err != nil {
		t.Fatalf("%v: %v", pkeyopts, err)
	}
	return file, key
}

func TestKeys(t *testing.T) {
	sha256 := &Params{crypto.SHA256, crypto.SHA256, 32}
	for opts, want := range map[string]*Params{
		"": nil,
		"rsa_pss_keygen_md:sha256 rsa_pss_keygen_mgf1_md:sha256 rsa_pss_keygen_saltlen:32": sha256,
		"rsa_pss_keygen_md:sha384 rsa_pss_keygen_mgf1_md:sha384 rsa_pss_keygen_saltlen:10": {crypto.SHA384, crypto.SHA384, 10},
		"rsa_pss_keygen_md:sha512": {crypto.SHA512, crypto.SHA1, 20},
		"rsa_pss_keygen_md:sha1 rsa_pss_keygen_mgf1_md:sha1 rsa_pss_keygen_saltlen:20": {crypto.SHA1, crypto.SHA1, 20},
	} {
		file, key := keyFile(t, strings.Fields(opts)...)
		k := key.Public().(*PublicKey)
		if got := fmt.Sprint(k.Params); got != fmt.Sprint(want) {
			t.Errorf("%s: %v, want %v", opts, got, want)
		}
		der := openssl(t, "pkey", "-in", file, "-pubout", "-outform", "DER")
		public, err := ParsePublicKey(der)
		if err != nil || !public.Equal(k) {
			t.Errorf("%s: %v, %v", opts, public, err)
		}
		if k.Equal(k.RSA) || k.Equal(&PublicKey{k.RSA, &Params{Hash: crypto.MD5}}) {
			t.Errorf("%s: equal to another", opts)
		}
		// Signatures of this package, by the restriction.
		digest := make([]byte, 32)
		sig, err := key.Sign(rand.Reader, digest, &rsa.PSSOptions{Hash: crypto.SHA256, SaltLength: rsa.PSSSaltLengthEqualsHash})
		if want == nil || *want == *sha256 {
			if err != nil || k.Verify(sha256, digest, sig) != nil {
				t.Errorf("%s: %v", opts, err)
			}
		} else if err != ErrRestricted || k.Verify(sha256, digest, make([]byte, 256)) != ErrRestricted {
			t.Errorf("%s: %v", opts, err)
		}
		// Any other padding, any other salt.
		for _, o := range []crypto.SignerOpts{crypto.SHA256, &rsa.PSSOptions{Hash: crypto.SHA256}} {
			if _, err := key.Sign(rand.Reader, digest, o); err != ErrUnsupported {
				t.Errorf("%s: %v", opts, err)
			}
		}
	}
}

// TestSalts verifies signatures of OpenSSL with salts of many lengths.
func TestSalts(t *testing.T) {
	file, key := keyFile(t)
	k := key.Public().(*PublicKey)
	data := filepath.Join(t.TempDir(), "data")
	if err := os.WriteFile(data, []byte("data"), 0o600); err != nil {
		t.Fatal(err)
	}
	h := crypto.SHA256.New()
	h.Write([]byte("data"))
	digest := h.Sum(nil)
	for salt, want := range map[int]error{0: ErrUnsupported, 1: nil, 20: nil, 32: nil, 100: nil, 222: nil} {
		sig := openssl(t, "pkeyutl", "-sign", "-rawin", "-digest", "sha256", "-inkey", file, "-in", data,
			"-pkeyopt", "rsa_padding_mode:pss", "-pkeyopt", fmt.Sprint("rsa_pss_saltlen:", salt))
		p := &Params{crypto.SHA256, crypto.SHA256, salt}
		if err := k.Verify(p, digest, sig); err != want {
			t.Errorf("salt of %d: %v", salt, err)
		}
		for _, other := range []*Params{{crypto.SHA256, crypto.SHA256, salt + 1}, {crypto.SHA384, crypto.SHA384, max(salt, 1)}} {
			if err := k.Verify(other, digest, sig); err != ErrSignature {
				t.Errorf("salt of %d, checked with %v: %v", salt, other, err)
			}
		}
		if err := k.Verify(&Params{crypto.SHA256, crypto.SHA1, salt}, digest, sig); err != ErrUnsupported {
			t.Errorf("another mask: %v", err)
		}
		sig[20] ^= 1
		if err := k.Verify(p, digest, sig); err == nil {
			t.Error("a changed signature verifies")
		}
	}
}

func TestMalformed(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	spki, _ := x509.MarshalPKIXPublicKey(&rsaKey.PublicKey)
	pkcs8, _ := x509.MarshalPKCS8PrivateKey(rsaKey)
	if _, err := ParsePublicKey(spki); err != ErrOther {
		t.Error(err)
	}
	if _, err := ParsePKCS8(pkcs8); err != ErrOther {
		t.Error(err)
	}
	file, _ := keyFile(t, "rsa_pss_keygen_md:sha256")
	good := openssl(t, "pkey", "-in", file, "-pubout", "-outform", "DER")
	private := openssl(t, "pkey", "-in", file, "-outform", "DER")
	for n := range good {
		if _, err := ParsePublicKey(good[:n]); err == nil {
			t.Errorf("%d bytes of %d are a key", n, len(good))
		}
	}
	for n := range private {
		if _, err := ParsePKCS8(private[:n]); err == nil {
			t.Errorf("%d bytes of %d are a key", n, len(private))
		}
	}
	for what, x := range map[string]struct {
		params []byte
		want   error
	}{
		"empty":             {[]byte{0x30, 0}, nil},
		"a longer trailer":  {[]byte{0x30, 5, 0xa3, 3, 2, 1, 2}, ErrUnsupported},
		"a negative salt":   {[]byte{0x30, 5, 0xa2, 3, 2, 1, 0xff}, ErrUnsupported},
		"too long a salt":   {[]byte{0x30, 6, 0xa2, 4, 2, 2, 8, 1}, ErrUnsupported}, // 2049
		"a huge salt":       {[]byte{0x30, 7, 0xa2, 5, 2, 3, 1, 0, 0}, ErrUnsupported},
		"an endless salt":   {append([]byte{0x30, 14, 0xa2, 12, 2, 10}, bytes.Repeat([]byte{0x7f}, 10)...), ErrMalformed},
		"an unknown hash":   {[]byte{0x30, 7, 0xa0, 5, 0x30, 3, 6, 1, 0x2a}, ErrUnsupported},
		"NULL":              {[]byte{5, 0}, ErrMalformed},
		"something after":   {[]byte{0x30, 0, 5, 0}, ErrMalformed},
		"something within":  {[]byte{0x30, 2, 5, 0}, ErrMalformed},
		"no mask generator": {[]byte{0x30, 4, 0xa1, 2, 5, 0}, ErrMalformed},
		"another generator": {[]byte{0x30, 7, 0xa1, 5, 0x30, 3, 6, 1, 0x2a}, ErrUnsupported},
		"nothing":           {nil, ErrMalformed},
	} {
		oid := []byte{6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10}
		alg := append([]byte{0x30, byte(len(oid) + len(x.params))}, append(oid, x.params...)...)
		if p, err := ParseSignature(alg); err != x.want || err == nil && *p != (Params{crypto.SHA1, crypto.SHA1, 20}) {
			t.Errorf("%s: %v, %v", what, p, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	file, _ := keyFile(f, "rsa_pss_keygen_md:sha256")
	f.Add(openssl(f, "pkey", "-in", file, "-pubout", "-outform", "DER"))
	f.Add(openssl(f, "pkey", "-in", file, "-outform", "DER"))
	f.Add([]byte{0x30, 0x0d, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10, 0x30, 0})
	f.Fuzz(func(t *testing.T, der []byte) {
		ParseSignature(der)
		ParsePKCS8(der)
		if k, err := ParsePublicKey(der); err == nil && !k.Equal(k) {
			t.Error("a key is not itself")
		}
	})
}
