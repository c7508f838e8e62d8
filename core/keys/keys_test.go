package keys

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"hash"
	"strings"
	"testing"
)

func unhex(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

func check(t *testing.T, what string, got []byte, want string) {
	t.Helper()
	if !bytes.Equal(got, unhex(want)) {
		t.Errorf("%s = %x, want %s", what, got, want)
	}
}

func newKDF(h func() hash.Hash) *KDF {
	k := new(KDF)
	k.Init(h())
	return k
}

// TestRFC8448 follows the key schedule of RFC 8448, section 3.
func TestRFC8448(t *testing.T) {
	k := newKDF(sha256.New)
	shared := unhex("8bd4054fb55b9d63fdfbacf9f04b9f0d35e6d63f537563efd46272900f89492d")
	helloHash := unhex("860c06edc07858ee8e78f0e7428c58edd6b43f2ca3e6e95f02ed063cf0e1cad8")
	verifyHash := unhex("edb7725fa7a3473b031ec8ef65a2485493900138a2b91291407d7951a06110ed")
	serverHash := unhex("9608102a0f1ccc6db6250b7b7e417b1a000eaada3daae4777a7686c9ff83df13")
	clientHash := unhex("209145a96ee8e2a122ff810047cc952684658d6049e86429426db87c54ad143d")

	e := NewEarly(k, nil)
	check(t, "early secret", e.s.Bytes(), "33ad0a1c607ec03b09e6cd9893680ce210adf300aa1f2660e1b22e10f170f92a")
	h := e.Handshake(k, shared)
	check(t, "handshake secret", h.s.Bytes(), "1dc826e93606aa6fdc0aadc12f741b01046aa6b99f691ed221a9f0ca043fbeac")
	client := h.ClientTraffic(k, helloHash)
	check(t, "c hs traffic", client.Bytes(), "b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21")
	server := h.ServerTraffic(k, helloHash)
	check(t, "s hs traffic", server.Bytes(), "b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38")
	var key [16]byte
	var iv [12]byte
	TrafficKeys(k, &server, key[:], iv[:])
	check(t, "server handshake key", key[:], "3fce516009c21727d0f2e4e86ee403bc")
	check(t, "server handshake iv", iv[:], "5d313eb2671276ee13000b30")
	check(t, "server finished", FinishedMAC(k, nil, &server, verifyHash),
		"9b9b141d906337fbd2cbdce71df4deda4ab42c309572cb7fffee5454b78f0718")
	check(t, "client finished", FinishedMAC(k, nil, &client, serverHash),
		"a8ec436d677634ae525ac1fcebe11a039ec17694fac6e98527b642f2edd5ce61")

	m := h.Master(k)
	check(t, "master secret", m.s.Bytes(), "18df06843d13a08bf2a449844c5f8a478001bc4d4c627984d5a41da8d0402919")
	s := m.ClientTraffic(k, serverHash)
	check(t, "c ap traffic", s.Bytes(), "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5")
	s = m.ServerTraffic(k, serverHash)
	check(t, "s ap traffic", s.Bytes(), "a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643")
	TrafficKeys(k, &s, key[:], iv[:])
	check(t, "server application key", key[:], "9f02283b6c9c07efc26bb9f2ac92e356")
	check(t, "server application iv", iv[:], "cf782b88dd83549aadf1e984")
	s = m.Exporter(k, serverHash)
	check(t, "exp master", s.Bytes(), "fe22f881176eda18eb8f44529e6792c50c9a3f89452f68d8ae311b4309d3cf50")
	s = m.Resumption(k, clientHash)
	check(t, "res master", s.Bytes(), "7df235f2031d2a051287d02b0241b0bfdaf86cc856231f2d5aba46c434ec196c")
	psk := ResumptionPSK(k, &s, []byte{0, 0})
	check(t, "resumption PSK", psk.Bytes(), "4ecd0eb6ec3b4d87f5d6028f922ca4c5851a277fd41311c9e62d2c9492e1c4f3")

	// Section 4: the resumed handshake's binder.
	e = NewEarly(k, psk.Bytes())
	check(t, "resumed early secret", e.s.Bytes(), "9b2188e9b2fc6d64d71dc329900e20bb41915000f678aa839cbb797cb7d8332c")
	b := e.ResumptionBinder(k)
	check(t, "binder", FinishedMAC(k, nil, &b, unhex("63224b2e4573f2d3454ca84b9d009a04f6be9e05711a8396473aefa01e924a14")),
		"3add4fb2d8fdf822a0ca3cf7678ef5e88dae990141c5924d57bb6fa31b9e5f9d")
}

// TestPRF has the test vectors that were published for TLS 1.2's PRF with
// SHA-256 and SHA-384 (IETF TLS list, 2009).
func TestPRF(t *testing.T) {
	for _, v := range []struct {
		h                 func() hash.Hash
		secret, seed, out string
	}{
		{sha256.New, "9bbe436ba940f017b17652849a71db35", "a0ba9f936cda311827a6f796ffd5198c",
			"e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af0fa022f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff70187347b66"},
		{sha512.New384, "b80b733d6ceefcdc71566ea48e5567df", "cd665cf6a8447dd6ff8b27555edb7465",
			"7b0c18e9ced410ed1804f2cfa34a336a1c14dffb4900bb5fd7942107e81c83cde9ca0faa60be9fe34f82b1233c9146a0e534cb400fed2700884f9dc236f80edd8bfa961144c9e8d792eca722a7b32fc3d416d473ebc2c5fd4abfdad05d9184259b5bf8cd4d90fa0d31e2dec479e4f1a26066f2eea9a69236a3e52655c9e9aee691c8f3a26854308d5eaa3be85e0990703d73e56f"},
	} {
		seed := unhex(v.seed)
		out := make([]byte, len(v.out)/2)
		PRF(newKDF(v.h), out, unhex(v.secret), "test label", seed[:5], seed[5:])
		check(t, "PRF", out, v.out)
	}
}

// TestHMAC compares with crypto/hmac over all lengths around the block sizes.
func TestHMAC(t *testing.T) {
	for _, h := range []func() hash.Hash{sha256.New, sha512.New384, sha512.New} {
		k := newKDF(h)
		for _, keyLen := range []int{0, 1, 31, 32, 48, 63, 64, 65, 127, 128, 129, 300} {
			for _, n := range []int{0, 1, 63, 64, 255, 256, 257, 1000} {
				key, data := bytes.Repeat([]byte{byte(keyLen)}, keyLen), bytes.Repeat([]byte{byte(n)}, n)
				m := hmac.New(h, key)
				m.Write(data)
				for range 2 { // the second time from a kept state
					if got := k.HMAC([]byte("x"), key, data); !bytes.Equal(got[1:], m.Sum(nil)) || got[0] != 'x' {
						t.Fatalf("key of %d, data of %d: %x", keyLen, n, got)
					}
				}
			}
		}
	}
}

// TestKept changes keys, hashes and wipes between HMACs: a kept state must not
// outlive its key.
func TestKept(t *testing.T) {
	k := new(KDF)
	keys := [][]byte{nil, {1}, {2}, {1, 0}, {1}, bytes.Repeat([]byte{3}, 200), bytes.Repeat([]byte{3}, 200), {1}}
	for i := range 200 {
		h := []func() hash.Hash{sha512.New384, sha512.New, sha256.New}[i/7%3]
		if i%7 == 0 {
			k.Init(h())
		}
		if i%11 == 0 {
			k.Wipe()
		}
		key := keys[i*i%len(keys)]
		m := hmac.New(h, key)
		m.Write([]byte("data"))
		if got := k.HMAC(nil, key, []byte("data")); !bytes.Equal(got, m.Sum(nil)) {
			t.Fatalf("%d, key %x: %x", i, key, got)
		}
	}
	k.Wipe()
	if k.key != [maxBlock]byte{} || k.inner != (savedState{}) || k.outer != (savedState{}) || k.pad != [maxBlock]byte{} || k.buf != [len(k.buf)]byte{} {
		t.Error("not wiped")
	}
}

func BenchmarkSchedule13(b *testing.B) {
	for name, h := range map[string]func() hash.Hash{"SHA-256": sha256.New, "SHA-384": sha512.New384} {
		b.Run(name, func(b *testing.B) {
			k := newKDF(h)
			shared, transcript := make([]byte, 32), make([]byte, k.Size())
			key, iv := make([]byte, 32), make([]byte, 12)
			b.ReportAllocs()
			for b.Loop() {
				e := NewEarly(k, nil)
				hs := e.Handshake(k, shared)
				for _, s := range []Secret{hs.ClientTraffic(k, transcript), hs.ServerTraffic(k, transcript)} {
					TrafficKeys(k, &s, key, iv)
				}
				m := hs.Master(k)
				for _, s := range []Secret{m.ClientTraffic(k, transcript), m.ServerTraffic(k, transcript)} {
					TrafficKeys(k, &s, key, iv)
				}
			}
		})
	}
}

// TestExpandLabelMany fills more than one block.
func TestExpandLabelMany(t *testing.T) {
	k := newKDF(sha256.New)
	s := MakeSecret(bytes.Repeat([]byte{7}, 32))
	long := make([]byte, 255*32)
	k.ExpandLabel(long, &s, "label", []byte("context"))
	// The requested length is part of what is hashed, so no prefix is equal.
	short := make([]byte, 32)
	k.ExpandLabel(short, &s, "label", []byte("context"))
	if bytes.Equal(long[:32], short) {
		t.Error("the length is not in the label")
	}
	if bytes.Equal(long[:32], long[32:64]) {
		t.Error("blocks repeat")
	}
	for _, f := range []func(){
		func() { k.ExpandLabel(make([]byte, 255*32+1), &s, "label", nil) },
		func() { k.ExpandLabel(short, &s, strings.Repeat("x", 250), nil) },
		func() { k.ExpandLabel(short, &s, "label", make([]byte, 256)) },
		func() { MakeSecret(make([]byte, MaxHash+1)) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("out of range and no panic")
				}
			}()
			f()
		}()
	}
}

