package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// options are what the runner asks of one connection. The tag is the flag's
// name; the field's type tells its parameter: a bool has none, a []byte and a
// [][]byte are in base64, lists are given one by one.
type options struct {
	Port        int    `flag:"port"`
	ShimID      uint64 `flag:"shim-id"`
	IPv6        bool   `flag:"ipv6"`
	Server      bool   `flag:"server"`
	QUIC        bool   `flag:"quic"`
	QUICParams  []byte `flag:"quic-transport-params"`
	QUICLegacy  int    `flag:"quic-use-legacy-codepoint"`
	QUICContext string `flag:"quic-early-data-context"`
	ResumeCount int    `flag:"resume-count"`

	// What the connection is made from.
	MinVersion     int    `flag:"min-version"`
	MaxVersion     int    `flag:"max-version"`
	NoTLS13        bool   `flag:"no-tls13"`
	NoTLS12        bool   `flag:"no-tls12"`
	NoTLS11        bool   `flag:"no-tls11"`
	NoTLS1         bool   `flag:"no-tls1"`
	Cipher         string `flag:"cipher"`
	ServerPrefers  bool   `flag:"server-preference"`
	Curves         []int  `flag:"curves"`
	KeyShares      []int  `flag:"key-shares"`
	NoKeyShares    bool   `flag:"no-key-shares"`
	VerifyPrefs    []int  `flag:"verify-prefs"`
	HostName       string `flag:"host-name"`
	AdvertiseALPN  string `flag:"advertise-alpn"`
	SelectALPN     string `flag:"select-alpn"`
	DeclineALPN    bool   `flag:"decline-alpn"`
	RejectALPN     bool   `flag:"reject-alpn"`
	NoNameAck      bool   `flag:"no-server-name-ack"`
	RequireCert    bool   `flag:"require-any-client-certificate"`
	VerifyPeer     bool   `flag:"verify-peer"`
	VerifyFail     bool   `flag:"verify-fail"`
	Reverify       bool   `flag:"reverify-on-resume"`
	ClientCAs      string `flag:"use-client-ca-list"`
	NoTicket       bool   `flag:"no-ticket"`
	TicketCallback bool   `flag:"use-ticket-callback"`
	TicketAEAD     bool   `flag:"use-ticket-aead-callback"`
	RenewTicket    bool   `flag:"renew-ticket"`
	SkipTicket     bool   `flag:"skip-ticket"`
	NoLegacyServer bool   `flag:"no-legacy-server-connect"`
	FallbackSCSV   bool   `flag:"fallback-scsv"`
	Shuffle        bool   `flag:"permute-extensions"`
	MaxCertList    int    `flag:"max-cert-list"`
	MaxSend        int    `flag:"max-send-fragment"`
	OCSPStapling   bool   `flag:"enable-ocsp-stapling"`
	RequestSCT     bool   `flag:"enable-signed-cert-timestamps"`
	OCSPCallback   bool   `flag:"use-ocsp-callback"`
	OCSPInCallback bool   `flag:"set-ocsp-in-callback"`
	OCSPDecline    bool   `flag:"decline-ocsp-callback"`
	OCSPFail       bool   `flag:"fail-ocsp-callback"`

	Compression    bool  `flag:"install-cert-compression-algs"`
	AcceptedTypes  []int `flag:"accepted-peer-cert-types"`
	OwnTypes       []int `flag:"available-client-cert-types"`
	PolicyFIPS     bool  `flag:"fips-202205"`
	PolicyWPA      bool  `flag:"wpa-202304"`
	PolicyAES256   bool  `flag:"cnsa-202407"`
	PolicyCNSA1    bool  `flag:"cnsa1-202603"`
	PolicyCNSA2    bool  `flag:"cnsa2-202603"`
	OneCompression int   `flag:"install-one-cert-compression-alg"`
	EarlyData      bool  `flag:"enable-early-data"`

	// Encrypted ClientHello.
	ECHGrease      bool     `flag:"enable-ech-grease"`
	ECHConfigs     []byte   `flag:"ech-config-list"`
	ECHInsist      bool     `flag:"reject-unusable-ech-config"`
	ECHServer      [][]byte `flag:"ech-server-config"`
	ECHServerKeys  [][]byte `flag:"ech-server-key"`
	ECHServerRetry []int    `flag:"ech-is-retry-config"`
	ExpectECH      bool     `flag:"expect-ech-accept"`
	ExpectOverride string   `flag:"expect-ech-name-override"`
	ExpectNoOverr  bool     `flag:"expect-no-ech-name-override"`
	ExpectRetry    []byte   `flag:"expect-ech-retry-configs"`
	ExpectNoRetry  bool     `flag:"expect-no-ech-retry-configs"`

	// How it is used.
	Async           bool   `flag:"async"`
	Implicit        bool   `flag:"implicit-handshake"`
	HandshakeTwice  bool   `flag:"handshake-twice"`
	ExtraHandshake  bool   `flag:"no-op-extra-handshake"`
	FailHello       bool   `flag:"fail-early-callback"`
	DDoSCallback    bool   `flag:"install-ddos-callback"`
	FailDDoS        bool   `flag:"fail-ddos-callback"`
	FailCert        bool   `flag:"fail-cert-callback"`
	WritesFirst     bool   `flag:"shim-writes-first"`
	InitialWrite    string `flag:"shim-initial-write"`
	InitialRepeat   int    `flag:"repeat-shim-initial-write"`
	UnfinishedWrite bool   `flag:"read-with-unfinished-write"`
	RecordSizes     bool   `flag:"write-different-record-sizes"`
	ReadSize        int    `flag:"read-size"`
	PeekThenRead    bool   `flag:"peek-then-read"`
	ShutsDown       bool   `flag:"shim-shuts-down"`
	CheckClose      bool   `flag:"check-close-notify"`
	SendAlert       bool   `flag:"send-alert"`
	KeyUpdate       bool   `flag:"key-update"`
	KeyUpdateFirst  bool   `flag:"key-update-before-read"`
	Export          int    `flag:"export-keying-material"`
	ExportLabel     string `flag:"export-label"`
	ExportContext   string `flag:"export-context"`
	UseContext      bool   `flag:"use-export-context"`
	ExportInReads   bool   `flag:"use-exporter-between-reads"`
	ResumptionDelay int    `flag:"resumption-delay"`

	// What must have come of it.
	NeverDone         bool   `flag:"handshake-never-done"`
	ExpectVersion     int    `flag:"expect-version"`
	ExpectCipher      int    `flag:"expect-cipher"`
	ExpectCipherAES   int    `flag:"expect-cipher-aes"`
	ExpectCipherNoAES int    `flag:"expect-cipher-no-aes"`
	ExpectCurve       int    `flag:"expect-curve-id"`
	ExpectHRR         bool   `flag:"expect-hrr"`
	ExpectNoHRR       bool   `flag:"expect-no-hrr"`
	ExpectPeerScheme  int    `flag:"expect-peer-signature-algorithm"`
	ExpectPeerPrefs   []int  `flag:"expect-peer-verify-pref"`
	ExpectName        string `flag:"expect-server-name"`
	ExpectNoName      bool   `flag:"expect-no-server-name"`
	ExpectALPN        string `flag:"expect-alpn"`
	ExpectAdvertised  string `flag:"expect-advertised-alpn"`
	ExpectMiss        bool   `flag:"expect-session-miss"`
	ExpectRenewal     bool   `flag:"expect-ticket-renewal"`
	ExpectNoSession   bool   `flag:"expect-no-session"`
	ExpectID          bool   `flag:"expect-session-id"`
	ExpectNoID        bool   `flag:"expect-no-session-id"`
	ExpectEMS         bool   `flag:"expect-extended-master-secret"`
	ExpectSecureReneg bool   `flag:"expect-secure-renegotiation"`
	ExpectNoReneg     bool   `flag:"expect-no-secure-renegotiation"`
	ExpectOCSP        []byte `flag:"expect-ocsp-response"`
	ExpectSCTs        []byte `flag:"expect-signed-cert-timestamps"`
	ExpectVerified    bool   `flag:"expect-verify-result"`
	ExpectPeerCert    string `flag:"expect-peer-cert-file"`
	ExpectNoPeerCert  bool   `flag:"expect-no-peer-cert"`
	ExpectType        *int   `flag:"expect-peer-certificate-type"`
	ExpectRaw         []byte `flag:"expect-peer-rpk-sha256"`
	ExpectClientCAs   string `flag:"expect-client-ca-list"`
	ExpectMessages    string `flag:"expect-msg-callback"`
	ExpectCredential  *int   `flag:"expect-selected-credential"`

	ExpectEarlyTicket bool   `flag:"expect-ticket-supports-early-data"`
	ExpectEarly       bool   `flag:"expect-accept-early-data"`
	ExpectEarlyReject bool   `flag:"expect-reject-early-data"`
	ExpectNoEarly     bool   `flag:"expect-no-offer-early-data"`
	TLSUnique         bool   `flag:"tls-unique"`
	TrafficSecrets    bool   `flag:"export-traffic-secrets"`
	ExpectQUIC        []byte `flag:"expect-quic-transport-params"`

	// What only BoringSSL tells, and is not compared.
	EarlyReason string `flag:"expect-early-data-reason"`

	// Which of an application's ways into the library is taken, where this
	// library has one way only; and what is always so.
	OldCertCallback bool   `flag:"use-old-client-cert-callback"`
	CustomVerify    bool   `flag:"use-custom-verify-callback"`
	EarlyCallback   bool   `flag:"use-early-callback"`
	PartialWrite    bool   `flag:"partial-write"`
	TrustCert       string `flag:"trust-cert"`
	RenegTotal      int    `flag:"expect-total-renegotiations"`
	RenegIgnore     bool   `flag:"renegotiate-ignore"`
	HintMismatch    bool   `flag:"allow-hint-mismatch"`

	// A PSK of TLS 1.2.
	SharedKey         string `flag:"psk"`
	SharedKeyIdentity string `flag:"psk-identity"`

	// def is what the credential flags set before the first -new-...-credential.
	def         credentialOptions
	credentials []*credentialOptions
}

