package dane

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"
)

func certificate(t *testing.T) *x509.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "dane"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func sum256(b []byte) []byte { s := sha256.Sum256(b); return s[:] }
func sum512(b []byte) []byte { s := sha512.Sum512(b); return s[:] }

func TestParseRecord(t *testing.T) {
	r, err := ParseRecord(" 3 1 1 0a0B\t0c0d ")
	if err != nil || r.Usage != DANEEE || r.Selector != SPKI || r.Matching != SHA256 || !bytes.Equal(r.Data, []byte{10, 11, 12, 13}) {
		t.Fatalf("%v, %v", r, err)
	}
	if s := r.String(); s != "3 1 1 0a0b0c0d" {
		t.Errorf("%q", s)
	}
	for _, text := range []string{"", "3 1 1", "3 1 256 00", "3 1 -1 00", "x 1 1 00", "3 1 1 0", "3 1 1 zz"} {
		if r, err := ParseRecord(text); err == nil {
			t.Errorf("%q is %v", text, r)
		}
	}
}

func TestAdd(t *testing.T) {
	c := certificate(t)
	spki := c.RawSubjectPublicKeyInfo
	for _, k := range []struct {
		r    Record
		want error
	}{
		{Record{4, SPKI, SHA256, make([]byte, 32)}, ErrUsage},
		{Record{DANEEE, 2, SHA256, make([]byte, 32)}, ErrSelector},
		{Record{DANEEE, SPKI, 3, make([]byte, 32)}, ErrMatching},
		{Record{DANEEE, SPKI, SHA256, make([]byte, 31)}, ErrDigestLength},
		{Record{DANEEE, SPKI, SHA512, make([]byte, 32)}, ErrDigestLength},
		{Record{DANEEE, SPKI, SHA256, nil}, ErrDigestLength},
		{Record{DANEEE, SPKI, Full, nil}, ErrNoData},
		{Record{DANEEE, SPKI, Full, []byte{}}, ErrPublicKey},
		{Record{DANEEE, SPKI, Full, c.Raw}, ErrPublicKey},
		{Record{DANEEE, SPKI, Full, append(bytes.Clone(spki), 0)}, ErrPublicKey},
		{Record{DANEEE, Cert, Full, spki}, ErrCertificate},
		{Record{DANETA, Cert, Full, append(bytes.Clone(c.Raw), 0)}, ErrCertificate},
		{Record{DANETA, Cert, Full, c.Raw[:len(c.Raw)-1]}, ErrCertificate},
		{Record{PKIXTA, Cert, Full, c.Raw}, nil},
		{Record{PKIXEE, SPKI, Full, spki}, nil},
		{Record{DANETA, SPKI, SHA512, make([]byte, 64)}, nil},
	} {
		var s Set
		if err := s.Add(k.r); !errors.Is(err, k.want) || (k.want == nil) != (s.Len() == 1) {
			t.Errorf("%v: %v, want %v; %d records", k.r, err, k.want, s.Len())
		}
	}
}

// TestOrder adds records in a bad order and finds them in the good one.
func TestOrder(t *testing.T) {
	c := certificate(t)
	types, err := DefaultTypes.With(7, &Digest{Size: 4, Sum: func(b []byte) []byte { return sum256(b)[:4] }}, 200)
	if err != nil {
		t.Fatal(err)
	}
	var s Set
	s.Use(types)
	for _, r := range []Record{
		{PKIXTA, Cert, Full, c.Raw}, {DANEEE, Cert, SHA256, make([]byte, 32)}, {DANEEE, SPKI, Full, c.RawSubjectPublicKeyInfo},
		{DANETA, SPKI, Full, c.RawSubjectPublicKeyInfo}, {DANEEE, SPKI, SHA256, make([]byte, 32)}, {DANEEE, SPKI, SHA512, make([]byte, 64)},
		{PKIXEE, SPKI, SHA256, make([]byte, 32)}, {DANEEE, SPKI, SHA256, bytes.Repeat([]byte{1}, 32)}, {DANEEE, SPKI, 7, make([]byte, 4)},
	} {
		if err := s.Add(r); err != nil {
			t.Fatal(r, err)
		}
	}
	var got []string
	for _, e := range s.Records() {
		got = append(got, e.String()[:7])
		if (e.Key != nil) != (e.Usage == DANETA && e.Selector == SPKI && e.Matching == Full) {
			t.Errorf("%v: key %v", e, e.Key != nil)
		}
	}
	// Of two equals, the later is the first.
	const want = "3 1 7 0,3 1 2 0,3 1 1 0,3 1 1 0,3 1 0 3,3 0 1 0,2 1 0 3,1 1 1 0,0 0 0 3"
	if g := strings.Join(got, ","); g != want {
		t.Errorf("%s\nwant %s", g, want)
	}
	if e := s.Records()[2]; e.Data[0] != 1 {
		t.Errorf("the later of two equals comes second")
	}
	if len(s.Anchors()) != 1 {
		t.Errorf("%d anchors", len(s.Anchors()))
	}
}

