package core

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"testing"
	"time"

	"patina/core/iana"
	"patina/core/wire"
)

var testSCTs = [][]byte{[]byte("first timestamp"), []byte("second")}

func sameSCTs(a, b [][]byte) bool { return fmt.Sprintf("%q", a) == fmt.Sprintf("%q", b) }

func withSCTs(t *testing.T, staple []byte) *Credential {
	cred := *identityOf(t, "p256").cred
	cred.SCTs, cred.Staple = testSCTs, staple
	return &cred
}

// TestGoSCT: signed certificate timestamps by TLS extension, from and to
// crypto/tls, with and without an OCSP response.
func TestGoSCT(t *testing.T) {
	for _, v := range bothVersions {
		for _, staple := range [][]byte{nil, []byte("a response")} {
			cert := goCertificate(identityOf(t, "p256"))
			cert.SignedCertificateTimestamps, cert.OCSPStaple = testSCTs, staple
			for _, ask := range []bool{true, false} {
				ours := newEnd(NewClient(configOf(t, nil), Params{MinVersion: v, MaxVersion: v, RequestSCT: ask, RequestStaple: true}))
				_, err := withGo(t, ours, &tls.Config{Certificates: []tls.Certificate{cert}})
				want := testSCTs
				if !ask {
					want = nil
				}
				if err != nil || !sameSCTs(ours.PeerSCTs(), want) || !bytes.Equal(ours.PeerStaple(), staple) {
					t.Errorf("%v: %v, %q", v, err, ours.PeerSCTs())
				}
				if s := ours.Session(); !sameSCTs(s.PeerSCTs, want) || !bytes.Equal(s.PeerStaple, staple) {
					t.Errorf("%v: the session has %q", v, s.PeerSCTs)
				}
			}
			// crypto/tls's client asks for both.
			cfg := configOf(t, func(s *Settings) { s.Credentials = []*Credential{withSCTs(t, staple)} })
			state, err := withGo(t, newEnd(NewServer(cfg, Params{MaxVersion: v})), &tls.Config{InsecureSkipVerify: true})
			if err != nil || !sameSCTs(state.SignedCertificateTimestamps, testSCTs) || !bytes.Equal(state.OCSPResponse, staple) {
				t.Errorf("%v: %v, %q", v, err, state.SignedCertificateTimestamps)
			}
		}
	}
}

// TestClientSCT: a TLS 1.3 server asks its client for timestamps and an OCSP
// response (RFC 8446, section 4.4.2.1); what it has not asked for it does not get.
func TestClientSCT(t *testing.T) {
	client := configOf(t, func(s *Settings) { s.Credentials = []*Credential{withSCTs(t, []byte("response"))} })
	for _, p := range []Params{{}, {RequestSCT: true}, {RequestStaple: true}, {RequestSCT: true, RequestStaple: true}} {
		p.ClientAuth = RequireClientCert
		x := newPair(NewClient(client, only13(Params{})), NewServer(serverOf(t, nil), p))
		x.mustHandshake(t)
		if got := x.server.PeerSCTs(); (got != nil) != p.RequestSCT || got != nil && !sameSCTs(got, testSCTs) {
			t.Errorf("%+v: %q", p, got)
		}
		if got := x.server.PeerStaple(); (got != nil) != p.RequestStaple || got != nil && string(got) != "response" {
			t.Errorf("%+v: %q", p, got)
		}
		if x.client.PeerSCTs() != nil {
			t.Error("the client has not asked")
		}
	}
	// An entry with timestamps nobody has asked for.
	s := newScript(t, NewServer(serverOf(t, nil), Params{ClientAuth: RequireClientCert}))
	s.toFlight(s.clientHello())
	s.send(wire.AppendCertificateEntries13(nil, nil, wire.EntriesOf(client.Credentials[0].Chain, nil, testSCTs)))
	s.wantAlert(iana.AlertUnsupportedExtension)
}

// TestBadSCT: empty lists and empty timestamps are malformed; so is a question
// with content.
func TestBadSCT(t *testing.T) {
	for _, ext := range [][]byte{{}, {0, 0}, {0, 2, 0, 0}, {0, 3, 0, 1}, {0, 3, 0, 1, 7, 7}, {0, 4, 0, 1, 7, 0}} {
		if list, err := wire.ParseSCTList(ext); err == nil {
			t.Errorf("%x: %x", ext, list)
		}
	}
	for _, bad := range [][][]byte{{{}}, {make([]byte, 4<<10-1)}} {
		cred := *identityOf(t, "p256").cred
		cred.SCTs = bad
		if _, err := NewConfig(Settings{Now: time.Now, Credentials: []*Credential{&cred}}); err == nil {
			t.Errorf("%d bytes of timestamps are taken", len(bad[0]))
		}
	}
	s := newScript(t, NewServer(serverOf(t, nil), Params{}))
	question := s.clientHello()
	question.SCT = true
	hello := wire.AppendClientHello(nil, question)
	at := bytes.Index(hello, []byte{0, byte(iana.ExtSignedCertificateTimestamp), 0, 0})
	hello[at+3] = 2 // the two bytes of the extension behind it
	s.send(hello)
	s.wantAlert(iana.AlertDecodeError)
}
