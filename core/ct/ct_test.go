package ct

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	ct "github.com/google/certificate-transparency-go"
	"github.com/google/certificate-transparency-go/loglist3"
	"github.com/google/certificate-transparency-go/tls"
	"golang.org/x/crypto/ocsp"

	"patina/core"
	"patina/core/iana"
	"patina/core/pki"
	"patina/core/provider/stdlib"
	"patina/core/tlsnet"
	"patina/core/verifier"
	"patina/core/wire"
)

// testLog is a log of our own.
type testLog struct {
	operator string
	key      *ecdsa.PrivateKey
	spki     []byte
	state    loglist3.LogStates
	interval *loglist3.TemporalInterval
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func newLog(t testing.TB, operator string) *testLog {
	l := &testLog{operator: operator, key: newKey(t), state: loglist3.LogStates{Usable: &loglist3.LogState{Timestamp: time.Now()}}}
	var err error
	if l.spki, err = x509.MarshalPKIXPublicKey(l.key.Public()); err != nil {
		t.Fatal(err)
	}
	return l
}

// sign makes a timestamp over a leaf, or over an entry of a certificate to be.
func (l *testLog) sign(t testing.TB, leaf []byte, entry *ct.PreCert, at time.Time) []byte {
	t.Helper()
	sct := ct.SignedCertificateTimestamp{SCTVersion: ct.V1, LogID: ct.LogID{KeyID: sha256.Sum256(l.spki)}, Timestamp: uint64(at.UnixMilli())}
	input, err := ct.SerializeSCTSignatureInput(sct, ct.LogEntry{Leaf: *leafOf(&sct, &x509.Certificate{Raw: leaf}, entry)})
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(input)
	sig, err := l.key.Sign(rand.Reader, sum[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	sct.Signature = ct.DigitallySigned{Algorithm: tls.SignatureAndHashAlgorithm{Hash: tls.SHA256, Signature: tls.ECDSA}, Signature: sig}
	der, err := tls.Marshal(sct)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// listOf is a log list as JSON has it, read back.
func listOf(t testing.TB, made time.Time, logs ...*testLog) *loglist3.LogList {
	t.Helper()
	list := loglist3.LogList{LogListTimestamp: made}
	for _, l := range logs {
		id := sha256.Sum256(l.spki)
		list.Operators = append(list.Operators, &loglist3.Operator{Name: l.operator,
			Logs: []*loglist3.Log{{LogID: id[:], Key: l.spki, URL: "https://log.example/", State: &l.state, TemporalInterval: l.interval}}})
	}
	data, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	read, err := loglist3.NewFromJSON(data)
	if err != nil {
		t.Fatal(err)
	}
	return read
}

// site is an authority with a certificate.
type site struct {
	root, leaf *x509.Certificate
	rootKey    *ecdsa.PrivateKey
	key        *ecdsa.PrivateKey
}

// newSite makes them; logs, if there are any, embed their timestamps.
func newSite(t testing.TB, lifetime time.Duration, at time.Time, logs ...*testLog) *site {
	t.Helper()
	s := &site{rootKey: newKey(t), key: newKey(t)}
	make := func(tmpl, parent *x509.Certificate, key *ecdsa.PrivateKey) *x509.Certificate {
		der, err := x509.CreateCertificate(rand.Reader, tmpl, parent, key.Public(), s.rootKey)
		if err != nil {
			t.Fatal(err)
		}
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		return cert
	}
	now := time.Now()
	rootTmpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "root"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	s.root = make(rootTmpl, rootTmpl, s.rootKey)
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "example.org"}, DNSNames: []string{"example.org", "localhost"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(lifetime - time.Hour)}
	s.leaf = make(tmpl, s.root, s.key)
	if len(logs) == 0 {
		return s
	}
	entry := &ct.PreCert{IssuerKeyHash: sha256.Sum256(s.root.RawSubjectPublicKeyInfo), TBSCertificate: s.leaf.RawTBSCertificate}
	var scts [][]byte
	for _, l := range logs {
		scts = append(scts, l.sign(t, nil, entry, at))
	}
	value, err := asn1.Marshal(wire.AppendSCTList(nil, scts))
	if err != nil {
		t.Fatal(err)
	}
	tmpl.ExtraExtensions = []pkix.Extension{{Id: oidEmbedded, Value: value}}
	s.leaf = make(tmpl, s.root, s.key)
	return s
}

func (s *site) chain() []*x509.Certificate { return []*x509.Certificate{s.leaf, s.root} }

func TestPolicy(t *testing.T) {
	const day = 24 * time.Hour
	now := time.Now()
	a, b, a2, unknown := newLog(t, "A"), newLog(t, "B"), newLog(t, "A"), newLog(t, "C")
	retired := newLog(t, "R")
	retired.state = loglist3.LogStates{Retired: &loglist3.LogState{Timestamp: now.Add(-10 * day)}}
	retired2 := newLog(t, "R2")
	retired2.state = retired.state
	rejected := newLog(t, "J")
	rejected.state = loglist3.LogStates{Rejected: &loglist3.LogState{Timestamp: now}}
	readonly := newLog(t, "O")
	readonly.state = loglist3.LogStates{ReadOnly: &loglist3.ReadOnlyLogState{LogState: loglist3.LogState{Timestamp: now}}}
	past := newLog(t, "P")
	past.interval = &loglist3.TemporalInterval{StartInclusive: now.Add(-100 * day), EndExclusive: now.Add(-day)}
	present := newLog(t, "P2")
	present.interval = &loglist3.TemporalInterval{StartInclusive: now.Add(-day), EndExclusive: now.Add(1000 * day)}
	all := []*testLog{a, b, a2, retired, retired2, rejected, readonly, past, present}
	short, long := 90*day, 300*day
	at := now.Add(-time.Hour)
	old := now.Add(-20 * day)

	plain := newSite(t, short, at)
	over := func(s *site, at time.Time, logs ...*testLog) (list [][]byte) {
		for _, l := range logs {
			list = append(list, l.sign(t, s.leaf.Raw, nil, at))
		}
		return list
	}
	twice := func(list [][]byte) [][]byte { return append(list, list...) }
	damaged := over(plain, at, a, b)
	damaged[1][len(damaged[1])-1] ^= 1
	for _, c := range []struct {
		name string
		site *site
		d    verifier.Delivered
		o    Options
		logs int // that count; below zero: accepted
	}{
		{"embedded", newSite(t, short, at, a, b), verifier.Delivered{}, Options{}, -1},
		{"embedded, long", newSite(t, long, at, a, b), verifier.Delivered{}, Options{}, 2},
		{"embedded, long, three", newSite(t, long, at, a, b, a2), verifier.Delivered{}, Options{}, -1},
		{"one operator", newSite(t, short, at, a, a2), verifier.Delivered{}, Options{}, 2},
		{"one operator is enough", newSite(t, short, at, a, a2), verifier.Delivered{}, Options{MinOperators: 1}, -1},
		{"one log is enough", newSite(t, long, at, a), verifier.Delivered{}, Options{MinLogs: 1, MinOperators: 1}, -1},
		{"none", plain, verifier.Delivered{}, Options{}, 0},
		{"by extension", plain, verifier.Delivered{TLS: over(plain, at, a, b)}, Options{}, -1},
		{"by OCSP", plain, verifier.Delivered{OCSP: wire.AppendSCTList(nil, over(plain, at, a, b))}, Options{}, -1},
		{"one each way", newSite(t, short, at, a), verifier.Delivered{}, Options{}, 1},
		{"one by extension, one by OCSP", plain, verifier.Delivered{TLS: over(plain, at, a), OCSP: wire.AppendSCTList(nil, over(plain, at, b))}, Options{}, -1},
		{"the same twice", plain, verifier.Delivered{TLS: twice(over(plain, at, a))}, Options{}, 1},
		{"unknown logs are passed over", plain, verifier.Delivered{TLS: over(plain, at, unknown, a, b)}, Options{}, -1},
		{"an unknown log", plain, verifier.Delivered{TLS: over(plain, at, unknown, a)}, Options{}, 1},
		{"a rejected log", plain, verifier.Delivered{TLS: over(plain, at, rejected, a)}, Options{}, 1},
		{"a log that only reads", plain, verifier.Delivered{TLS: over(plain, at, readonly, a)}, Options{}, -1},
		{"a retired log, before that", plain, verifier.Delivered{TLS: over(plain, old, retired, a)}, Options{}, -1},
		{"a retired log, after that", plain, verifier.Delivered{TLS: over(plain, at, retired, a)}, Options{}, 1},
		{"retired logs only", plain, verifier.Delivered{TLS: over(plain, old, retired, retired2)}, Options{}, 2},
		{"a log of other times", plain, verifier.Delivered{TLS: over(plain, at, past, a)}, Options{}, 1},
		{"a log of these times", plain, verifier.Delivered{TLS: over(plain, at, present, a)}, Options{}, -1},
		{"ahead", plain, verifier.Delivered{TLS: over(plain, now.Add(time.Hour), a, b)}, Options{}, 0},
		{"damaged", plain, verifier.Delivered{TLS: damaged}, Options{}, 1},
		{"of another certificate", newSite(t, short, at), verifier.Delivered{TLS: over(plain, at, a, b)}, Options{}, 0},
		{"malformed", plain, verifier.Delivered{TLS: [][]byte{{0}, {1, 2, 3}}, OCSP: []byte{0, 9}}, Options{}, 0},
		{"32, of which two count", plain, verifier.Delivered{TLS: append(make([][]byte, 30), over(plain, at, a, b)...)}, Options{}, -1},
		{"33, of which the last is not looked at", plain, verifier.Delivered{TLS: append(make([][]byte, 31), over(plain, at, a, b)...)}, Options{}, 1},
	} {
		p, err := New(listOf(t, now, all...), c.o)
		if err != nil {
			t.Fatal(err)
		}
		err = p.Check(c.site.chain(), c.d, now)
		var e *CountError
		if c.logs < 0 && err != nil || c.logs >= 0 && (!errors.As(err, &e) || !errors.Is(err, ErrTooFew) || e.Logs != c.logs) {
			t.Errorf("%s: %v", c.name, err)
		}
	}

	// The list's age.
	good := newSite(t, short, at, a, b)
	for _, c := range []struct {
		made time.Time
		max  time.Duration
		want error
	}{{now.Add(-70*day + time.Hour), 0, nil}, {now.Add(-70*day - time.Hour), 0, ErrListAge}, {now.Add(-2 * time.Hour), time.Hour, ErrListAge}, {time.Time{}, -1, nil}} {
		p, err := New(listOf(t, c.made, all...), Options{MaxListAge: c.max})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Check(good.chain(), verifier.Delivered{}, now); err != c.want {
			t.Errorf("list of %v: %v", c.made, err)
		}
	}
	if _, err := New(listOf(t, now, rejected), Options{}); err == nil {
		t.Error("a list without trusted logs")
	}
	p, err := New(listOf(t, now, all...), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Check(nil, verifier.Delivered{}, now); err == nil {
		t.Error("no chain")
	}
	// Of another issuer: the same certificate under another key of the root.
	other := newSite(t, short, at, a, b)
	if err := p.Check([]*x509.Certificate{good.leaf, other.root}, verifier.Delivered{}, now); err == nil {
		t.Error("embedded timestamps under another issuer")
	}
}

// TestConnections: all three ways of delivery, over connections, in both versions.
func TestConnections(t *testing.T) {
	now := time.Now()
	a, b := newLog(t, "A"), newLog(t, "B")
	p, err := New(listOf(t, now, a, b), Options{})
	if err != nil {
		t.Fatal(err)
	}
	plain, embedded := newSite(t, 24*time.Hour, now), newSite(t, 24*time.Hour, now, a, b)
	scts := [][]byte{a.sign(t, plain.leaf.Raw, nil, now), b.sign(t, plain.leaf.Raw, nil, now)}
	value, err := asn1.Marshal(wire.AppendSCTList(nil, scts))
	if err != nil {
		t.Fatal(err)
	}
	staple, err := ocsp.CreateResponse(plain.root, plain.root, ocsp.Response{SerialNumber: plain.leaf.SerialNumber, ThisUpdate: now,
		ExtraExtensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11129, 2, 4, 5}, Value: value}}}, plain.rootKey)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		site *site
		edit func(*core.Credential)
		ok   bool
	}{
		"none":      {plain, func(*core.Credential) {}, false},
		"embedded":  {embedded, func(*core.Credential) {}, true},
		"extension": {plain, func(cred *core.Credential) { cred.SCTs = scts }, true},
		"OCSP":      {plain, func(cred *core.Credential) { cred.Staple = staple }, true},
		"one":       {plain, func(cred *core.Credential) { cred.SCTs = scts[:1] }, false},
	} {
		for _, v := range []iana.ProtocolVersion{iana.VersionTLS12, iana.VersionTLS13} {
			cred := c.site.credential(t)
			c.edit(cred)
			server, err := tlsnet.NewServer(tlsnet.Config{Settings: core.Settings{Credentials: []*core.Credential{cred}}})
			if err != nil {
				t.Fatal(err)
			}
			client, err := tlsnet.NewClient(tlsnet.Config{Roots: pki.NewPool([][]byte{c.site.root.Raw}), Params: core.Params{MaxVersion: v},
				Policy: verifier.Policy{OCSP: pki.CheckStaple, Timestamps: p}})
			if err != nil {
				t.Fatal(err)
			}
			l, err := server.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			go func() {
				if conn, err := l.Accept(); err == nil {
					conn.Read(make([]byte, 1))
					conn.Close()
				}
			}()
			conn, err := client.DialContext(t.Context(), "tcp", strings.Replace(l.Addr().String(), "127.0.0.1", "localhost", 1))
			if err == nil {
				conn.Close()
			}
			l.Close()
			if (err == nil) != c.ok || err != nil && !errors.Is(err, ErrTooFew) {
				t.Errorf("%s, %v: %v", name, v, err)
			}
		}
	}
}