func TestMaster12(t *testing.T) {
	k := newKDF(sha256.New)
	pre, cr, sr := bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32), bytes.Repeat([]byte{3}, 32)
	m := NewMaster12(k, pre, cr, sr)
	want := make([]byte, 48)
	PRF(k, want, pre, "master secret", append(bytes.Clone(cr), sr...), nil)
	if !bytes.Equal(m.Secret().Bytes(), want) {
		t.Error("master secret")
	}
	x := NewExtendedMaster12(k, pre, cr)
	if bytes.Equal(x.Secret().Bytes(), want) {
		t.Error("the extended master secret is the plain one")
	}
	r, ok := ResumedMaster12(want)
	if !ok || !bytes.Equal(r.Secret().Bytes(), want) {
		t.Error("resumed")
	}
	if _, ok := ResumedMaster12(want[:47]); ok {
		t.Error("a short secret is accepted")
	}
	block := make([]byte, 2*(32+4))
	PRF(k, block, want, "key expansion", append(bytes.Clone(sr), cr...), nil)
	b := m.KeyBlock(k, cr, sr, 32, 4)
	ck, civ := b.Client()
	sk, siv := b.Server()
	if !bytes.Equal(ck, block[:32]) || !bytes.Equal(sk, block[32:64]) || !bytes.Equal(civ, block[64:68]) || !bytes.Equal(siv, block[68:]) {
		t.Error("key block")
	}
	b.Wipe()
	if b != (KeyBlock{}) {
		t.Error("not wiped")
	}
	var c, s [FinishedLen]byte
	m.ClientFinished(k, c[:], cr)
	m.ServerFinished(k, s[:], cr)
	if c == s {
		t.Error("both sides' Finished are alike")
	}
}

