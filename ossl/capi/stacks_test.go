package capi

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// What may be used of a stack, in bytes. guest/doc.go names the first. Where
// libcrypto signs with RSA, that decides, and the library may add the second to what
// OpenSSL needs.
const (
	stackLimit = 8 << 10
	stackSlack = 1 << 10
	// threadOwn is what a thread has on its stack before it begins: its descriptor
	// and thread-local storage.
	threadOwn = 5 << 10
)

// TestStacks uses the library in the fibres of asynchronous jobs, in coroutines and
// on threads with little stack, from the start of the runtime on and while its
// collector works, and looks how deep it goes, beside OpenSSL.
func TestStacks(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(t.TempDir(), "stacks")
	run := func(env []string, name string, args ...string) string {
		t.Helper()
		cmd := exec.Command(name, args...)
		cmd.Dir = root
		cmd.Env = append(append(os.Environ(), "OPENSSL_CONF=/dev/null", "PATINA_GOGC=1"), env...)
		cmd.WaitDelay = time.Second
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %s %s: %v\n%s", strings.Join(env, " "), name, strings.Join(args, " "), err, out)
		}
		return strings.TrimSpace(string(out))
	}
	run(nil, "make", "lib")
	run(nil, "gcc", "-O1", "-g", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-Iinclude", "-o", program, "ossl/capi/testdata/stacks.c", "-lssl", "-lcrypto", "-pthread")
	deepest := func(env string, args []string) int {
		t.Helper()
		col := strings.Fields(run([]string{env}, program, args...))
		if len(col) != 4 {
			t.Fatalf("%v: %q", args, col)
		}
		n, err := strconv.Atoi(col[1])
		if err != nil || n < 1<<10 {
			t.Fatalf("%v: %q", args, col)
		}
		return n
	}
	// All KiB that OpenSSL itself needs are given; a fibre of libcrypto's has 32.
	for _, args := range [][]string{
		{"job", "ec", "32"}, {"job", "ec", "32", "first"}, {"job", "rsa", "32"},
		{"context", "ec", "32"}, {"context", "ec", "32", "first"}, {"context", "rsa", "32", "first"},
		{"thread", "ec", "64"}, {"thread", "ec", "64", "first"}, {"thread", "rsa", "64"},
	} {
		system, ours := deepest("LD_LIBRARY_PATH=", args), deepest("LD_LIBRARY_PATH="+filepath.Join(root, "build"), args)
		t.Logf("%-24s OpenSSL %6d, ours %6d bytes", fmt.Sprint(args), system, ours)
		limit := stackLimit
		if args[0] == "thread" {
			limit += threadOwn
		}
		if args[1] == "rsa" {
			limit = system + stackSlack
		}
		if ours > limit {
			t.Errorf("%v: %d bytes of stack, at most %d are wanted", args, ours, limit)
		}
	}
	// And with no more than the limit, where a page that may not be touched is next.
	for _, args := range [][]string{{"context", "ec", "8"}, {"context", "ec", "8", "first"}, {"thread", "ec", "16", "first"}} {
		deepest("LD_LIBRARY_PATH="+filepath.Join(root, "build"), args)
	}
}
