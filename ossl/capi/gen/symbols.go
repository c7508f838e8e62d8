package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// A Symbol is one row of symbols.tsv: a function that libssl exports.
type Symbol struct {
	Name    string
	Version string // version node
	Page    string // manual page, section 3; empty when OpenSSL has none
	Topic   string // a row of topics
	Kind    string // where its code is: kinds
	Status  string // what it does: statuses
	Fail    string // a C expression: what it returns when it fails, or always when it is a no-op; empty: 0 or NULL
	Note    string // for users: what is missing or different, or why it is refused
}

var columns = []string{"name", "version", "page", "topic", "kind", "status", "fail", "note"}

// kinds say where a symbol's code is, and which statuses it may have.
var kinds = map[string][]string{
	"go":   {"full", "partial", "no-op", "refused"}, // a Go export behind a generated C function
	"c":    {"full", "partial", "no-op", "refused"}, // written by hand in ossl/capi/*.c
	"stub": {"no-op", "refused", "stub"},            // generated C
}

// statuses, in the order of the matrix, with the words of the matrix.
var statuses = []struct{ name, text string }{
	{"full", "does what OpenSSL 3.0 does"},
	{"partial", "does it within the limits that the note names"},
	{"no-op", "succeeds and changes nothing, by design: what it controls is not there"},
	{"refused", "fails by design, with a reason on the error queue"},
	{"stub", "not there yet: fails, with a reason on the error queue"},
}

// topics, in the order of include/openssl/ssl.h.
var topics = []struct{ name, title string }{
	{"init", "Library start-up"},
	{"method", "Methods"},
	{"context", "SSL_CTX"},
	{"connection", "SSL"},
	{"transport", "Descriptors and BIOs"},
	{"state", "State and progress"},
	{"handshake", "Handshake"},
	{"io", "Application data"},
	{"shutdown", "Closing"},
	{"error", "Return values"},
	{"alert", "Alerts"},
	{"info", "Information callback"},
	{"msg", "Message callback and trace"},
	{"keylog", "Key log"},
	{"options", "Options"},
	{"version", "Protocol versions"},
	{"cipherlist", "Cipher lists"},
	{"cipher", "One cipher suite"},
	{"groups", "Groups"},
	{"sigalgs", "Signature algorithms"},
	{"tmpkey", "Ephemeral keys"},
	{"certkey", "Own certificate and private key"},
	{"verify", "Verifying the peer"},
	{"trust", "Trusted certificates"},
	{"calist", "CA names told to the peer"},
	{"peer", "The peer's certificate"},
	{"host", "Host name and DANE checks"},
	{"sni", "Server name indication"},
	{"alpn", "Application protocols (ALPN, NPN)"},
	{"clienthello", "ClientHello callback"},
	{"session", "Sessions"},
	{"cache", "Session cache"},
	{"ticket", "Session tickets"},
	{"psk", "Pre-shared keys"},
	{"early", "Early data"},
	{"ct", "Certificate transparency"},
	{"renegotiation", "Renegotiation, key update"},
	{"exporter", "Randoms and exporters"},
	{"security", "Security level"},
	{"customext", "Custom extensions"},
	{"exdata", "Application data on objects"},
	{"buffers", "Buffers, fragments, padding"},
	{"cookie", "Stateless servers"},
	{"dtls", "Datagram TLS"},
	{"async", "Asynchronous jobs"},
	{"conf", "Configuration commands"},
	{"srtp", "SRTP"},
	{"srp", "Secure remote password"},
	{"comp", "Compression"},
	{"ctrl", "Commands behind the macros"},
	{"test", "Test hooks"},
}

// ReadSymbols reads symbols.tsv and checks its form.
func ReadSymbols(path string) ([]Symbol, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	if lines[0] != strings.Join(columns, "\t") {
		return nil, fmt.Errorf("%s: the first line must name the columns %v", path, columns)
	}
	var symbols []Symbol
	for n, line := range lines[1:] {
		f := strings.Split(line, "\t")
		bad := func(format string, args ...any) ([]Symbol, error) {
			return nil, fmt.Errorf("%s:%d: %s: %s", path, n+2, f[0], fmt.Sprintf(format, args...))
		}
		if len(f) != len(columns) {
			return bad("%d columns, want %d", len(f), len(columns))
		}
		s := Symbol{f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7]}
		allowed, ok := kinds[s.Kind]
		switch {
		case !ok:
			return bad("unknown kind %q", s.Kind)
		case !slices.Contains(allowed, s.Status):
			return bad("kind %s cannot have status %q", s.Kind, s.Status)
		case topicIndex(s.Topic) < 0:
			return bad("unknown topic %q", s.Topic)
		case (s.Status == "refused" || s.Status == "partial" || s.Status == "no-op") && s.Note == "":
			return bad("status %s needs a note", s.Status)
		case len(symbols) > 0 && symbols[len(symbols)-1].Name >= s.Name:
			return bad("not in order")
		}
		symbols = append(symbols, s)
	}
	return symbols, nil
}

func topicIndex(name string) int {
	return slices.IndexFunc(topics, func(t struct{ name, title string }) bool { return t.name == name })
}

// ofKind returns the symbols of one kind.
func (in *Input) ofKind(kind string) []Symbol {
	var found []Symbol
	for _, s := range in.Symbols {
		if s.Kind == kind {
			found = append(found, s)
		}
	}
	return found
}
