package ossl

import (
	"bytes"
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	"patina/core/iana"
)

// text is a trace with its parts that are not text named.
func text(parts []TracePart) string {
	var b strings.Builder
	for _, p := range parts {
		switch p.Kind {
		case TraceText:
			b.Write(p.Data)
		case TraceAlert:
			b.WriteString("<alert " + hex.EncodeToString(p.Data) + ">\n")
		case TraceCertificate:
			b.WriteString("<certificate>\n")
		case TraceName:
			b.WriteString("<name>\n")
		}
	}
	return b.String()
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestTrace has what OpenSSL 3.0.22 prints of the same bytes; the twin-run topic
// trace has all the rest.
func TestTrace(t *testing.T) {
	resumed := Traced{TLS13: true, Suite: iana.TLS_AES_128_GCM_SHA256}
	old := Traced{Suite: iana.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}
	for _, c := range []struct {
		what string
		of   Traced
		sent bool
		typ  int
		msg  string
		want string
	}{
		{"header", old, true, contentHeader, "16 0301 0105", "Sent Record\nHeader:\n  Version = TLS 1.0 (0x301)\n  Content Type = Handshake (22)\n  Length = 261\n"},
		{"short header", old, false, contentHeader, "1603", "Received too short message (len=2): 1603\n\n"},
		{"inner type", resumed, false, contentInner, "15", "  Inner Content Type = Alert (21)\n"},
		{"no inner type", resumed, false, contentInner, "", "\n"},
		{"change_cipher_spec", old, false, 20, "01", "    change_cipher_spec (1)\n\n"},
		{"alert", old, false, 21, "0228", "<alert 0228>\n\n"},
		{"long alert", old, false, 21, "022828", "    Illegal Alert Length\n\n"},
		{"data", old, false, 23, "0228", "\n"},
		{"nothing", old, false, 22, "", "Message length parse error!\n\n"},
		{"KeyUpdate", resumed, true, 22, "18000001 01", "    KeyUpdate, Length=1\n      update_requested (1)\n\n"},
		{"ServerKeyExchange", old, false, 22, "0c00000d 03 001d 02 aabb 0804 0003 010203",
			"    ServerKeyExchange, Length=13\n      KeyExchangeAlgorithm=ECDHE\n        named_curve: ecdh_x25519 (29)\n" +
				"        point (len=2): AABB\n      Signature Algorithm: rsa_pss_rsae_sha256 (0x0804)\n      Signature (len=3): 010203\n\n"},
		{"extension too long", resumed, false, 22, "08000007 0005 0033 0003 61",
			"    EncryptedExtensions, Length=7\n      extensions, length = 5\nextensions, extype = 51, extlen = 3\n" +
				"        0000 - 00 33 00 03 61                                 .3..a\nMessage length parse error!\n\n"},
		{"names", old, false, 22, "0d00000d 00 0000 0008 0002 3000 0002 6162",
			"    CertificateRequest, Length=13\n      certificate_types (len=0)\n      signature_algorithms (len=0)\n" +
				"      certificate_authorities (len=8)\n        DistinguishedName (len=2): <name>\n" +
				"        DistinguishedName (len=2): <UNPARSABLE DN>\n\n"},
	} {
		if got := text(c.of.Trace(c.sent, c.typ, unhex(t, c.msg))); got != c.want {
			t.Errorf("%s:\n%q, want\n%q", c.what, got, c.want)
		}
	}
}

// TestTraceNames: a table that is not in order hides names.
func TestTraceNames(t *testing.T) {
	for i, table := range []names{traceSuites[:], traceVersions, traceContents, traceMessages, traceCompressions, traceExtensions,
		traceGroups, traceSchemes, tracePoints, traceFragments, tracePSKModes, traceKeyUpdates, traceCertTypes} {
		if len(table) == 0 || !slices.IsSortedFunc(table, func(a, b numbered) int { return int(a.id) - int(b.id) }) {
			t.Errorf("table %d is not in order", i)
		}
	}
}

func FuzzTrace(f *testing.F) {
	for _, s := range []string{
		"0100002c 0303 0001020304050607000102030405060700010203040506070001020304050607 00 0002 1301 01 00 0004 0017 0000",
		"0200002c 0303 0001020304050607000102030405060700010203040506070001020304050607 00 1301 00 0006 002b 0002 0304",
		"0b000008 00 000004 000001 30 0000", "0d00000b 01 01 0002 0403 0004 0002 3000", "0c00000d 03 001d 02 aabb 0804 0003 010203",
		"0400000c 00000001 00000002 00 0001 61 0000", "08000002 0000", "14000001 00", "1603030005", "1800000101", "0f000006 0403 0002 0102", "100000020161",
		"01000040 0303 0001020304050607000102030405060700010203040506070001020304050607 00 0002 1301 01 00 0018 0033 0006 0004 001d 0000 0010 0005 0003 026832 ff01 0001 00",
	} {
		for typ := range 3 {
			f.Add(true, false, true, typ*117+22, unhex(f, s))
		}
	}
	f.Fuzz(func(t *testing.T, server, sent, tls13 bool, typ int, msg []byte) {
		of := Traced{Server: server, TLS13: tls13, Suite: iana.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}
		before := bytes.Clone(msg)
		parts := of.Trace(sent, typ, msg)
		if len(parts) == 0 || !bytes.HasSuffix(parts[len(parts)-1].Data, []byte("\n")) {
			t.Errorf("a trace that does not end a line: %q", text(parts))
		}
		if !bytes.Equal(before, msg) {
			t.Error("the message has been written to")
		}
	})
}
