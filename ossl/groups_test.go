package ossl

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// theirsAlone are names in the golden lists of which all that OpenSSL has and this
// library has not.
var theirsAlone = map[string]bool{"secp256k1": true, "ffdhe2048": true, "brainpoolP256r1": true, "P-192": true,
	"DSA+SHA256": true, "ECDSA+SHA1": true, "RSA+SHA1": true, "RSA+SHA224": true}

func TestGroupLists(t *testing.T) {
	for _, l := range goldenLines(t, "groups.txt", 3) {
		list, err := parseGroups(l[0])
		if l[0] == "X25519MLKEM768" || theirsAlone[l[0]] {
			if (err == nil) == theirsAlone[l[0]] {
				t.Errorf("%q: %v %v", l[0], list, err)
			}
			continue
		}
		if (err == nil) != (l[1] == "1") {
			t.Errorf("%q: %v, OpenSSL: %s", l[0], err, l[1])
		}
		var e *Error
		queue := ""
		if errors.As(err, &e) {
			queue = fmt.Sprintf("20:%d:%s", e.Reason, e.Data)
		}
		if queue != l[2] {
			t.Errorf("%q: error %q, OpenSSL: %q", l[0], queue, l[2])
		}
	}
}

func TestSigAlgLists(t *testing.T) {
	for _, l := range goldenLines(t, "sigalgs.txt", 3) {
		list, err := parseSigAlgs(l[0])
		if want := l[1] == "1" && !theirsAlone[l[0]]; (err == nil) != want || want != (len(list) > 0) {
			t.Errorf("%q: %v %v, OpenSSL: %s", l[0], list, err, l[1])
		}
		if n := strings.Count(l[0], ":") + 1; err == nil && len(list) != n && l[0] != "ed25519:ed448" {
			t.Errorf("%q: %d schemes", l[0], len(list))
		}
	}
}
