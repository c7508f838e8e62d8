package core

import (
	"bytes"
	"crypto/sha256"
	"slices"
	"testing"

	"patina/core/iana"
	"patina/core/wire"
)

// TestServerRefusals13: ClientHellos and flights wrong in one point.
func TestServerRefusals13(t *testing.T) {
	p256, rsa := identityOf(t, "p256"), identityOf(t, "rsa")
	helloCases := []struct {
		name   string
		change func(s *script, m *wire.ClientHello)
		alert  iana.AlertDescription
	}{
		{"SSL 3", func(s *script, m *wire.ClientHello) { m.LegacyVersion = iana.VersionSSL3 }, iana.AlertProtocolVersion},
		{"TLS 1.1", func(s *script, m *wire.ClientHello) {
			m.LegacyVersion, m.SupportedVersions = iana.VersionTLS11, nil
		}, iana.AlertProtocolVersion},
		{"unknown versions only", func(s *script, m *wire.ClientHello) {
			m.SupportedVersions = []iana.ProtocolVersion{0x0305, iana.VersionTLS11, 0x8a8a}
		}, iana.AlertProtocolVersion},
		{"compression", func(s *script, m *wire.ClientHello) { m.CompressionMethods = []byte{1, 0} }, iana.AlertIllegalParameter},
		{"no null compression", func(s *script, m *wire.ClientHello) { m.CompressionMethods = []byte{1} }, iana.AlertIllegalParameter},
		{"no key_share", func(s *script, m *wire.ClientHello) { m.OffersKeyShares = false }, iana.AlertMissingExtension},
		{"no supported_groups", func(s *script, m *wire.ClientHello) { m.Groups = nil }, iana.AlertMissingExtension},
		{"no signature_algorithms", func(s *script, m *wire.ClientHello) { m.SignatureSchemes = nil }, iana.AlertMissingExtension},
		{"a share of a group not listed", func(s *script, m *wire.ClientHello) { m.Groups = []iana.NamedGroup{iana.GroupSecp256r1} }, iana.AlertIllegalParameter},
		{"a short share", func(s *script, m *wire.ClientHello) { m.KeyShares[1].Data = m.KeyShares[1].Data[1:] }, iana.AlertIllegalParameter},
		{"a zero share", func(s *script, m *wire.ClientHello) { m.KeyShares[1].Data = make([]byte, 32) }, iana.AlertIllegalParameter},
		{"a point not on the curve", func(s *script, m *wire.ClientHello) {
			m.KeyShares = []wire.KeyShare{{Group: iana.GroupSecp256r1, Data: append([]byte{4}, make([]byte, 64)...)}}
		}, iana.AlertIllegalParameter},
		{"no suite in common", func(s *script, m *wire.ClientHello) {
			m.CipherSuites = []iana.CipherSuite{0x1304, iana.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}
		}, iana.AlertHandshakeFailure},
		{"no group in common", func(s *script, m *wire.ClientHello) {
			m.Groups, m.KeyShares = []iana.NamedGroup{iana.GroupX448}, nil
		}, iana.AlertHandshakeFailure},
		{"no scheme in common", func(s *script, m *wire.ClientHello) {
			m.SignatureSchemes = []iana.SignatureScheme{iana.SigRSAPSSRSAESHA256, iana.SigECDSASecp384r1SHA384}
		}, iana.AlertHandshakeFailure},
		{"no protocol in common", func(s *script, m *wire.ClientHello) { m.ALPN = []string{"h3"} }, iana.AlertNoApplicationProtocol},
		{"fallback", func(s *script, m *wire.ClientHello) {
			m.SupportedVersions = nil
			m.CipherSuites = append(m.CipherSuites, iana.TLS_FALLBACK_SCSV)
		}, iana.AlertInappropriateFallback},
		{"PSK without modes", func(s *script, m *wire.ClientHello) {
			m.PSKModes = nil
			m.Identities, m.Binders = []wire.PSKIdentity{{Identity: []byte("x")}}, [][]byte{make([]byte, 32)}
		}, iana.AlertMissingExtension},
	}
	for _, tt := range helloCases {
		t.Run(tt.name, func(t *testing.T) {
			cfg := serverOf(t, func(s *Settings) { s.ALPN = []string{"h2"} })
			s := newScript(t, NewServer(cfg, Params{}))
			m := s.clientHello()
			tt.change(s, m)
			s.send(wire.AppendClientHello(nil, m))
			s.wantAlert(tt.alert)
		})
	}

	retryCases := []struct {
		name   string
		change func(m *wire.ClientHello)
		alert  iana.AlertDescription
	}{
		{"right", func(m *wire.ClientHello) {}, 0},
		{"right, key_share moved", func(m *wire.ClientHello) { m.EarlyData = false }, 0},
		{"another group's share", func(m *wire.ClientHello) {
			m.KeyShares[0] = wire.KeyShare{Group: iana.GroupSecp256r1, Data: make([]byte, 65)}
		}, iana.AlertIllegalParameter},
		{"two shares", func(m *wire.ClientHello) {
			m.KeyShares = append(m.KeyShares, wire.KeyShare{Group: iana.GroupSecp256r1, Data: make([]byte, 65)})
		}, iana.AlertIllegalParameter},
		{"no share", func(m *wire.ClientHello) { m.KeyShares = nil }, iana.AlertIllegalParameter},
		{"no key_share", func(m *wire.ClientHello) { m.OffersKeyShares = false }, iana.AlertMissingExtension},
		{"another random", func(m *wire.ClientHello) { m.Random = make([]byte, 32) }, iana.AlertIllegalParameter},
		{"another session ID", func(m *wire.ClientHello) { m.SessionID = m.SessionID[:31] }, iana.AlertIllegalParameter},
		{"other suites", func(m *wire.ClientHello) { m.CipherSuites = m.CipherSuites[:1] }, iana.AlertIllegalParameter},
		{"another name", func(m *wire.ClientHello) { m.ServerName = "example.com" }, iana.AlertIllegalParameter},
		{"more extensions", func(m *wire.ClientHello) { m.StatusRequest = true }, iana.AlertIllegalParameter},
		{"fewer extensions", func(m *wire.ClientHello) { m.ServerName = "" }, iana.AlertIllegalParameter},
		{"fewer groups", func(m *wire.ClientHello) { m.Groups = m.Groups[1:] }, iana.AlertIllegalParameter},
		{"early data", func(m *wire.ClientHello) { m.EarlyData = true }, iana.AlertIllegalParameter},
		{"a cookie", func(m *wire.ClientHello) { m.Cookie = []byte{1} }, iana.AlertIllegalParameter},
	}
	for _, tt := range retryCases {
		t.Run("retry/"+tt.name, func(t *testing.T) {
			s := newScript(t, NewServer(serverOf(t, nil), Params{}))
			m := s.clientHello()
			shares := m.KeyShares[1:]
			m.KeyShares = nil
			first := wire.AppendClientHello(nil, m)
			s.record(iana.ContentHandshake, first)
			sum := sha256.Sum256(first)
			s.transcript.Write(wire.AppendMessageHash(nil, sum[:]))
			s.run()
			var hrr wire.ServerHello
			if err := wire.ParseServerHello(&hrr, s.mustRecv(iana.TypeServerHello), m.Set); err != nil || !hrr.Retry || hrr.SelectedGroup != iana.GroupX25519 {
				t.Fatalf("%+v, %v", hrr, err)
			}
			m.KeyShares = slices.Clone(shares)
			tt.change(m)
			if tt.alert != 0 {
				s.send(wire.AppendClientHello(nil, m))
				s.wantAlert(tt.alert)
				return
			}
			s.toFlight(m)
			s.send(s.finished())
			if s.run(); !s.done {
				t.Error(s.err)
			}
		})
	}

	flightCases := []struct {
		name  string
		auth  ClientAuth
		send  func(s *script)
		alert iana.AlertDescription
	}{
		{"wrong Finished", 0, func(s *script) { s.send(wire.AppendFinished(nil, make([]byte, 32))) }, iana.AlertDecryptError},
		{"short Finished", 0, func(s *script) { s.send(wire.AppendFinished(nil, make([]byte, 31))) }, iana.AlertDecodeError},
		{"long Finished", 0, func(s *script) { s.send(wire.AppendFinished(nil, make([]byte, 33))) }, iana.AlertDecodeError},
		{"more after Finished", 0, func(s *script) {
			s.record(iana.ContentHandshake, append(s.finished(), 24))
		}, iana.AlertUnexpectedMessage},
		{"no certificate", RequireClientCert, func(s *script) { s.send(wire.AppendCertificate13(nil, nil, nil, nil)) }, iana.AlertCertificateRequired},
		{"a context", RequestClientCert, func(s *script) {
			s.send(wire.AppendCertificate13(nil, []byte{1}, p256.cred.Chain, nil))
		}, iana.AlertIllegalParameter},
		{"no certificate at all", RequestClientCert, func(s *script) {
			s.send(wire.AppendCertificate13(nil, nil, [][]byte{{0x30, 0x03, 1, 1, 1}}, nil))
		}, iana.AlertBadCertificate},
		{"a staple not asked for", RequestClientCert, func(s *script) {
			s.send(wire.AppendCertificate13(nil, nil, p256.cred.Chain, []byte("x")))
		}, iana.AlertUnsupportedExtension},
		{"another key's signature", RequestClientCert, func(s *script) {
			s.send(wire.AppendCertificate13(nil, nil, rsa.cred.Chain, nil))
			s.send(s.verify(identityOf(s.t, "p256"), iana.SigECDSASecp256r1SHA256))
		}, iana.AlertIllegalParameter},
		{"a damaged signature", RequestClientCert, func(s *script) {
			s.send(wire.AppendCertificate13(nil, nil, p256.cred.Chain, nil))
			v := s.verify(p256, iana.SigECDSASecp256r1SHA256)
			v[len(v)-1] ^= 1
			s.send(v)
		}, iana.AlertDecryptError},
		{"PKCS #1", RequestClientCert, func(s *script) {
			s.send(wire.AppendCertificate13(nil, nil, rsa.cred.Chain, nil))
			s.send(s.verify(rsa, iana.SigRSAPKCS1SHA256))
		}, iana.AlertIllegalParameter},
		{"a plaintext alert", 0, func(s *script) {
			s.toEngine.Write([]byte{21, 3, 3, 0, 2, 2, byte(iana.AlertUnknownCA)})
		}, 0},
	}
	for _, tt := range flightCases {
		t.Run("flight/"+tt.name, func(t *testing.T) {
			s := newScript(t, NewServer(serverOf(t, nil), Params{ClientAuth: tt.auth}))
			s.toFlight(s.clientHello())
			tt.send(s)
			if tt.alert != 0 {
				s.wantAlert(tt.alert)
			} else if s.run(); s.err != AlertError(iana.AlertUnknownCA) {
				t.Errorf("%v", s.err)
			}
		})
	}
}

