package nginxtest

import (
	"regexp"
	"slices"
	"strings"
)

// A rewriting takes out of a report what differs from run to run, or by a library's set of suites, and nothing else.
type rewriting struct {
	from *regexp.Regexp
	to   string
}

func rewrite(from, to string) rewriting { return rewriting{regexp.MustCompile(from), to} }

var rewritings = []rewriting{
	// thread:error:code:library:function:reason:file:line:data; function, file and line are OpenSSL's own.
	rewrite(`(?m)^[0-9A-F]+:error:([0-9A-F]+):([^:\n]*):[^:\n]*:([^:\n]*):[^:\n]*:\d+:`, "error:$1:$2:$3:"),
	rewrite(`(?m)^[0-9A-F]+:error:([0-9A-F]+):([^:\n]*):[^:\n]*:(.*):[^:\n]*:\d+:`, "error:$1:$2:$3:"),
	rewrite(`SSL handshake has read \d+ bytes and written \d+ bytes`, "SSL handshake has read N bytes and written N bytes"),
	rewrite(`(?m)^( *Resumption PSK: )[0-9A-F]+$`, "$1(hex)"),
	rewrite(`(?m)^( *Session-ID: )[0-9A-F]*$`, "$1(hex)"), // with a ticket a server knows none, or the client's invention
	rewrite(`(?m)^( *Master-Key: ).*$`, "$1(hex)"),        // of a handshake that has failed it is not shown
	rewrite(`RSA sign, DSA sign, ECDSA sign`, "RSA sign, ECDSA sign"),
	rewrite(`(?m)^Read BLOCK\n`, ""),
	rewrite(`(?m)^( *Keying material: )[0-9A-F]+$`, "$1(hex)"),
	rewrite(`(?m)^( *TLS session ticket:)\n(?:    [0-9a-f]{4} - .*\n)+`, "$1 (bytes)\n"),
	rewrite(`(?m)^( *Start Time: )\d+`, "$1(time)"),
	rewrite(`(?s)(-----BEGIN SSL SESSION PARAMETERS-----\n).*?(-----END)`, "$1$2"),
	// How often a read or write waits is a matter of time, and of how many messages a record has.
	rewrite(`(?m)^(?:read|write) [RW] BLOCK\n`, ""),
	rewrite(`(?m)^DELAY\n`, ""),
	// With -msg: what is in a hello differs, and how messages are spread over records.
	rewrite(`(?m)^(?:<<<|>>>) (?:TLS 1\.[0-3], (?:RecordHeader|InnerContent)|\?\?\?).*\n(?:    .*\n)*`, ""),
	rewrite(`(?m)^((?:<<<|>>>) .*\[)length [0-9a-f]+(\].*)\n(?:    .*\n)*`, "$1$2\n"),
	// With -tlsextdebug: what is in an extension, and those that only OpenSSL sends.
	rewrite(`(?m)^TLS (?:client|server) extension ".*" \(id=(?:11|13|22|43|45|65281)\).*\n(?:[0-9a-f]{4} - .*\n)*`, ""),
	rewrite(`(?m)^(TLS (?:client|server) extension ".*"(?: \(id=\d+\))?), len=\d+\n(?:[0-9a-f]{4} - .*\n)*`, "$1\n"),
	// With -debug: every read and write of the BIO.
	rewrite(`(?m)^(?:read from|write to) .*\n(?:[0-9a-f]{4} - .*\n)*`, ""),
	// RFC 5746 says nothing about TLS 1.3; OpenSSL's server tells what the ClientHello has for TLS 1.2, and our client that
	// offers TLS 1.3 only has nothing.
	rewrite(`(?m)^(CIPHER is TLS_.*\n(?:Reused session-id\n)?)Secure Renegotiation IS (?:NOT )?supported\n`, "$1"),
	rewrite(`Secure Renegotiation IS (?:NOT )?supported\n(Ciphers supported in)`, "$1"),
	// With -keylogfile: random, and secret.
	rewrite(`(?m)^([A-Z0-9_]+) [0-9a-f]{64} [0-9a-f]{64,96}$`, "$1 (hex)"),
	rewrite(`127\.0\.0\.1:\d+`, "127.0.0.1:PORT"),
	rewrite(`\b0x[0-9a-f]{8,16}\b`, "(pointer)"),
}

