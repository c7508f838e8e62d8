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

// lookedUp are the verifications of topic verify_dirs for which libcrypto looks
// something up, by their label, and why. For all others Go does, or nobody.
var lookedUp = map[string]string{
	"rubbish": "no PEM", "nothing": "no PEM", "a key": "no certificate", "DER": "no PEM", "cut off": "broken PEM", "a byte missing": "broken PEM",
	"a byte wrong": "broken PEM", "one long line": "PEM that not everybody takes", "a NUL before it": "PEM that not everybody takes",
	"rubbish, a good one behind it": "no PEM", "a directory in its place": "no file", "rubbish as that number": "no PEM",
	"a directory of DER": "X509_FILETYPE_ASN1", "said to be of PEM": "no PEM", "a lookup of the program's own": "X509_STORE_add_lookup",
	"SSL_CTX_load_verify_store": "X509_LOOKUP_store has something under this hash", "of a file": "X509_LOOKUP_store of a file",
	"a number left out": "X509_LOOKUP_store has something under this hash", "a high number": "X509_LOOKUP_store has something under this hash",
	"a list's name": "X509_LOOKUP_store has something under this hash",
}

// asked is a verification of which a program has told: how often libcrypto was to
// verify, and to look something up.
type asked struct {
	label, callback, result string
	verified, looked        string
}

// runAsked runs a topic and returns what it tells of its verifications; nil if both
// sides are the system's library, which verifies by libcrypto.
func runAsked(t *testing.T, topic string) []asked {
	work := t.TempDir()
	if err := WriteFixtures(work); err != nil {
		t.Fatal(err)
	}
	topics := []Topic{{Name: topic, Source: "c/" + topic + ".c"}}
	if err := (Compiler{Out: filepath.Join(work, "bin")}).Compile(topics); err != nil {
		t.Fatal(err)
	}
	_, ours := sides(t, work)
	if !ours.Chosen {
		return nil
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
	var all []asked
	for line := range strings.Lines(string(text)) {
		col := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if len(col) != 5 {
			t.Fatalf("line %q", line)
		}
		all = append(all, asked{col[0], col[1], col[2], col[3], col[4]})
	}
	return all
}

// TestLookedUpInGo counts how often libcrypto is asked to look into directories:
// where a file or a place is for it alone. Where a callback is to be shown what is
// wrong libcrypto verifies, and looks itself.
func TestLookedUpInGo(t *testing.T) {
	all := runAsked(t, "verify_dirs")
	if all == nil {
		t.Skip("both sides are the system's library, which verifies by libcrypto")
	}
	inGo, seen := 0, map[string]bool{}
	for _, a := range all {
		if a.callback == "no callback" && a.verified != "0" {
			t.Errorf("%s: libcrypto has verified", a.label)
		}
		switch reason := lookedUp[a.label]; {
		case a.verified != "0": // a callback is shown what is wrong
		case reason == "" && a.looked != "0":
			t.Errorf("%s, %s: libcrypto was asked %s times", a.label, a.callback, a.looked)
		case reason == "":
			inGo++
		case a.looked != "0":
			seen[a.label] = true
		}
	}
	for label, reason := range lookedUp {
		if !seen[label] {
			t.Errorf("%s: libcrypto was not asked, and should be: %s", label, reason)
		}
	}
	if inGo < 100 {
		t.Errorf("%d verifications with Go's lookups", inGo)
	}
	t.Logf("%d verifications with Go's lookups", inGo)
}

// TestVerifiedInGo counts how often libcrypto is asked to verify a chain: where a
// setting is its alone, and where a callback is to be shown what is wrong.
func TestVerifiedInGo(t *testing.T) {
	all := runAsked(t, "verify_store")
	if all == nil {
		t.Skip("both sides are the system's library, which verifies by libcrypto")
	}
	inGo, seen := 0, map[string]bool{}
	for _, a := range all {
		label, callback, result, asked := a.label, a.callback, a.result, a.verified
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
