package compat

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// hashedDir makes a directory with the fixture ca under its hash.
func hashedDir(t *testing.T, files string) string {
	t.Helper()
	dir := t.TempDir()
	root := filepath.Join(files, "ca.pem")
	hash, err := exec.Command("openssl", "x509", "-in", root, "-noout", "-hash").Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(root, filepath.Join(dir, strings.TrimSpace(string(hash))+".0")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestCAPath: where programs are told of a hashed directory, libcrypto is asked
// neither to verify a chain nor to look for its root.
func TestCAPath(t *testing.T) {
	files := t.TempDir()
	if err := WriteFixtures(files); err != nil {
		t.Fatal(err)
	}
	_, ours := sides(t, files)
	if !ours.Chosen {
		t.Skip("both sides are the system's library, which verifies by libcrypto")
	}
	counter := filepath.Join(files, "asked.so")
	if out, err := exec.Command("gcc", "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", counter, "testdata/asked.c", "-lcrypto").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	dir, empty := hashedDir(t, files), t.TempDir()

	server := exec.Command("openssl", "s_server", "-accept", "127.0.0.1:0", "-www", "-cert", filepath.Join(files, "server-ec.pem"),
		"-cert_chain", filepath.Join(files, "int.pem"), "-key", filepath.Join(files, "server-ec.key"))
	server.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	defer server.Wait()
	defer server.Process.Kill()
	line := bufio.NewScanner(out)
	port := ""
	for port == "" && line.Scan() {
		if m := regexp.MustCompile(`^ACCEPT .*:(\d+)$`).FindStringSubmatch(line.Text()); m != nil {
			port = m[1]
		}
	}
	if port == "" {
		t.Fatal("s_server does not tell its port")
	}

	curl := []string{"curl", "-sS", "-o", "/dev/null", "--resolve", "server.test:" + port + ":127.0.0.1", "https://server.test:" + port + "/"}
	client := []string{"openssl", "s_client", "-connect", "127.0.0.1:" + port, "-verify_return_error"}
	for _, c := range []struct {
		name string
		argv []string
		env  []string
		ok   bool
	}{
		{"curl --capath", append(curl[:len(curl):len(curl)], "--capath", dir, "--cacert", filepath.Join(files, "otherca.pem")), nil, true},
		{"curl --capath, empty", append(curl[:len(curl):len(curl)], "--capath", empty, "--cacert", filepath.Join(files, "otherca.pem")), nil, false},
		{"s_client -CApath", append(client[:len(client):len(client)], "-CApath", dir, "-no-CAfile", "-no-CAstore"), nil, true},
		{"s_client, default paths", client, []string{"SSL_CERT_DIR=" + dir, "SSL_CERT_FILE=" + filepath.Join(empty, "cert.pem")}, true},
		{"s_client, default directory", append(client[:len(client):len(client)], "-no-CAfile", "-no-CAstore"), []string{"SSL_CERT_DIR=" + dir}, true},
	} {
		asked := filepath.Join(t.TempDir(), "asked")
		cmd := exec.Command(c.argv[0], c.argv[1:]...)
		cmd.Env = append(os.Environ(), "LD_PRELOAD="+counter, "LD_LIBRARY_PATH="+filepath.Dir(ours.Library), "ASKED="+asked, "OPENSSL_CONF=/dev/null")
		cmd.Env = append(cmd.Env, c.env...)
		cmd.WaitDelay = time.Second
		cmd.Stdin = strings.NewReader("Q\n")
		said, err := cmd.CombinedOutput()
		if (err == nil) != c.ok {
			t.Errorf("%s: %v\n%s", c.name, err, said)
		}
		told, err := os.ReadFile(asked)
		if err != nil {
			t.Fatal(err)
		}
		if string(told) != "0 verified, 0 looked up" {
			t.Errorf("%s: libcrypto was asked: %s", c.name, told)
		}
	}
}