// credentialOptions are those of one credential.
type credentialOptions struct {
	CertFile        string `flag:"cert-file"`
	KeyFile         string `flag:"key-file"`
	SigningPrefs    []int  `flag:"signing-prefs"`
	OCSP            []byte `flag:"ocsp-response"`
	SCTs            []byte `flag:"signed-cert-timestamps"`
	MustMatchIssuer bool   `flag:"must-match-issuer"`

	isPSK, isRaw bool
	PSK          pskOptions
}

// errUnimplemented says that the runner wants what this library does not have.
var errUnimplemented = errors.New("not implemented")

func unimplemented(what string) error { return fmt.Errorf("%w: %s", errUnimplemented, what) }

// parseOptions reads the command line. The three sets are for the first
// connection, those that resume, and one that tries again after early data
// has been rejected.
func parseOptions(args []string) (initial, resume, retry *options, err error) {
	sets := []*options{new(options), new(options), new(options)}
	for _, o := range sets {
		o.InitialWrite, o.InitialRepeat = "hello", 1
	}
	prefixes := []string{"on-initial-", "on-resume-", "on-retry-"}
	for len(args) > 0 {
		name, ok := strings.CutPrefix(args[0], "-")
		if !ok {
			return nil, nil, nil, fmt.Errorf("%q is no flag", args[0])
		}
		args = args[1:]
		name = strings.TrimPrefix(name, "on-shim-")
		targets := sets
		for i, p := range prefixes {
			if rest, ok := strings.CutPrefix(name, p); ok {
				name, targets = rest, sets[i:i+1]
				break
			}
		}
		value, used := "", 0
		if len(args) > 0 {
			value = args[0]
		}
		for _, o := range targets {
			if used, err = o.set(name, value); err != nil {
				return nil, nil, nil, err
			}
		}
		if used > len(args) {
			return nil, nil, nil, fmt.Errorf("-%s has no parameter", name)
		}
		args = args[used:]
	}
	return sets[0], sets[1], sets[2], nil
}

