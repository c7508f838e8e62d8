package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// shim is the program under test, built once.
func shim(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "bogo_shim")
	if out, err := exec.Command("go", "build", "-trimpath", "-o", name, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return name
}

// certificate makes a key with a self-signed certificate, also as PEM files.
func certificate(t *testing.T) (cert tls.Certificate, certFile, keyFile string) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, typ string, b []byte) string {
		name = filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: typ, Bytes: b}), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key},
		write("cert", "CERTIFICATE", der), write("key", "PRIVATE KEY", pkcs8)
}

const shimID = 0x1122334455667788

// play runs the shim with the flags and is its runner: crypto/tls shakes hands,
// as server or client, and looks at the echo. It returns the shim's exit code
// and what it has to say.
func play(t *testing.T, program string, peer func(net.Conn) *tls.Conn, flags ...string) (code int, stderr string, err error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).Port
	cmd := exec.Command(program, append([]string{"-port", strconv.Itoa(port), "-shim-id", strconv.Itoa(shimID)}, flags...)...)
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		werr := cmd.Wait()
		l.Close() // nobody will dial any more
		ended <- werr
	}()
	err = func() error {
		l.(*net.TCPListener).SetDeadline(time.Now().Add(10 * time.Second))
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(10 * time.Second))
		var id [8]byte
		if _, err := io.ReadFull(conn, id[:]); err != nil || binary.LittleEndian.Uint64(id[:]) != shimID {
			return errors.New("no shim ID")
		}
		c := peer(conn)
		defer c.Close()
		return echo(c)
	}()
	werr := <-ended
	var exit *exec.ExitError
	if errors.As(werr, &exit) {
		code = exit.ExitCode()
	} else if werr != nil {
		t.Fatal(werr)
	}
	return code, said.String(), err
}

// echo writes data of a size that takes several reads, and wants it back turned.
func echo(c *tls.Conn) error {
	data := make([]byte, 2000)
	for i := range data {
		data[i] = byte(i * 7)
	}
	if _, err := c.Write(data); err != nil {
		return err
	}
	got := make([]byte, len(data))
	if _, err := io.ReadFull(c, got); err != nil {
		return err
	}
	for i := range got {
		if got[i] != ^data[i] {
			return errors.New("a wrong echo")
		}
	}
	return nil
}

// TestShim: the shim shakes hands with crypto/tls, in both roles and versions,
// and tells what fails and what it cannot do.
func TestShim(t *testing.T) {
	program := shim(t)
	cert, certFile, keyFile := certificate(t)
	server := func(c net.Conn) *tls.Conn { return tls.Server(c, &tls.Config{Certificates: []tls.Certificate{cert}}) }
	client := func(c net.Conn) *tls.Conn {
		return tls.Client(c, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12, ServerName: "test"})
	}
	keys := []string{"-server", "-cert-file", certFile, "-key-file", keyFile}
	for _, tt := range []struct {
		name  string
		peer  func(net.Conn) *tls.Conn
		flags []string
		code  int
		says  string
	}{
		{"client 1.3", server, []string{"-expect-version", "772"}, 0, ""},
		{"client 1.2", server, []string{"-max-version", "771", "-expect-version", "771"}, 0, ""},
		{"client, byte by byte", server, []string{"-async", "-implicit-handshake"}, 0, ""},
		{"server 1.3", client, append(keys, "-expect-server-name", "test"), 0, ""},
		{"server 1.2, late answers", client, append(keys, "-no-tls13", "-async"), 0, ""},
		{"a version not spoken", server, []string{"-max-version", "769"}, exitUnimplemented, "below TLS 1.2"},
		{"a flag not known", server, []string{"-dtls"}, exitUnimplemented, "-dtls"},
		{"an expectation", server, []string{"-expect-version", "771"}, exitMustFail, "version"},
		{"a refusal", server, []string{"-verify-fail", "-verify-peer"}, exitFailed, ":refused by the verifier:"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, said, err := play(t, program, tt.peer, tt.flags...)
			if code != tt.code || !bytes.Contains([]byte(said), []byte(tt.says)) || (err != nil) != (tt.code != 0) {
				t.Errorf("exit code %d, peer: %v\n%s", code, err, said)
			}
		})
	}
}

// TestOptions: prefixes, parameters, credentials.
func TestOptions(t *testing.T) {
	first, resume, retry, err := parseOptions([]string{"-on-initial-expect-version", "771", "-on-resume-curves", "29", "-curves", "23",
		"-on-shim-async", "-cert-file", "a", "-new-x509-credential", "-cert-file", "b", "-ocsp-response", "AQI="})
	if err != nil {
		t.Fatal(err)
	}
	if first.ExpectVersion != 771 || resume.ExpectVersion != 0 || len(resume.Curves) != 2 || len(retry.Curves) != 1 || !retry.Async ||
		first.def.CertFile != "a" || first.credentials[0].CertFile != "b" || !bytes.Equal(resume.credentials[0].OCSP, []byte{1, 2}) {
		t.Errorf("%+v", first)
	}
	for _, bad := range [][]string{{"-port", "x"}, {"-port"}, {"port"}, {"-ocsp-response", "*"}} {
		if _, _, _, err := parseOptions(bad); err == nil || errors.Is(err, errUnimplemented) {
			t.Errorf("%v: %v", bad, err)
		}
	}
	if _, _, _, err := parseOptions([]string{"-no-such-flag"}); !errors.Is(err, errUnimplemented) {
		t.Error(err)
	}
}
