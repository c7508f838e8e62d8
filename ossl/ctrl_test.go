package ossl

import (
	"testing"

	"patina/core/iana"
)

// TestCtrls holds the commands with numbers against what OpenSSL 3.0 returns.
func TestCtrls(t *testing.T) {
	c, err := NewCtx(MethodTLS)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		cmd  int
		v    int64
		want int64
	}{
		{ctrlSetMaxSendFragment, 511, 0}, {ctrlSetMaxSendFragment, 512, 1}, {ctrlSetMaxSendFragment, 16384, 1},
		{ctrlSetMaxSendFragment, 16385, 0}, {ctrlSetMaxSendFragment, -1, 0},
		{ctrlSetSplitFragment, 0, 0}, {ctrlSetSplitFragment, 100, 1}, {ctrlSetSplitFragment, 16385, 0},
		{ctrlSetMaxPipelines, 0, 0}, {ctrlSetMaxPipelines, 32, 1}, {ctrlSetMaxPipelines, 33, 0},
		{ctrlSetSessCacheSize, 0, 20480}, {ctrlSetSessCacheSize, 1, 0}, {ctrlSetSessCacheSize, -1, 0}, {ctrlGetSessCacheSize, 0, 1},
		{ctrlSetMaxCertList, 5, 102400}, {ctrlSetMaxCertList, -1, 0}, {ctrlGetMaxCertList, 0, 5},
		{ctrlSetReadAhead, 7, 0}, {ctrlGetReadAhead, 0, 7}, {ctrlSetReadAhead, 0, 7},
		{ctrlSetSessCacheMode, -1, 2}, {ctrlSetSessCacheMode, 3, 0xffffffff}, {ctrlGetSessCacheMode, 0, 3},
		{ctrlMode, 2, 6}, {ctrlClearMode, 4, 2}, {ctrlMode, 0, 2},
		{ctrlGetStatusType, 0, -1}, {ctrlSetStatusType, 1, 1}, {ctrlGetStatusType, 0, 1}, {ctrlSetDHAuto, 1, 1},
		{ctrlSetMinVersion, 0x200, 0}, {ctrlSetMinVersion, 0x305, 0}, {ctrlSetMinVersion, 0xfeff, 1}, {ctrlGetMinVersion, 0, 0},
		{ctrlSetMinVersion, 0x300, 1}, {ctrlGetMinVersion, 0, 0x300}, {ctrlSetMaxVersion, 0xfefd, 0}, {ctrlSetMaxVersion, 0x303, 1},
		{ctrlGetMaxVersion, 0, 0x303}, {ctrlSetMinVersion, 0, 1}, {ctrlGetMinVersion, 0, 0},
	} {
		if got, known := c.Ctrl(x.cmd, x.v); !known || got != x.want {
			t.Errorf("%d(%d) = %d, %v, want %d", x.cmd, x.v, got, known, x.want)
		}
	}
	if _, known := c.Ctrl(999, 0); known {
		t.Error("an unknown command is known")
	}
	if s := c.NewSSL(); s.maxSendFragment != 16384 || s.splitSendFragment != 100 || s.mode != 2 {
		t.Error("an SSL does not inherit what is set")
	}
	fixed, _ := NewCtx(MethodTLS12)
	if r, _ := fixed.Ctrl(ctrlSetMinVersion, 0x304); r != 1 || fixed.snap.Load().minVersion != 0 {
		t.Error("a method with one version has limits")
	}
}

func TestVersionRange(t *testing.T) {
	for _, x := range []struct {
		min, max iana.ProtocolVersion
		options  uint64
		lo, hi   iana.ProtocolVersion // zero: none
	}{
		{0, 0, 0, 0x303, 0x304}, {0x301, 0, 0, 0x303, 0x304}, {0x304, 0, 0, 0x304, 0x304}, {0, 0x303, 0, 0x303, 0x303},
		{0, 0x302, 0, 0, 0}, {0x304, 0x303, 0, 0, 0}, {0, 0, opNoTLSv13, 0x303, 0x303}, {0, 0, opNoTLSv12, 0x304, 0x304},
		{0, 0, opNoTLSv12 | opNoTLSv13, 0, 0}, {0, 0x303, opNoTLSv12, 0, 0},
	} {
		c, _ := NewCtx(MethodTLS)
		s := c.NewSSL()
		s.minVersion, s.maxVersion, s.options = x.min, x.max, x.options
		if lo, hi, err := s.versionRange(); lo != x.lo || hi != x.hi || (err == nil) != (x.lo != 0) {
			t.Errorf("%+v: %v %v %v", x, lo, hi, err)
		}
	}
}

