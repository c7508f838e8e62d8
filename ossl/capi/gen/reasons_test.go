package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"patina/ossl"
)

// reasonNumbers returns number -> name of the SSL_R_ constants of our sslerr.h.
func reasonNumbers(t *testing.T) map[int]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "include/openssl/sslerr.h"))
	if err != nil {
		t.Fatal(err)
	}
	numbers := map[int]string{}
	for _, m := range regexp.MustCompile(`(?m)^#define (SSL_R_\w+) +(\d+)$`).FindAllStringSubmatch(string(text), -1) {
		n, _ := strconv.Atoi(m[2])
		numbers[n] = m[1]
	}
	if len(numbers) < 300 {
		t.Fatalf("only %d reasons in sslerr.h", len(numbers))
	}
	return numbers
}

// maxReason is the largest number that ERR_PACK(3) keeps of a reason without flags, and that libssl could use.
const maxReason = 4095

// printReasons prints the text of every reason of ERR_LIB_SSL that the libssl it is linked with has loaded.
const printReasons = `
#include <stdio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
int main(void)
{
    int first = ERR_GET_REASON(ERR_PACK(ERR_LIB_SSL, 0, 100));
    if (!OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS, NULL)) return 1;
    for (int i = first; i <= %d; i++) {
        const char *text = ERR_reason_error_string(ERR_PACK(ERR_LIB_SSL, 0, i));
        if (text) printf("%%d\t%%s\n", i, text);
    }
    return 0;
}
`

// TestReasonsAreOpenSSLs holds our texts against those of the system's library, and our numbers against sslerr.h.
func TestReasonsAreOpenSSLs(t *testing.T) {
	dir := t.TempDir()
	src, exe := filepath.Join(dir, "reasons.c"), filepath.Join(dir, "reasons")
	if err := os.WriteFile(src, fmt.Appendf(nil, printReasons, maxReason), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("gcc", "-o", exe, src, "-lssl", "-lcrypto").CombinedOutput(); err != nil {
		t.Fatalf("gcc: %v\n%s", err, out)
	}
	cmd := exec.Command(exe)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH")}
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	theirs := map[int]string{}
	for line := range strings.Lines(string(out)) {
		number, text, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		n, err := strconv.Atoi(number)
		if err != nil {
			t.Fatal(err)
		}
		theirs[n] = text
	}
	if len(theirs) < 300 {
		t.Fatalf("only %d reasons of the system's library", len(theirs))
	}
	numbers, last := reasonNumbers(t), 0
	for r, text := range ossl.Reasons {
		n := int(r)
		if n <= last {
			t.Errorf("reason %d is not in order", n)
		}
		last = n
		if text != theirs[n] {
			t.Errorf("reason %d (%s) is %q, OpenSSL's is %q", n, numbers[n], text, theirs[n])
		}
		if numbers[n] == "" {
			t.Errorf("reason %d is not in sslerr.h", n)
		}
		if r.String() != text {
			t.Errorf("reason %d: String gives %q, want %q", n, r.String(), text)
		}
		delete(theirs, n)
		delete(numbers, n)
	}
	for n, text := range theirs {
		t.Errorf("reason %d %q is missing", n, text)
	}
	for n, name := range numbers {
		t.Errorf("reason %d %s has no text", n, name)
	}
	if got := ossl.Reason(99).String(); got != "reason(99)" {
		t.Errorf("a number without a text prints as %q", got)
	}
}
