package nginxtest

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"patina/nginx-test/harness"
)

// cipherCommands are what openssl ciphers is run with.
var cipherCommands = []string{
	"ECDHE+AESGCM", "-v ECDHE+AESGCM", "-V ECDHE+AESGCM:ECDHE+CHACHA20", "-v ECDHE-RSA-AES128-GCM-SHA256:ECDHE+CHACHA20", "-v ECDHE+AESGCM:@STRENGTH",
	"-v ALL", "-v DEFAULT", "-v HIGH:!aNULL", "-v HIGH:!aRSA:-AES256:+CHACHA20", "-v aECDSA", "-v aRSA:!kRSA", "-v kECDHE", "-v EECDH+AES256",
	"-v CHACHA20:AESGCM", "-v AES128:AES256", "-v AESGCM:!ECDSA", "-v TLSv1.2", "-v SUITEB128", "-v SUITEB192", "-v @SECLEVEL=3:ALL", "-v HIGH:MEDIUM:!eNULL:@STRENGTH", "-v PROFILE=SYSTEM",
	"-s", "-s -v", "-s -tls1_2 -v", "-s -tls1_3 -v", "-s -tls1_2 -V ECDHE", "-tls1_3", "-tls1_2", "-s -psk -v ECDHE", "-s -psk -V ALL", "-s -v PSK", "-s -psk -v PSK", "-v PSK:ECDHE", "-V aPSK", "-v kECDHEPSK", "-v ALL:!PSK", "-s -psk -v kRSAPSK:kECDHEPSK:kDHEPSK:@STRENGTH", "-stdname", "-s -stdname ECDHE", "-v -ciphersuites TLS_CHACHA20_POLY1305_SHA256 ECDHE+AES128",
	"-ciphersuites TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384 -s", "-ciphersuites NOSUCH", "-v -ciphersuites= ECDHE+AESGCM",
	"-convert TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "-convert TLS_AES_128_GCM_SHA256", "-convert TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "-convert TLS_NOSUCH",
	"NOSUCH", "-v NOSUCH:ECDHE+AESGCM", "-v !ALL", "-nosuch",
	"-tls1", "-tls1_1", "-s -tls1", "-s -tls1_1 -v ECDHE", "-srp -v", "-s -srp ECDHE", "-provider-path . -provider default -propquery provider=default -s ECDHE", "-propquery provider=nosuch",
}

// emptyLists are those that differ on purpose: they select suites that OpenSSL alone has.
var emptyLists = []string{"-v COMPLEMENTOFDEFAULT:DEFAULT", "kRSA:aNULL", "-v DHE+AESGCM"}

// TestOpenSSLCiphers: of the suites that the system's library lists, ours lists those it has, in this order, line by line.
func TestOpenSSLCiphers(t *testing.T) {
	own := ours(t)
	if own == nil {
		t.Fatal("our library is not built")
	}
	for _, c := range slices.Concat(cipherCommands, emptyLists) {
		args := append([]string{"ciphers"}, strings.Fields(c)...)
		a, err := harness.System().Run(clientLimit, nil, "openssl", args...)
		if err != nil {
			t.Fatal(err)
		}
		b, err := own.Run(clientLimit, nil, "openssl", args...)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(c, "-convert") {
			a.Stdout, b.Stdout = ownSuiteLines(a.Stdout), ownSuiteLines(b.Stdout)
		}
		systemExit := fmt.Sprint("exit ", a.Exit)
		want, got := fmt.Sprint("exit ", a.Exit, "\n", a.Stdout, normal(a.Stderr)), fmt.Sprint("exit ", b.Exit, "\n", b.Stdout, normal(b.Stderr))
		why := ""
		if slices.Contains(emptyLists, c) {
			why = "a list of which no suite is left is an error"
			want = "exit 1\nError in cipher list\nerror:0A0000B9:SSL routines:no cipher match:\n"
		}
		if got != want {
			t.Errorf("ciphers %s (- system, + ours)\n%s", c, lineDiff(want, got))
		}
		if why != "" {
			want = systemExit
		}
		tell("ciphers "+c, want, got, why)
	}
}

// ownSuiteLines leaves of a listing, one suite a line or all in one, what we have.
func ownSuiteLines(list string) string {
	var kept []string
	for line := range strings.SplitSeq(strings.TrimSpace(list), "\n") {
		if words := strings.Split(line, ":"); len(words) > 1 && !strings.Contains(line, " ") || ownSuite(line) {
			for _, w := range words {
				if ownSuite(w) {
					kept = append(kept, w)
				}
			}
			continue
		}
		for w := range strings.FieldsSeq(line) {
			if ownSuite(w) {
				kept = append(kept, strings.Join(strings.Fields(line), " "))
				break
			}
		}
	}
	return strings.Join(kept, "\n")
}

// sessionCommands are what openssl sess_id is run with, in a folder with the session in a file named in.
var sessionCommands = []string{
	"-in in -text -noout", "-in in -text", "-in in -cert", "-in in -cert -noout", "-in in", "-in in -outform NSS", "-in in -context place", "-in in -context place -text -noout", "-in in -inform DER",
	"-in in -outform DER -out der", "-in der -inform DER -text", "-in der", "-in nosuch", "-in broken -text", "-in empty -inform DER",
}

