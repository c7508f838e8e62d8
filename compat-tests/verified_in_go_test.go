package compat

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// byLibcrypto are the verifications of topic verify_store that libcrypto does, by
// the end of their label, and why. All others are done in Go.
var byLibcrypto = map[string]string{
	"version 1 in full":             "a list that DER does not allow",
	"delta only":                    "a delta is applied by libcrypto",
	"delta beside a full one":       "a delta is applied by libcrypto",
	"extended support":              "X509_V_FLAG_EXTENDED_CRL_SUPPORT",
	"deltas":                        "X509_V_FLAG_USE_DELTAS",
	"trusted for servers":           "trust settings of the root's own",
	"trusted for clients":           "trust settings of the root's own",
	"strict":                        "X509_V_FLAG_X509_STRICT",
	"policies":                      "X509_V_FLAG_POLICY_CHECK",
	"explicit policy":               "X509_V_FLAG_EXPLICIT_POLICY",
	"ignore critical":               "X509_V_FLAG_IGNORE_CRITICAL",
	"signature of the root":         "X509_V_FLAG_CHECK_SS_SIGNATURE",
	"suite B":                       "X509_V_FLAG_SUITEB_128_LOS",
	"proxy certificates":            "X509_V_FLAG_ALLOW_PROXY_CERTS",
	"a function of the store's own": "X509_STORE_set_check_revocation",
}

// TestVerifiedInGo counts how often libcrypto is asked to verify a chain: where a
// setting is its alone, and where a callback is to be shown what is wrong.
func TestVerifiedInGo(t *testing.T) {
	work := t.TempDir()
	if err := WriteFixtures(work); err != nil {
		t.Fatal(err)
	}
	topics := []Topic{{Name: "verify_store", Source: "c/verify_store.c"}}
	if err := (Compiler{Out: filepath.Join(work, "bin")}).Compile(topics); err != nil {
		t.Fatal(err)
	}
	_, ours := sides(t, work)
	if !ours.Chosen {
		t.Skip("both sides are the system's library, which verifies by libcrypto")
	}
	told := filepath.Join(work, "verified")
	cmd := exec.Command(topics[0].Binary)
	cmd.Dir = t.TempDir()
	cmd.Env = append(ours.environment(filepath.Join(work, "maps")), "KIT_VERIFIED="+told)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	text, err := os.ReadFile(told)
	if err != nil {
		t.Fatal(err)
	}
	inGo, seen := 0, map[string]bool{}
	for line := range strings.Lines(string(text)) {
		col := strings.Split(strings.TrimSpace(line), "\t")
		if len(col) != 4 {
			t.Fatalf("line %q", line)
		}
		label, callback, result, asked := col[0], col[1], col[2], col[3]
		end := label[strings.LastIndex(label, ", ")+1:]
		reason := byLibcrypto[strings.TrimSpace(end)]
		if reason == "" {
			reason = byLibcrypto[label]
		}
		seen[reason] = true
		if reason == "" && callback != "no callback" && result != "0" {
			reason = "a callback is shown what is wrong"
		}
		switch {
		case reason == "" && asked != "0":
			t.Errorf("%s, %s: libcrypto was asked", label, callback)
		case reason == "":
			inGo++
		case asked != "1":
			t.Errorf("%s, %s: libcrypto was asked %s times, and should be (%s)", label, callback, asked, reason)
		}
	}
	for label, reason := range byLibcrypto {
		if !seen[reason] {
			t.Errorf("no verification %q: %s", label, reason)
		}
	}
	if inGo < 100 {
		t.Errorf("%d verifications in Go", inGo)
	}
	t.Logf("%d verifications in Go", inGo)
}