func TestSettersOfCtxReachNoSSL(t *testing.T) {
	c, _ := NewCtx(MethodTLS)
	s := c.NewSSL()
	before := s.settings
	if err := c.SetCipherList("CHACHA20"); err != nil {
		t.Fatal(err)
	}
	c.SetOptions(opNoTicket)
	if s.settings != before || s.options&opNoTicket != 0 || len(s.suites12) != 7 {
		t.Error("a later change of the SSL_CTX has reached the SSL")
	}
	if n := c.NewSSL(); len(n.suites12) != 3 || n.options&opNoTicket == 0 {
		t.Error("a change of the SSL_CTX has not reached a new SSL")
	}
	if err := s.SetCipherList("AES128"); err != nil || len(s.suites12) != 2 || c.Ciphers()[3].enc != encChaCha20 {
		t.Error("a change of the SSL has reached the SSL_CTX")
	}
	// A list without a suite is an error, and leaves none.
	if err := c.SetCipherList("NOSUCH"); err == nil || len(c.snap.Load().suites12) != 0 {
		t.Error("an empty list is taken, or leaves suites that were not asked for")
	}
}

// TestSecurityLevels checks what each level leaves of suites, groups and schemes.
func TestSecurityLevels(t *testing.T) {
	c, _ := NewCtx(MethodTLS)
	s := c.snap.Load().settings
	for level, want := range []struct{ suites, groups, schemes int }{{10, 5, 13}, {10, 5, 13}, {10, 5, 13}, {10, 5, 13}, {7, 3, 8}, {7, 1, 4}} {
		if n := len(s.suites(true, levelLimit(level))); n != want.suites {
			t.Errorf("level %d: %d suites, want %d", level, n, want.suites)
		}
		if n := len(s.groupList(true, levelLimit(level))); n != want.groups {
			t.Errorf("level %d: %d groups, want %d", level, n, want.groups)
		}
		if n := len(s.verifySchemes(true, levelLimit(level))); n != want.schemes {
			t.Errorf("level %d: %d schemes, want %d", level, n, want.schemes)
		}
	}
}

// TestCredentialSchemes checks which signatures a key is used for.
func TestCredentialSchemes(t *testing.T) {
	for _, x := range []struct {
		c    credential
		want []iana.SignatureScheme
	}{
		{credential{slot: SlotECC, curve: 415}, []iana.SignatureScheme{iana.SigECDSASecp256r1SHA256}},
		{credential{slot: SlotECC, curve: 716}, []iana.SignatureScheme{iana.SigECDSASecp521r1SHA512}},
		{credential{slot: SlotECC}, nil},
		{credential{slot: SlotEd25519}, []iana.SignatureScheme{iana.SigEd25519}},
		{credential{slot: SlotRSA, keyBits: 2048}, []iana.SignatureScheme{iana.SigRSAPSSRSAESHA256, iana.SigRSAPSSRSAESHA384,
			iana.SigRSAPSSRSAESHA512, iana.SigRSAPKCS1SHA256, iana.SigRSAPKCS1SHA384, iana.SigRSAPKCS1SHA512}},
		{credential{slot: SlotRSA, keyBits: 1024}, []iana.SignatureScheme{iana.SigRSAPSSRSAESHA256, iana.SigRSAPSSRSAESHA384,
			iana.SigRSAPKCS1SHA256, iana.SigRSAPKCS1SHA384, iana.SigRSAPKCS1SHA512}},
	} {
		got := x.c.engine(nil, levelLimit(0)).Schemes
		if len(got) != len(x.want) {
			t.Errorf("%+v: %v", x.c, got)
			continue
		}
		for i := range got {
			if got[i] != x.want[i] {
				t.Errorf("%+v: %v", x.c, got)
			}
		}
	}
}
