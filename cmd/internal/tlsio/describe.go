package tlsio

import (
	"fmt"
	"io"
	"os"
	"strings"

	"patina/core"
	"patina/core/iana"
)

// Describe writes what has been agreed on, a fact a line.
func Describe(w io.Writer, c *core.Conn) {
	line := func(name string, value any) { fmt.Fprintf(w, "%-12s %v\n", name, value) }
	line("protocol", c.Version())
	line("cipher", c.Suite())
	line("group", c.Group())
	line("resumed", c.Resumed())
	if c.ServerName() != "" {
		line("server name", c.ServerName())
	}
	if c.ALPN() != "" {
		line("ALPN", c.ALPN())
	}
	if s := c.PeerSignatureScheme(); s != 0 {
		line("peer signed", s)
	}
	if s := c.SignatureScheme(); s != 0 {
		line("we signed", s)
	}
	for i, cert := range c.PeerChain() {
		line(fmt.Sprintf("peer cert %d", i), cert.Subject)
	}
	if n := len(c.PeerStaple()); n > 0 {
		line("OCSP staple", fmt.Sprintf("%d bytes", n))
	}
}

// ParseVersion takes "1.2" or "1.3"; "" is zero, the engine's default.
func ParseVersion(s string) (iana.ProtocolVersion, error) {
	switch s {
	case "":
		return 0, nil
	case "1.2":
		return iana.VersionTLS12, nil
	case "1.3":
		return iana.VersionTLS13, nil
	}
	return 0, fmt.Errorf("version %q: 1.2 or 1.3", s)
}

// List splits a comma-separated list; "" is none.
func List(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}

// KeyLog is an Observer that writes SSLKEYLOGFILE lines (RFC 9850).
type KeyLog struct{ W io.Writer }

// OpenKeyLog appends to the file of the name.
func OpenKeyLog(name string) (*os.File, error) {
	return os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
}

// Message, RecordHeader and InnerContentType are not logged.
func (KeyLog) Message(bool, iana.ProtocolVersion, iana.ContentType, []byte) {}

// RecordHeader is not logged.
func (KeyLog) RecordHeader(bool, []byte) {}

// InnerContentType is not logged.
func (KeyLog) InnerContentType(bool, iana.ContentType) {}

// Secret writes a line.
func (k KeyLog) Secret(label string, clientRandom, secret []byte) {
	fmt.Fprintf(k.W, "%s %x %x\n", label, clientRandom, secret)
}
