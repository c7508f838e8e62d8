package nginxtest

import (
	"regexp"
	"slices"
	"strings"
)

// What of -trace and -security_debug differs: random bytes, lengths, how messages are spread over records, and what only
// OpenSSL has.
var traceRewritings = []rewriting{
	rewrite(`(?m)^(?:Sent|Received) (?:TLS )?Record\nHeader:\n  Version = .*\n  Content Type = .*\n  Length = \d+\n(?:  Inner Content Type = .*\n)?`, ""),
	rewrite(`(?m)^( +extensions, length = )\d+$`, "${1}N"),
	rewrite(`(?m)^( +(?:\S+, Length|extension_type=.*, length)=)\d+$`, "${1}N"),
	rewrite(`(?m)^( +(?:gmt_unix_time=))(?:0x[0-9A-F]{8}|\(pointer\))$`, "$1(hex)"),
	rewrite(`(?m)^( +(?:ticket_age_add|max_early_data|unsigned int max_early_data)=)\d+$`, "$1(number)"),
	rewrite(`(?m)^( +[a-zA-Z_ ]+:? *)\(len=\d+\)(?:: *[0-9A-F]*)?$`, "$1(hex)"),
	// Extensions that have no meaning in TLS 1.3, or that only OpenSSL sends; suites, groups and schemes that only it has.
	rewrite(`(?m)^ +extension_type=(?:ec_point_formats|encrypt_then_mac|session_ticket|extended_master_secret|renegotiate)\(\d+\), length=N\n(?:          +.*\n)*`, ""),
	rewrite(`(?m)^ +\{0x[0-9A-F]{2}, 0x[0-9A-F]{2}\} TLS_(?:.*_CBC_.*|DHE_.*|RSA_.*|EMPTY_RENEGOTIATION_INFO_SCSV)\n`, ""),
	rewrite(`(?m)^ +TLS 1\.[01] \(\d+\)\n`, ""),
	rewrite(`(?m)^ +(?:ecdh_x448|ffdhe\d+) \(\d+\)\n`, ""),
	rewrite(`(?m)^ +(?:ed448|.*_sha224|.*_sha1|dsa_.*) \(0x[0-9a-f]{4}\)\n`, ""),
}

// notOurs are questions of a security policy about what we have not, and about shared groups that were not chosen, which
// OpenSSL asks when it lists them.
var notOurs = regexp.MustCompile(`ed448|X448|ffdhe|SHA1\b|_sha1\b|SHA224|DSA, |algorithm=DSA|digest=|[^S]DHE-|=DHE-|=AES|-CBC|-SHA\b|-SHA(?:256|384),.*CBC|=PSK|=RSA-|=SRP|CAMELLIA|ARIA|CCM|Shared Curve=P-`)

const securityLine = "Security callback: "

// security gathers the questions of -security_debug, each once: we ask a policy once where OpenSSL asks time and again.
func security(report string) string {
	var kept, asked []string
	for line := range strings.SplitSeq(report, "\n") {
		switch {
		case !strings.HasPrefix(line, securityLine):
			kept = append(kept, line)
		case !notOurs.MatchString(line):
			asked = append(asked, line)
		}
	}
	slices.Sort(asked)
	return strings.Join(append(kept, slices.Compact(asked)...), "\n")
}