func TestMatch(t *testing.T) {
	c := certificate(t)
	spki := c.RawSubjectPublicKeyInfo
	bad256, bad512 := make([]byte, 32), make([]byte, 64)
	for _, k := range []struct {
		name    string
		records []Record
		usages  Usages
		want    int // index of the record, -1 for none
	}{
		{"key, 256", []Record{{DANEEE, SPKI, SHA256, sum256(spki)}}, EndEntity, 0},
		{"key, 512", []Record{{DANEEE, SPKI, SHA512, sum512(spki)}}, EndEntity, 0},
		{"key, full", []Record{{DANEEE, SPKI, Full, spki}}, EndEntity, 0},
		{"certificate, 256", []Record{{PKIXEE, Cert, SHA256, sum256(c.Raw)}}, EndEntity, 0},
		{"certificate, full", []Record{{PKIXEE, Cert, Full, c.Raw}}, EndEntity, 0},
		{"the other selector", []Record{{DANEEE, Cert, SHA256, sum256(spki)}}, EndEntity, -1},
		{"another usage", []Record{{DANETA, SPKI, SHA256, sum256(spki)}}, EndEntity, -1},
		{"an authority", []Record{{DANETA, SPKI, SHA256, sum256(spki)}}, TrustAnchor, 0},
		{"agility", []Record{{DANEEE, SPKI, SHA256, sum256(spki)}, {DANEEE, SPKI, SHA512, bad512}}, EndEntity, -1},
		{"agility does not touch full", []Record{{DANEEE, SPKI, Full, spki}, {DANEEE, SPKI, SHA512, bad512}}, EndEntity, 0},
		{"agility by selector", []Record{{DANEEE, SPKI, SHA512, bad512}, {DANEEE, Cert, SHA256, sum256(c.Raw)}}, EndEntity, 1},
		{"agility by usage", []Record{{DANEEE, SPKI, SHA512, bad512}, {PKIXEE, SPKI, SHA256, sum256(spki)}}, EndEntity, 1},
		{"DANE before PKIX", []Record{{PKIXEE, SPKI, SHA256, sum256(spki)}, {DANEEE, Cert, SHA256, sum256(c.Raw)}}, EndEntity, 1},
		{"one of several", []Record{{DANEEE, SPKI, SHA256, bad256}, {DANEEE, SPKI, SHA256, sum256(spki)}}, EndEntity, 1},
		{"none", nil, EndEntity, -1},
	} {
		s, err := NewSet(k.records...)
		if err != nil {
			t.Fatal(k.name, err)
		}
		e := s.Match(k.usages, c)
		if (e == nil) != (k.want < 0) || e != nil && e.String() != k.records[k.want].String() {
			t.Errorf("%s: %v", k.name, e)
		}
	}
}

// TestTypes changes what is known after records have been added.
func TestTypes(t *testing.T) {
	c := certificate(t)
	s, err := NewSet(Record{DANEEE, SPKI, SHA256, sum256(c.RawSubjectPublicKeyInfo)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := DefaultTypes.With(Full, &Digest{}, 1); !errors.Is(err, ErrFull) {
		t.Errorf("%v", err)
	}
	without, err := DefaultTypes.With(SHA256, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	broken, err := DefaultTypes.With(SHA256, &Digest{32, func([]byte) []byte { return nil }}, 1)
	if err != nil {
		t.Fatal(err)
	}
	for i, k := range []struct {
		types *Types
		want  bool
	}{{DefaultTypes, true}, {without, false}, {broken, false}, {nil, true}} {
		s.Use(k.types)
		if (s.Match(EndEntity, c) != nil) != k.want {
			t.Errorf("%d: matched %v", i, !k.want)
		}
	}
	s.Use(without)
	if err := s.Add(Record{DANEEE, SPKI, SHA256, make([]byte, 32)}); !errors.Is(err, ErrMatching) {
		t.Errorf("%v", err)
	}
}
