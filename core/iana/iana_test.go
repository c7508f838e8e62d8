package iana

import (
	"fmt"
	"strings"
	"testing"
)

// TestNames: values in the registry print their registered name, others their
// number.
func TestNames(t *testing.T) {
	for want, v := range map[string]fmt.Stringer{
		"TLSv1.3":                                VersionTLS13,
		"SSLv3":                                  VersionSSL3,
		"ProtocolVersion(0x7f1c)":                ProtocolVersion(0x7f1c),
		"TLS_AES_128_GCM_SHA256":                 CipherSuite(0x1301),
		"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256":  CipherSuite(0xc02f),
		"CipherSuite(0x0a0a)":                    CipherSuite(0x0a0a),
		"X25519MLKEM768":                         NamedGroup(4588),
		"secp256r1":                              NamedGroup(23),
		"NamedGroup(0x0001)":                     NamedGroup(1),
		"rsa_pss_rsae_sha256":                    SignatureScheme(0x0804),
		"SignatureScheme(0x1234)":                SignatureScheme(0x1234),
		"application_layer_protocol_negotiation": ExtensionType(16),
		"ExtensionType(0xabcd)":                  ExtensionType(0xabcd),
		"client_hello":                           HandshakeType(1),
		"HandshakeType(77)":                      HandshakeType(77),
		"application_data":                       ContentType(23),
		"ContentType(99)":                        ContentType(99),
		"handshake_failure":                      AlertDescription(40),
		"AlertDescription(200)":                  AlertDescription(200),
		"fatal":                                  LevelFatal,
		"AlertLevel(9)":                          AlertLevel(9),
	} {
		if v.String() != want {
			t.Errorf("%v, want %s", v, want)
		}
	}
	// Every alert of RFC 8446, section 6, has its name.
	for _, a := range []uint8{0, 10, 20, 22, 40, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 70, 71, 80, 86, 90, 109, 110, 112, 113, 115, 116, 120} {
		if strings.Contains(AlertDescription(a).String(), "(") {
			t.Errorf("alert %d has no name", a)
		}
	}
}

// TestGREASE: the sixteen values of RFC 8701, and no others.
func TestGREASE(t *testing.T) {
	n := 0
	for v := range 1 << 16 {
		if IsGREASE(uint16(v)) {
			n++
			if v>>8 != v&0xff || v&0xf != 0xa {
				t.Errorf("%#04x", v)
			}
		}
	}
	if n != 16 || !IsGREASE(0x0a0a) || !IsGREASE(0xfafa) || IsGREASE(0x0a1a) {
		t.Errorf("%d values", n)
	}
}