// keyLogBegin is the first line of a file of -keylogfile.
const keyLogBegin = "# SSL/TLS secrets log file"

var sessionTicket = regexp.MustCompile(`(?s)---\nPost-Handshake New Session Ticket arrived:\n.*?Max Early Data: \d+\n---\n`)

// The page of -www lists suites in columns.
var suiteTable = regexp.MustCompile(`(?m)^(?:(?:(?:TLSv1\.[0-3]|SSLv3) +:)?[A-Z0-9][A-Za-z0-9_-]+ *){1,3}\n(?:(?:(?:(?:TLSv1\.[0-3]|SSLv3) +:)?[A-Z0-9][A-Za-z0-9_-]+ *){1,3}\n)*`)

// cut removes from the comma or colon separated lists of a report what only OpenSSL has: suites, groups and signature
// algorithms that Patina leaves out on purpose.
var (
	reportLists = regexp.MustCompile(`(?m)^((?:Supported Elliptic Curve Point Formats|Shared ciphers|Client cipher list|Shared Signature Algorithms|Signature Algorithms|Supported groups|Shared groups|Supported Elliptic Groups|Shared Elliptic groups|Requested Signature Algorithms|Shared Requested Signature Algorithms): ?)(.*)$`)
	ownSchemes  = regexp.MustCompile(`^(?:ECDSA\+SHA(?:256|384|512)|ed25519|rsa_pss_pss_sha.*|RSA-PSS\+SHA.*|RSA\+SHA(?:256|384|512))$`)
	ownGroups   = regexp.MustCompile(`^(?:x25519|secp256r1|secp384r1|secp521r1|X25519|P-256|P-384|P-521)$`)
)

func ownSuite(name string) bool {
	return name == "ECDHE-PSK-CHACHA20-POLY1305" || (strings.HasPrefix(name, "TLS_AES_") || strings.HasPrefix(name, "TLS_CHACHA20_")) && !strings.Contains(name, "CCM") ||
		(strings.HasPrefix(name, "ECDHE-ECDSA-") || strings.HasPrefix(name, "ECDHE-RSA-")) && (strings.Contains(name, "AES") && strings.Contains(name, "-GCM-") || strings.Contains(name, "-CHACHA20-"))
}

func ownWord(word string) bool {
	return ownSuite(word) || ownSchemes.MatchString(word) || ownGroups.MatchString(word) || word == "uncompressed"
}

// normal is a report without what may differ.
func normal(report string) string {
	report = strings.ReplaceAll(report, "\r", "")
	// What has come is written past the buffer of the rest, so anywhere in it.
	for _, word := range []string{"hello\n", "world\n"} {
		report = strings.Replace(report, word, "", 1)
	}
	for _, r := range rewritings {
		report = r.from.ReplaceAllString(report, r.to)
	}
	if strings.Contains(report, "Content Type = ") {
		for _, r := range traceRewritings {
			report = r.from.ReplaceAllString(report, r.to)
		}
	}
	if strings.Contains(report, securityLine) {
		report = security(report)
	}
	if strings.HasPrefix(report, keyLogBegin) { // in the order of their making, which is not OpenSSL's
		lines := strings.Split(strings.TrimSpace(report), "\n")
		slices.Sort(lines)
		report = strings.Join(lines, "\n")
	}
	// So do tickets, whenever they are read.
	tickets := sessionTicket.FindAllString(report, -1)
	report = sessionTicket.ReplaceAllString(report, "") + strings.Join(tickets, "")
	report = suiteTable.ReplaceAllStringFunc(report, func(table string) string {
		words := strings.Fields(strings.ReplaceAll(table, ":", ""))
		if !slices.ContainsFunc(words, ownSuite) {
			return table
		}
		return strings.Join(slices.DeleteFunc(words, func(w string) bool { return !ownSuite(w) }), " ") + "\n"
	})
	return reportLists.ReplaceAllStringFunc(report, func(line string) string {
		m := reportLists.FindStringSubmatch(line)
		words := slices.DeleteFunc(strings.Split(m[2], ":"), func(w string) bool { return !ownWord(w) })
		return m[1] + strings.Join(words, ":")
	})
}