// set gives a flag its value and tells how many parameters it has taken.
func (o *options) set(name, value string) (used int, err error) {
	switch name {
	case "new-x509-credential", "new-psk-credential", "new-rpk-credential":
		o.credentials = append(o.credentials, &credentialOptions{
			isPSK: name == "new-psk-credential", isRaw: name == "new-rpk-credential"})
		return 0, nil
	}
	cred := &o.def
	if n := len(o.credentials); n > 0 {
		cred = o.credentials[n-1]
	}
	for _, s := range []any{o, cred, &cred.PSK} {
		v := reflect.ValueOf(s).Elem()
		for i := range v.NumField() {
			if v.Type().Field(i).Tag.Get("flag") == name {
				return setField(v.Field(i), name, value)
			}
		}
	}
	return 0, unimplemented("-" + name)
}

func setField(f reflect.Value, name, value string) (used int, err error) {
	switch p := f.Addr().Interface().(type) {
	case *bool:
		*p = true
		return 0, nil
	case *string:
		*p = value
	case *int:
		*p, err = strconv.Atoi(value)
	case *uint64:
		*p, err = strconv.ParseUint(value, 10, 64)
	case **int:
		*p = new(int)
		**p, err = strconv.Atoi(value)
	case *[]int:
		var n int
		n, err = strconv.Atoi(value)
		*p = append(*p, n)
	case *[]byte:
		*p, err = base64.StdEncoding.DecodeString(value)
	case *[][]byte:
		var b []byte
		b, err = base64.StdEncoding.DecodeString(value)
		*p = append(*p, b)
	default:
		panic("an option of an unknown type: " + name)
	}
	if err != nil {
		return 0, fmt.Errorf("-%s: %w", name, err)
	}
	return 1, nil
}
