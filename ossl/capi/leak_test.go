package capi

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// leakRounds is how often each kind of object is made and freed.
const leakRounds = 10000

// TestNothingLeaks makes and frees connections, contexts, sessions and BIOs
// through the library, and looks at the heap, the resident memory and the slots of
// handles.
func TestNothingLeaks(t *testing.T) {
	rounds := leakRounds
	if testing.Short() {
		rounds /= 10
	}
	dir := t.TempDir()
	program := filepath.Join(dir, "leak")
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	run := func(name string, args ...string) string {
		t.Helper()
		cmd := exec.Command(name, args...)
		cmd.Dir = root
		cmd.Env = append(os.Environ(), "LD_LIBRARY_PATH="+filepath.Join(root, "build"), "OPENSSL_CONF=/dev/null")
		cmd.WaitDelay = time.Second
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
		}
		return string(out)
	}
	run("make", "lib")
	run("gcc", "-O1", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-Wno-deprecated-declarations", "-Iinclude", "-Iossl/capi", "-o", program,
		"ossl/capi/testdata/leak.c", "-lssl", "-lcrypto")
	t.Log("\n" + run(program, strconv.Itoa(rounds)))
}
