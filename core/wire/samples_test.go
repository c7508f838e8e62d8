package wire

import (
	"bytes"

	"patina/core/iana"
)

// every is the set of all extensions: what a client that offers everything has.
const every = ^ExtensionSet(0)

// known are the extensions of the application's in samples, and one of them.
var known = CustomTypes{{0xffa5, 0xff}, {0xffa6, InClientHello}}

func ours() []Extension { return []Extension{{0xffa5, []byte("custom")}} }

func fill(n int, b byte) []byte { return bytes.Repeat([]byte{b}, n) }

// fullClientHello has every field that can be built.
func fullClientHello() *ClientHello {
	return &ClientHello{
		LegacyVersion: iana.VersionTLS12, Random: fill(32, 1), SessionID: fill(32, 2),
		CipherSuites:       []iana.CipherSuite{iana.TLS_AES_128_GCM_SHA256, 0x0a0a, iana.TLS_EMPTY_RENEGOTIATION_INFO_SCSV},
		CompressionMethods: []byte{0},
		ServerName:         "example.org", ALPN: []string{"h2", "http/1.1"},
		SupportedVersions:    []iana.ProtocolVersion{iana.VersionTLS13, iana.VersionTLS12},
		Groups:               []iana.NamedGroup{iana.GroupX25519MLKEM768, iana.GroupX25519},
		SignatureSchemes:     []iana.SignatureScheme{iana.SigEd25519, iana.SigRSAPSSRSAESHA256},
		SignatureSchemesCert: []iana.SignatureScheme{iana.SigRSAPKCS1SHA256},
		PointFormats:         []byte{PointUncompressed},
		StatusRequest:        true, SCT: true, MaxFragmentLength: 2, RecordSizeLimit: 16385, ExtendedMasterSecret: true,
		OffersTicket: true, SessionTicket: []byte("ticket"),
		SecureRenegotiation: true, Renegotiation: []byte{}, PostHandshakeAuth: true,
		OffersKeyShares: true, KeyShares: []KeyShare{{iana.GroupX25519, fill(32, 3)}, {iana.GroupSecp256r1, fill(65, 4)}},
		Cookie: []byte("cookie"), EarlyData: true, Authorities: [][]byte{{0x30, 0}, {0x30, 1, 0}},
		ClientCertTypes: []iana.CertificateType{iana.CertTypeRawPublicKey}, ServerCertTypes: []iana.CertificateType{iana.CertTypeX509, iana.CertTypeRawPublicKey},
		PSKModes:                []byte{PSKModeDHEKE},
		CertCompression:         []iana.CertificateCompressionAlgorithm{iana.CompressionBrotli, 0x1234},
		QUICTransportParameters: []byte("parameters"),
		ECH:                     AppendECH(nil, &ECHClientHello{KDF: iana.KDFHKDFSHA256, AEAD: iana.AEADAES128GCM, ConfigID: 3, Enc: fill(32, 8), Payload: fill(20, 9)}),
		Identities:              []PSKIdentity{{[]byte("identity"), 7}, {[]byte("other"), 8}},
		Binders:                 [][]byte{fill(32, 5), fill(48, 6)},
	}
}

// Types of certificate to point to.
var x509, raw = iana.CertTypeX509, iana.CertTypeRawPublicKey

// message is a sample of a message and its codec as bytes to bytes: parse, then
// build what was understood.
type message struct {
	name   string
	sample []byte
	again  func(msg []byte) ([]byte, error)
}