func (s *site) credential(t testing.TB) *core.Credential {
	t.Helper()
	signer, err := stdlib.NewSigner(s.key)
	if err != nil {
		t.Fatal(err)
	}
	return &core.Credential{Chain: [][]byte{s.leaf.Raw}, Schemes: signer.Schemes(), Signer: signer}
}

// TestOpenSSL: openssl finds the same timestamps right that this package does:
// embedded ones, and those of our server's TLS extension.
func TestOpenSSL(t *testing.T) {
	now := time.Now().Add(-time.Minute) // openssl counts in whole seconds
	a := newLog(t, "A")
	dir := t.TempDir()
	logs := filepath.Join(dir, "logs")
	conf := fmt.Sprintf("enabled_logs = a\n[a]\ndescription = A\nkey = %s\n", base64.StdEncoding.EncodeToString(a.spki))
	if err := os.WriteFile(logs, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, embed := range []bool{true, false} {
		s := newSite(t, 24*time.Hour, now)
		cred := s.credential(t)
		if embed {
			s = newSite(t, 24*time.Hour, now, a)
			cred = s.credential(t)
		} else {
			cred.SCTs = [][]byte{a.sign(t, s.leaf.Raw, nil, now)}
		}
		root := filepath.Join(dir, "root")
		if err := os.WriteFile(root, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.root.Raw}), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, v := range []string{"-tls1_2", "-tls1_3"} {
			server, err := tlsnet.NewServer(tlsnet.Config{Settings: core.Settings{Credentials: []*core.Credential{cred}}})
			if err != nil {
				t.Fatal(err)
			}
			l, err := server.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			go func() {
				if conn, err := l.Accept(); err == nil {
					conn.Read(make([]byte, 1))
					conn.Close()
				}
			}()
			cmd := exec.Command("openssl", "s_client", "-connect", l.Addr().String(), v, "-ct", "-ctlogfile", logs, "-CAfile", root, "-servername", "example.org")
			cmd.Stdin = strings.NewReader("Q\n")
			out, _ := cmd.CombinedOutput()
			l.Close()
			if text := string(out); !strings.Contains(text, "SCT validation status: valid") && !strings.Contains(text, "Validation status: valid") {
				t.Errorf("embedded %v, %s:\n%s", embed, v, text)
			}
		}
	}
}
