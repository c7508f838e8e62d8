package core

import (
	"bytes"
	"sync"
	"testing"
)

func TestCertCache(t *testing.T) {
	cfg := configOf(t, nil)
	der := bytes.Clone(identityOf(t, "p256").cert)
	a, err := cfg.certs.parse(der)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a.Raw, der) || &a.Raw[0] == &der[0] {
		t.Error("the certificate points into what it was parsed from")
	}
	if b, err := cfg.certs.parse(bytes.Clone(der)); err != nil || a != b {
		t.Errorf("parsed again: %v", err)
	}
	// A byte of difference is another certificate, or none.
	for i := range der {
		der[i] ^= 1
		if b, err := cfg.certs.parse(der); err == nil && (b == a || !bytes.Equal(b.Raw, der)) {
			t.Fatalf("byte %d: the wrong certificate", i)
		} else if err != nil {
			wantKind(t, err, KindBadCertificate)
		}
		der[i] ^= 1
	}
	// Other Configs have their own.
	if b, err := configOf(t, nil).certs.parse(der); err != nil || a == b {
		t.Errorf("shared between Configs: %v", err)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range 400 {
				want := identityOf(t, keyKinds[i%len(keyKinds)]).cert
				if c, err := cfg.certs.parse(want); err != nil || !bytes.Equal(c.Raw, want) {
					t.Error("mixed up", err)
				}
			}
		}()
	}
	wg.Wait()
}
