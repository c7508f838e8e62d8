package tlscmd

import (
	"crypto/x509"
	"fmt"
	"io"
	"time"

	"patina/core"
	"patina/core/iana"
	"patina/core/tlsnet"
)

// Describe writes what has been agreed on, a fact a line. client says whose side
// tells it.
func Describe(w io.Writer, s tlsnet.State, client bool) {
	line := func(name, format string, a ...any) { fmt.Fprintf(w, "%-13s%s\n", name, fmt.Sprintf(format, a...)) }
	line("protocol", "%s", versionName(s.Version))
	line("cipher", "%v", s.Suite)
	if s.Group != 0 {
		line("key exchange", "%v", s.Group)
	}
	if s.Resumed {
		line("session", "resumed")
	} else {
		line("session", "new")
	}
	if s.ServerName != "" {
		line("server name", "%s", s.ServerName)
	}
	if s.ALPN != "" {
		line("application", "%s", s.ALPN)
	}
	switch s.Early {
	case core.EarlyAccepted:
		line("early data", "accepted")
	case core.EarlyRejected:
		line("early data", "not accepted")
	}
	switch s.ECH {
	case core.ECHAccepted:
		line("ECH", "accepted: the name went encrypted")
	case core.ECHRejected:
		line("ECH", "not opened: an old configuration, or GREASE")
	}
	whose := map[bool]string{true: "the server's", false: "the client's"}[client]
	for i, cert := range s.PeerChain {
		if i == 0 {
			line("certificate", "%s, for %s", whose, describeCert(cert))
		} else {
			line("", "above it, %s", describeCert(cert))
		}
	}
	switch {
	case len(s.PeerChain) == 0:
		line("certificate", "the peer has shown none")
	case s.VerifiedChain != nil:
		line("verified", "by the root %q", s.VerifiedChain[len(s.VerifiedChain)-1].Subject)
	case s.Resumed:
		line("verified", "when the session was made")
	default:
		line("verified", "no")
	}
	if s.PeerScheme != 0 {
		line("peer signed", "%v", s.PeerScheme)
	}
	if s.Scheme != 0 {
		line("we signed", "%v", s.Scheme)
	}
	if n := len(s.Staple); n > 0 {
		line("OCSP", "a stapled response of %d bytes", n)
	}
}

func describeCert(c *x509.Certificate) string {
	return fmt.Sprintf("%q, issued by %q, good until %s", c.Subject, c.Issuer, c.NotAfter.UTC().Format(time.DateOnly))
}

func versionName(v iana.ProtocolVersion) string {
	switch v {
	case iana.VersionTLS12:
		return "TLS 1.2"
	case iana.VersionTLS13:
		return "TLS 1.3"
	}
	return v.String()
}

// Trace is an Observer that writes a line for each message that passes.
type Trace struct{ W io.Writer }

// Message writes what passes.
func (t Trace) Message(sent bool, v iana.ProtocolVersion, typ iana.ContentType, data []byte) {
	what := typ.String()
	switch {
	case typ == iana.ContentHandshake && len(data) > 0:
		what = iana.HandshakeType(data[0]).String()
	case typ == iana.ContentAlert && len(data) == 2:
		what = iana.AlertLevel(data[0]).String() + " alert " + iana.AlertDescription(data[1]).String()
	}
	fmt.Fprintf(t.W, "%s %s, %d bytes\n", map[bool]string{true: "->", false: "<-"}[sent], what, len(data))
}

// RecordHeader is not written.
func (Trace) RecordHeader(bool, []byte) {}

// InnerContentType is not written.
func (Trace) InnerContentType(bool, iana.ContentType) {}

// Secret is not written.
func (Trace) Secret(string, []byte, []byte) {}