func TestNoAllocation(t *testing.T) {
	for name, h := range map[string]func() hash.Hash{"SHA-256": sha256.New, "SHA-384": sha512.New384} {
		k := newKDF(h)
		shared, transcript := make([]byte, 32), make([]byte, k.Size())
		var mac [MaxHash]byte
		key, iv := make([]byte, 32), make([]byte, 12)
		n := testing.AllocsPerRun(20, func() {
			e := NewEarly(k, nil)
			b := e.ResumptionBinder(k)
			hs := e.Handshake(k, shared)
			c, s := hs.ClientTraffic(k, transcript), hs.ServerTraffic(k, transcript)
			TrafficKeys(k, &c, key, iv)
			FinishedMAC(k, mac[:0], &s, transcript)
			m := hs.Master(k)
			c, s = m.ClientTraffic(k, transcript), NextTraffic(k, &s)
			r := m.Resumption(k, transcript)
			c = ResumptionPSK(k, &r, iv)
			m12 := NewMaster12(k, shared, shared, shared)
			block := m12.KeyBlock(k, shared, shared, 32, 12)
			m12.ClientFinished(k, mac[:], transcript)
			block.Wipe()
			b.Wipe()
			c.Wipe()
		})
		if n != 0 && !raceDetector {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// TestWithoutPSK: the constants that a KDF keeps, also when it is used again, change
// nothing.
func TestWithoutPSK(t *testing.T) {
	shared := []byte("shared secret")
	for _, h := range []func() hash.Hash{sha256.New, sha512.New384} {
		fresh := newKDF(h)
		e := NewEarly(fresh, nil)
		want := e.Handshake(fresh, shared)
		k := newKDF(h)
		for range 2 {
			if got := WithoutPSK(k, shared); got != want {
				t.Errorf("%d bytes: %x, want %x", k.Size(), got.s.Bytes(), want.s.Bytes())
			}
			if got, want := k.emptyHash(), h().Sum(nil); !bytes.Equal(got, want) {
				t.Errorf("hash of nothing: %x, want %x", got, want)
			}
			k.Wipe()
		}
	}
}