// TestClientRefusals13: ServerHellos and flights wrong in one point.
func TestClientRefusals13(t *testing.T) {
	p256, rsa := identityOf(t, "p256"), identityOf(t, "rsa")
	retry := func(change func(s *script, m *wire.ServerHello)) func(s *script) {
		return func(s *script) {
			m := s.serverHello()
			m.Retry, m.Random, m.SelectedGroup = true, wire.RetryRandom(), iana.GroupSecp256r1
			change(s, m)
			s.send(wire.AppendServerHello(nil, m))
		}
	}
	hello := func(change func(s *script, m *wire.ServerHello)) func(s *script) {
		return func(s *script) {
			m := s.serverHello()
			change(s, m)
			s.send(wire.AppendServerHello(nil, m))
		}
	}
	v12 := func(s *script, m *wire.ServerHello) {
		m.Version, m.CipherSuite, m.KeyShare.Data = iana.VersionTLS12, iana.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, nil
	}
	extensions := wire.AppendEncryptedExtensions(nil, &wire.EncryptedExtensions{})
	flight := func(send func(s *script)) func(s *script) {
		return func(s *script) { s.toExtensions(); send(s) }
	}
	for _, tt := range []struct {
		name  string
		do    func(s *script)
		alert iana.AlertDescription
	}{
		{"legacy version", hello(func(s *script, m *wire.ServerHello) { m.LegacyVersion = iana.VersionTLS11 }), iana.AlertIllegalParameter},
		{"another version", hello(func(s *script, m *wire.ServerHello) { m.Version = 0x0305 }), iana.AlertIllegalParameter},
		{"session ID", hello(func(s *script, m *wire.ServerHello) { m.SessionID = make([]byte, 32) }), iana.AlertIllegalParameter},
		{"no session ID", hello(func(s *script, m *wire.ServerHello) { m.SessionID = nil }), iana.AlertIllegalParameter},
		{"compression", hello(func(s *script, m *wire.ServerHello) { m.Compression = 1 }), iana.AlertIllegalParameter},
		{"suite not offered", hello(func(s *script, m *wire.ServerHello) { m.CipherSuite = 0x1304 }), iana.AlertIllegalParameter},
		{"suite of TLS 1.2", hello(func(s *script, m *wire.ServerHello) {
			m.CipherSuite = iana.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
		}), iana.AlertIllegalParameter},
		{"no key_share", hello(func(s *script, m *wire.ServerHello) { m.KeyShare.Data = nil }), iana.AlertMissingExtension},
		{"group not sent", hello(func(s *script, m *wire.ServerHello) { m.KeyShare.Group = iana.GroupSecp256r1 }), iana.AlertIllegalParameter},
		{"short share", hello(func(s *script, m *wire.ServerHello) { m.KeyShare.Data = m.KeyShare.Data[1:] }), iana.AlertIllegalParameter},
		{"zero share", hello(func(s *script, m *wire.ServerHello) { m.KeyShare.Data = make([]byte, 32) }), iana.AlertIllegalParameter},
		{"PSK not offered", hello(func(s *script, m *wire.ServerHello) { m.SelectsPSK = true }), iana.AlertUnsupportedExtension},
		{"TLS 1.1", hello(func(s *script, m *wire.ServerHello) { v12(s, m); m.LegacyVersion = iana.VersionTLS11 }), iana.AlertProtocolVersion},
		{"downgrade to 1.2", hello(func(s *script, m *wire.ServerHello) { v12(s, m); copy(m.Random[24:], sentinel12) }), iana.AlertIllegalParameter},
		{"downgrade to 1.1", hello(func(s *script, m *wire.ServerHello) { v12(s, m); copy(m.Random[24:], sentinel11) }), iana.AlertIllegalParameter},

		{"retry for nothing", retry(func(s *script, m *wire.ServerHello) { m.SelectedGroup = 0 }), iana.AlertIllegalParameter},
		{"retry with the group sent", retry(func(s *script, m *wire.ServerHello) { m.SelectedGroup = iana.GroupX25519 }), iana.AlertIllegalParameter},
		{"retry with a group not offered", retry(func(s *script, m *wire.ServerHello) { m.SelectedGroup = iana.GroupX448 }), iana.AlertIllegalParameter},
		{"retry with another session ID", retry(func(s *script, m *wire.ServerHello) { m.SessionID = nil }), iana.AlertIllegalParameter},
		{"retry with a suite not offered", retry(func(s *script, m *wire.ServerHello) { m.CipherSuite = 0x1304 }), iana.AlertIllegalParameter},
		{"second retry", func(s *script) {
			retry(func(s *script, m *wire.ServerHello) {})(s)
			retry(func(s *script, m *wire.ServerHello) { m.SelectedGroup = iana.GroupSecp384r1 })(s)
		}, iana.AlertUnexpectedMessage},
		{"another suite after the retry", func(s *script) {
			retry(func(s *script, m *wire.ServerHello) { m.SelectedGroup, m.Cookie = 0, []byte("c") })(s)
			m := s.serverHello()
			if string(s.hello.Cookie) != "c" {
				s.t.Error("no cookie")
			}
			m.CipherSuite = iana.TLS_CHACHA20_POLY1305_SHA256
			s.send(wire.AppendServerHello(nil, m))
		}, iana.AlertIllegalParameter},
		{"another group after the retry", func(s *script) {
			retry(func(s *script, m *wire.ServerHello) {})(s)
			m := s.serverHello()
			if len(s.hello.KeyShares) != 1 || s.hello.KeyShares[0].Group != iana.GroupSecp256r1 {
				s.t.Errorf("shares %v", s.hello.KeyShares)
			}
			s.send(wire.AppendServerHello(nil, m))
		}, iana.AlertIllegalParameter},
		{"TLS 1.2 after the retry", func(s *script) {
			retry(func(s *script, m *wire.ServerHello) {})(s)
			hello(v12)(s)
		}, iana.AlertIllegalParameter},

		{"ALPN not offered", flight(func(s *script) {
			s.send(wire.AppendEncryptedExtensions(nil, &wire.EncryptedExtensions{ALPN: "h3"}))
		}), iana.AlertDecodeError},
		{"server_name not sent", flight(func(s *script) {
			s.send(wire.AppendEncryptedExtensions(nil, &wire.EncryptedExtensions{AckServerName: true}))
		}), iana.AlertUnsupportedExtension},
		{"max_fragment_length not asked for", flight(func(s *script) {
			s.send(wire.AppendEncryptedExtensions(nil, &wire.EncryptedExtensions{MaxFragmentLength: 1}))
		}), iana.AlertUnsupportedExtension},
		{"early data not sent", flight(func(s *script) {
			s.send(wire.AppendEncryptedExtensions(nil, &wire.EncryptedExtensions{EarlyData: true}))
		}), iana.AlertUnsupportedExtension},
		{"a request with a context", flight(func(s *script) {
			s.send(extensions, wire.AppendCertificateRequest13(nil, &wire.CertificateRequest{Context: []byte{1}, SignatureSchemes: allSchemes}))
		}), iana.AlertIllegalParameter},
		{"a request without schemes", flight(func(s *script) {
			s.send(extensions, wire.AppendCertificateRequest13(nil, &wire.CertificateRequest{Authorities: [][]byte{{0x30, 0}}}))
		}), iana.AlertMissingExtension},
		{"no certificate", flight(func(s *script) {
			s.send(extensions, wire.AppendCertificate13(nil, nil, nil, nil))
		}), iana.AlertDecodeError},
		{"a bad certificate", flight(func(s *script) {
			s.send(extensions, wire.AppendCertificate13(nil, nil, [][]byte{p256.cert, {0x30, 0}}, nil))
		}), iana.AlertBadCertificate},
		{"a staple not asked for", flight(func(s *script) {
			s.send(extensions, wire.AppendCertificate13(nil, nil, p256.cred.Chain, []byte("x")))
		}), iana.AlertUnsupportedExtension},
		{"a scheme not offered", flight(func(s *script) {
			s.send(extensions, wire.AppendCertificate13(nil, nil, p256.cred.Chain, nil))
			s.send(wire.AppendCertificateVerify(nil, iana.SigEd448, make([]byte, 114)))
		}), iana.AlertIllegalParameter},
		{"a scheme of TLS 1.2", flight(func(s *script) {
			s.send(extensions, wire.AppendCertificate13(nil, nil, rsa.cred.Chain, nil))
			s.send(s.verify(rsa, iana.SigRSAPKCS1SHA256))
		}), iana.AlertIllegalParameter},
		{"a scheme of another curve", flight(func(s *script) {
			s.send(extensions, wire.AppendCertificate13(nil, nil, p256.cred.Chain, nil))
			s.send(s.verify(identityOf(s.t, "p384"), iana.SigECDSASecp384r1SHA384))
		}), iana.AlertIllegalParameter},
		{"another key's signature", flight(func(s *script) {
			s.send(extensions, wire.AppendCertificate13(nil, nil, p256.cred.Chain, nil))
			v := s.verify(p256, iana.SigECDSASecp256r1SHA256)
			v[len(v)-2] ^= 1
			s.send(v)
		}), iana.AlertDecryptError},
		{"an empty signature", flight(func(s *script) {
			s.send(extensions, wire.AppendCertificate13(nil, nil, p256.cred.Chain, nil))
			s.send(wire.AppendCertificateVerify(nil, iana.SigECDSASecp256r1SHA256, nil))
		}), iana.AlertDecryptError},
		{"wrong Finished", flight(func(s *script) {
			s.send(extensions, wire.AppendCertificate13(nil, nil, p256.cred.Chain, nil))
			s.send(s.verify(p256, iana.SigECDSASecp256r1SHA256))
			s.send(wire.AppendFinished(nil, make([]byte, 32)))
		}), iana.AlertDecryptError},
		{"ServerHello with more after it", func(s *script) {
			m := s.serverHello()
			s.record(iana.ContentHandshake, append(wire.AppendServerHello(nil, m), extensions...))
		}, iana.AlertUnexpectedMessage},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := configOf(t, func(s *Settings) { s.ALPN = []string{"h2"} })
			s := newScript(t, NewClient(cfg, Params{}))
			tt.do(s)
			s.run()
			// Whatever keys the engine has come to, its alert must be readable.
			if s.err != nil && !bytes.Contains([]byte(s.err.Error()), []byte("tls")) {
				t.Errorf("%v", s.err)
			}
			if tt.name == "ServerHello with more after it" {
				if alertOf(t, s.err) != tt.alert {
					t.Errorf("%v", s.err)
				}
				return
			}
			s.wantAlert(tt.alert)
		})
	}
}
