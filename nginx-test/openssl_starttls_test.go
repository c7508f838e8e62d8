package nginxtest

import (
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// preambles are what a server of each protocol says before TLS, as -starttls expects it: each line after the greeting
// answers one of the client's. Others speak in bytes: what is said first, how many come or with what they end, what is
// answered.
var preambles = map[string]struct {
	lines []string
	first string
	takes int
	until string
	then  string
}{
	"smtp": {lines: []string{"220 a.test ready", "250-a.test\r\n250 STARTTLS", "220 go"}},
	"lmtp": {lines: []string{"220 a.test ready", "250-a.test\r\n250 STARTTLS", "220 go"}},
	"imap": {lines: []string{"* OK ready", "* CAPABILITY IMAP4rev1 STARTTLS\r\n. OK done", ". OK go"}},
	"pop3": {lines: []string{"+OK ready", "+OK go"}},
	"ftp":  {lines: []string{"220 ready", "211-Features\r\n AUTH TLS\r\n211 End", "234 go"}},
	// SSLRequest: length and code of four bytes each.
	"postgres": {takes: 8, then: "S"},
	// Handshake V10 with CLIENT_SSL among its capabilities; SSLRequest: a header of four bytes and 32.
	"mysql": {first: "\x4a\x00\x00\x00\x0a8.0.0\x00\x01\x00\x00\x0012345678\x00\xff\xff\x08\x02\x00\xff\xc1\x15" + strings.Repeat("\x00", 10) +
		"123456789012\x00mysql_native_password\x00", takes: 36},
	"nntp":  {lines: []string{"200 ready", "101 what there is\r\nSTARTTLS\r\n.", "382 go"}},
	"sieve": {lines: []string{"\"IMPLEMENTATION\" \"test\"\r\n\"STARTTLS\"\r\nOK ready", "OK go"}},
	"irc":   {lines: []string{":a.test NOTICE * :hello", ":a.test 670 me :go"}},
	// A stream with its features; the client answers with a header and an element of its own.
	"xmpp": {first: "<stream:stream><stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>",
		until: "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", then: "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"},
	// DO START_TLS, which WILL and FOLLOWS answer; then FOLLOWS.
	"telnet": {first: "\xff\xfd\x2e", takes: 9, then: "\xff\xfa\x2e\x01\xff\xf0"},
	// ExtendedRequest with the OID of StartTLS, ExtendedResponse with success (RFC 4511, section 4.12).
	"ldap":        {takes: 31, then: "\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00"},
	"none at all": {lines: []string{"500 what?", "500 what?", "500 what?"}},
}

// skipTo reads up to an end and not a byte more: a client that was refused may go on with TLS at once.
func skipTo(conn net.Conn, end string) error {
	var seen []byte
	for b := []byte{0}; !strings.HasSuffix(string(seen), end); seen = append(seen, b[0]) {
		if _, err := io.ReadFull(conn, b); err != nil {
			return err
		}
	}
	return nil
}

// begin speaks the preamble of a protocol on a new connection.
func begin(conn net.Conn, protocol string) error {
	p := preambles[protocol]
	conn.SetDeadline(time.Now().Add(endLimit))
	defer conn.SetDeadline(time.Time{})
	for i, line := range p.lines {
		if i > 0 {
			if err := skipTo(conn, "\n"); err != nil {
				return err
			}
		}
		if _, err := io.WriteString(conn, line+"\r\n"); err != nil {
			return err
		}
	}
	io.WriteString(conn, p.first)
	if _, err := io.CopyN(io.Discard, conn, int64(p.takes)); err != nil {
		return err
	}
	if err := skipTo(conn, p.until); err != nil {
		return err
	}
	_, err := io.WriteString(conn, p.then)
	return err
}

// relay listens for a client that begins with a protocol's preamble and connects it to the server behind port. The result
// is the port it listens on.
func relay(t *testing.T, protocol, port string) string {
	t.Helper()
	_, at, _ := net.SplitHostPort(listen(t, func(conn net.Conn) {
		defer conn.Close()
		if begin(conn, protocol) != nil {
			return
		}
		server, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err != nil {
			return
		}
		defer server.Close()
		done := make(chan struct{}, 2)
		for _, way := range [][2]net.Conn{{conn, server}, {server, conn}} {
			go func() {
				io.Copy(way[0], way[1])
				way[0].(*net.TCPConn).CloseWrite()
				done <- struct{}{}
			}()
		}
		<-done
		<-done
	}))
	return at
}

// startTLS are runs of -starttls, each against its preamble, and one against a server that does not know it.
func startTLS() []clientRun {
	var list []clientRun
	for _, protocol := range []string{"smtp", "lmtp", "imap", "pop3", "ftp", "postgres", "mysql"} {
		for _, version := range []string{"-tls1_2", "-tls1_3"} {
			list = append(list, clientRun{options: "-starttls " + protocol + " -CAfile ca.pem -verify_return_error " + version, preamble: protocol})
		}
	}
	return list
}