func messages() []message {
	entries := func(m *Certificate) (chain [][]byte) {
		for _, e := range m.Entries {
			chain = append(chain, e.Cert)
		}
		return
	}
	hello := fullClientHello()
	hello.Custom = ours()
	return []message{
		{"ClientHello", AppendClientHello(nil, hello), func(msg []byte) ([]byte, error) {
			m := ClientHello{Known: known}
			if err := ParseClientHello(&m, msg); err != nil {
				return nil, err
			}
			return AppendClientHello(nil, &m), nil
		}},
		{"ServerHello12", AppendServerHello(nil, &ServerHello{
			LegacyVersion: iana.VersionTLS12, Version: iana.VersionTLS12, Random: fill(32, 1), SessionID: fill(32, 2), Custom: ours(),
			CipherSuite:   iana.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
			AckServerName: true, ALPN: "h2", AckStatusRequest: true, AckTicket: true, ExtendedMasterSecret: true,
			SCTs:                [][]byte{[]byte("sct"), []byte("other")},
			SecureRenegotiation: true, MaxFragmentLength: 1, RecordSizeLimit: 64, ClientCertType: &x509, ServerCertType: &raw, PointFormats: []byte{0},
		}), serverHello},
		{"ServerHello13", AppendServerHello(nil, &ServerHello{
			LegacyVersion: iana.VersionTLS12, Version: iana.VersionTLS13, Random: fill(32, 1), SessionID: fill(32, 2), Custom: ours(),
			CipherSuite: iana.TLS_AES_128_GCM_SHA256, KeyShare: KeyShare{iana.GroupX25519, fill(32, 3)}, SelectsPSK: true, SelectedPSK: 1,
		}), serverHello},
		{"HelloRetryRequest", AppendServerHello(nil, &ServerHello{
			LegacyVersion: iana.VersionTLS12, Version: iana.VersionTLS13, Retry: true, Random: RetryRandom(), Custom: ours(),
			CipherSuite: iana.TLS_AES_128_GCM_SHA256, SelectedGroup: iana.GroupX25519, Cookie: []byte("cookie"),
			ECHConfirmation: fill(ECHConfirmationLen, 7),
		}), serverHello},
		{"EncryptedExtensions", AppendEncryptedExtensions(nil, &EncryptedExtensions{
			Custom: ours(), AckServerName: true, ALPN: "http/1.1", MaxFragmentLength: 4, RecordSizeLimit: 64, ClientCertType: &raw, ServerCertType: &x509, Groups: []iana.NamedGroup{iana.GroupX25519}, EarlyData: true,
			ECHRetryConfigs: []byte("configurations"), QUICTransportParameters: []byte{},
		}), func(msg []byte) ([]byte, error) {
			m := EncryptedExtensions{Known: known}
			if err := ParseEncryptedExtensions(&m, msg, every); err != nil {
				return nil, err
			}
			return AppendEncryptedExtensions(nil, &m), nil
		}},
		{"Certificate13", AppendCertificateEntries13(nil, []byte("context"), []CertificateEntry{
			{Cert: []byte{0x30, 1, 2}, Staple: []byte("staple"), SCTs: [][]byte{[]byte("sct")}},
			{Cert: []byte{0x30, 3}, Custom: ours(), SCTs: [][]byte{[]byte("sct"), []byte("other")}},
		}), func(msg []byte) ([]byte, error) {
			m := Certificate{Known: known}
			if err := ParseCertificate13(&m, msg, every); err != nil {
				return nil, err
			}
			return AppendCertificateEntries13(nil, m.Context, m.Entries), nil
		}},
		{"CompressedCertificate", AppendCompressedCertificate(nil, &CompressedCertificate{Algorithm: iana.CompressionZstd, Length: 1 << 20, Data: []byte("compressed")}), func(msg []byte) ([]byte, error) {
			var m CompressedCertificate
			if err := ParseCompressedCertificate(&m, msg); err != nil {
				return nil, err
			}
			return AppendCompressedCertificate(nil, &m), nil
		}},
		{"Certificate12", AppendCertificate12(nil, [][]byte{{0x30, 1, 2}, {0x30, 3}}), func(msg []byte) ([]byte, error) {
			var m Certificate
			if err := ParseCertificate12(&m, msg); err != nil {
				return nil, err
			}
			return AppendCertificate12(nil, entries(&m)), nil
		}},
		{"RawPublicKey12", AppendRawPublicKey12(nil, []byte("a SubjectPublicKeyInfo")), func(msg []byte) ([]byte, error) {
			spki, err := ParseRawPublicKey12(msg)
			if err != nil {
				return nil, err
			}
			return AppendRawPublicKey12(nil, spki), nil
		}},
		{"CertificateStatus", AppendCertificateStatus(nil, []byte("response")), func(msg []byte) ([]byte, error) {
			response, err := ParseCertificateStatus(msg)
			if err != nil {
				return nil, err
			}
			return AppendCertificateStatus(nil, response), nil
		}},
		{"CertificateVerify", AppendCertificateVerify(nil, iana.SigEd25519, fill(64, 9)), func(msg []byte) ([]byte, error) {
			scheme, sig, err := ParseCertificateVerify(msg)
			if err != nil {
				return nil, err
			}
			return AppendCertificateVerify(nil, scheme, sig), nil
		}},
		{"CertificateRequest13", AppendCertificateRequest13(nil, &CertificateRequest{
			Context: []byte("context"), CertCompression: []iana.CertificateCompressionAlgorithm{iana.CompressionZlib}, SignatureSchemes: []iana.SignatureScheme{iana.SigEd25519},
			SignatureSchemesCert: []iana.SignatureScheme{iana.SigRSAPKCS1SHA256}, Authorities: [][]byte{{0x30, 0}},
			StatusRequest: true, SCT: true, Custom: ours(),
		}), func(msg []byte) ([]byte, error) {
			m := CertificateRequest{Known: known}
			if err := ParseCertificateRequest13(&m, msg); err != nil {
				return nil, err
			}
			return AppendCertificateRequest13(nil, &m), nil
		}},
		{"CertificateRequest12", AppendCertificateRequest12(nil, &CertificateRequest{
			Types: []byte{ClientCertRSASign, ClientCertECDSASign}, SignatureSchemes: []iana.SignatureScheme{iana.SigEd25519}, Authorities: [][]byte{{0x30, 0}},
		}), func(msg []byte) ([]byte, error) {
			var m CertificateRequest
			if err := ParseCertificateRequest12(&m, msg); err != nil {
				return nil, err
			}
			return AppendCertificateRequest12(nil, &m), nil
		}},
		{"ServerKeyExchange", AppendServerKeyExchange(nil, &ServerKeyExchange{
			Params: AppendECDHParams(nil, iana.GroupX25519, fill(32, 1)), Scheme: iana.SigEd25519, Signature: fill(64, 2),
		}), func(msg []byte) ([]byte, error) {
			var m ServerKeyExchange
			if err := ParseServerKeyExchange(&m, msg); err != nil {
				return nil, err
			}
			m.Params = AppendECDHParams(nil, m.Group, m.Public)
			return AppendServerKeyExchange(nil, &m), nil
		}},
		{"ClientKeyExchange", AppendClientKeyExchange(nil, fill(32, 1)), func(msg []byte) ([]byte, error) {
			public, err := ParseClientKeyExchange(msg)
			if err != nil {
				return nil, err
			}
			return AppendClientKeyExchange(nil, public), nil
		}},
		{"ServerKeyExchangePSK", AppendServerKeyExchangePSK(nil, &ServerKeyExchangePSK{
			Hint: []byte("hint"), Group: iana.GroupX25519, Public: fill(32, 1),
		}), func(msg []byte) ([]byte, error) {
			var m ServerKeyExchangePSK
			if err := ParseServerKeyExchangePSK(&m, msg); err != nil {
				return nil, err
			}
			return AppendServerKeyExchangePSK(nil, &m), nil
		}},
		{"ClientKeyExchangePSK", AppendClientKeyExchangePSK(nil, []byte("identity"), fill(32, 1)), func(msg []byte) ([]byte, error) {
			identity, public, err := ParseClientKeyExchangePSK(msg)
			if err != nil {
				return nil, err
			}
			return AppendClientKeyExchangePSK(nil, identity, public), nil
		}},
		{"NewSessionTicket13", AppendNewSessionTicket13(nil, &NewSessionTicket{Lifetime: 7200, AgeAdd: 1 << 31, Nonce: []byte{0}, Ticket: []byte("ticket"), MaxEarlyData: 9, Custom: ours()}), func(msg []byte) ([]byte, error) {
			m := NewSessionTicket{Known: known}
			if err := ParseNewSessionTicket13(&m, msg); err != nil {
				return nil, err
			}
			return AppendNewSessionTicket13(nil, &m), nil
		}},
		{"NewSessionTicket12", AppendNewSessionTicket12(nil, 300, []byte("ticket")), func(msg []byte) ([]byte, error) {
			var m NewSessionTicket
			if err := ParseNewSessionTicket12(&m, msg); err != nil {
				return nil, err
			}
			return AppendNewSessionTicket12(nil, m.Lifetime, m.Ticket), nil
		}},
		{"Finished", AppendFinished(nil, fill(12, 1)), func(msg []byte) ([]byte, error) {
			v, err := ParseFinished(msg, 12)
			if err != nil {
				return nil, err
			}
			return AppendFinished(nil, v), nil
		}},
		{"KeyUpdate", AppendKeyUpdate(nil, true), func(msg []byte) ([]byte, error) {
			request, err := ParseKeyUpdate(msg)
			if err != nil {
				return nil, err
			}
			return AppendKeyUpdate(nil, request), nil
		}},
		{"ServerHelloDone", AppendEmpty(nil, iana.TypeServerHelloDone), func(msg []byte) ([]byte, error) {
			if err := ParseEmpty(msg, iana.TypeServerHelloDone); err != nil {
				return nil, err
			}
			return AppendEmpty(nil, iana.TypeServerHelloDone), nil
		}},
	}
}

func serverHello(msg []byte) ([]byte, error) {
	m := ServerHello{Known: known}
	if err := ParseServerHello(&m, msg, every); err != nil {
		return nil, err
	}
	return AppendServerHello(nil, &m), nil
}