// TestOpenSSLSessions: a session that s_client has written on either library, sess_id reads on both, and both show, convert
// and refuse the same, byte by byte.
func TestOpenSSLSessions(t *testing.T) {
	system, own := harness.System(), ours(t)
	if own == nil {
		t.Fatal("our library is not built")
	}
	files := opensslFiles(t)
	write(t, filepath.Join(files, "broken"), []byte("-----BEGIN SSL SESSION PARAMETERS-----\nMIIB\n-----END SSL SESSION PARAMETERS-----\n"))
	write(t, filepath.Join(files, "empty"), nil)
	for _, writer := range []harness.Library{system, *own} {
		written := t.TempDir()
		sessions := []string{"TLS 1.3 with ALPN and early data", "TLS 1.2 with a ticket", "TLS 1.2 with an ID"}
		conversation{server: "-alpn h2 -early_data -no_anti_replay -cert a-ecdsa.pem -key a-ecdsa.key", runs: runs("-tls1_3 -servername a.test -alpn h2 -sess_out "+written+"/0",
			"-tls1_2 -servername a.test -sess_out "+written+"/1", "-tls1_2 -no_ticket -sess_out "+written+"/2")}.run(t, files, system, writer)
		for i, session := range sessions {
			var dirs [2]string
			for j := range dirs {
				dirs[j] = linked(t, files)
				if err := os.Symlink(filepath.Join(written, fmt.Sprint(i)), filepath.Join(dirs[j], "in")); err != nil {
					t.Fatal(err)
				}
			}
			for _, command := range sessionCommands {
				var got [2]string
				for j, lib := range []harness.Library{system, *own} {
					p := startOpenSSL(t, lib, dirs[j], append([]string{"sess_id"}, strings.Fields(command)...)...)
					exit, inTime := p.wait(endLimit)
					if !inTime {
						t.Errorf("sess_id %s on %s does not end", command, lib.Name)
					}
					got[j] = fmt.Sprintf("exit %d\n%s%s", exit, &p.out, normal(p.errs.String()))
				}
				if got[0] != got[1] {
					t.Errorf("sess_id %s of %s, written on %s (- system, + ours)\n%s", command, session, writer.Name, lineDiff(got[0], got[1]))
				}
				if strings.HasPrefix(got[0], "exit 0") == slices.Contains([]string{"-in in -inform DER", "-in der", "-in nosuch", "-in broken -text", "-in empty -inform DER"}, command) {
					t.Errorf("sess_id %s: %s", command, got[0])
				}
				if i == 0 {
					tell("sess_id "+command+" (written on "+writer.Name+")", got[0], got[1], "")
				}
			}
		}
	}
}

// numbers are what differs from run to run in what s_time says.
var numbers = regexp.MustCompile(`\d+(?:\.\d+)?`)

// timeCommands are what openssl s_time is run with.
var timeCommands = []string{"-new -tls1_3", "-new -tls1_2", "-reuse -tls1_3", "-reuse -tls1_2", "-www /page -new", "-new -CAfile ca.pem -verify 3", "-new -cipher NOSUCH", "-new -ciphersuites NOSUCH",
	"-new -bugs -nameopt oneline", "-new -cert client.pem -key client.key", "-new -cafile ca.pem -verify 3", "-reuse -CApath capath -verify 3", "-new -CAstore ca.pem -verify 3",
	"-new -no-CAfile -no-CApath -no-CAstore -verify 3", "-new -provider-path . -provider default -propquery provider=default", "-new -propquery provider=nosuch", "-new -tls1", "-new -tls1_1"}

// timeDiffers are the commands of those that differ on purpose, and how: see lineDiff.
var timeDiffers = map[string]string{"-new -tls1": noOldProtocol, "-new -tls1_1": noOldProtocol}

const noOldProtocol = "  ERROR\n- error:0A000438:SSL routines:tlsv1 alert internal error:SSL alert number 80\n+ error:0A0000BF:SSL routines:no protocols available:\n"

// TestOpenSSLTime: s_time makes connections, new ones and resumed ones, for a second, and tells of them as on the system's
// library; * is a new connection, r a resumed one.
func TestOpenSSLTime(t *testing.T) {
	system, own := harness.System(), ours(t)
	if own == nil {
		t.Fatal("our library is not built")
	}
	files := opensslFiles(t)
	for _, options := range timeCommands {
		t.Run(options, func(t *testing.T) {
			t.Parallel()
			var got [2]string
			for i, lib := range []harness.Library{system, *own} {
				s := startOpenSSL(t, lib, files, "s_server", "-accept", "127.0.0.1:0", "-WWW", "-cert", "a-ecdsa.pem", "-key", "a-ecdsa.key", "-cert_chain", "inter.pem")
				p := startOpenSSL(t, lib, files, append([]string{"s_time", "-connect", "127.0.0.1:" + s.port(), "-time", "1"}, strings.Fields(options)...)...)
				exit, inTime := p.wait(clientLimit)
				if !inTime {
					t.Errorf("s_time %s on %s does not end", options, lib.Name)
				}
				s.cmd.Process.Kill()
				out := regexp.MustCompile(`[*rtT]{2,}`).ReplaceAllStringFunc(p.out.String(), func(marks string) string {
					return string(slices.Compact(slices.Sorted(slices.Values([]rune(marks)))))
				})
				got[i] = fmt.Sprintf("exit %d\n%s%s", exit, numbers.ReplaceAllString(out, "N"), normal(p.errs.String()))
			}
			why := ""
			if timeDiffers[options] != "" {
				why = noOldVersions
			}
			if difference := lineDiff(got[0], got[1]); difference != timeDiffers[options] {
				t.Errorf("s_time %s (- system, + ours)\n%s", options, difference)
			}
			tell("s_time "+options, got[0], got[1], why)
		})
	}
}
