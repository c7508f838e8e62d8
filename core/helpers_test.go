package core

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"

	"patina/core/iana"
	"patina/core/provider/stdlib"
	"patina/core/suite"
)

// identity is a key with a self-signed certificate for example.org.
type identity struct {
	key  crypto.Signer
	cert []byte
	cred *Credential
}

var identities = struct {
	sync.Mutex
	m map[string]*identity
}{m: map[string]*identity{}}

// keyKinds are the kinds of key identityOf makes.
var keyKinds = []string{"rsa", "p256", "p384", "p521", "ed25519"}

func identityOf(t testing.TB, kind string) *identity {
	t.Helper()
	identities.Lock()
	defer identities.Unlock()
	if id := identities.m[kind]; id != nil {
		return id
	}
	var key crypto.Signer
	var err error
	switch kind {
	case "rsa":
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	case "p256":
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "p384":
		key, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case "p521":
		key, err = ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	case "ed25519":
		_, key, err = ed25519.GenerateKey(rand.Reader)
	default:
		t.Fatalf("no kind of key %q", kind)
	}
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "example.org"},
		DNSNames:              []string{"example.org", "localhost"},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(24 * time.Hour),
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		BasicConstraintsValid: true,
		IsCA:                  true,
	}
	cert, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := stdlib.NewSigner(key)
	if err != nil {
		t.Fatal(err)
	}
	id := &identity{key, cert, &Credential{Chain: [][]byte{cert}, Schemes: signer.Schemes(), Signer: signer}}
	identities.m[kind] = id
	return id
}

// allGroups and allSchemes are everything the engine can do.
var (
	allGroups = []iana.NamedGroup{iana.GroupX25519MLKEM768, iana.GroupX25519,
		iana.GroupSecp256r1, iana.GroupSecp384r1, iana.GroupSecp521r1}
	allSchemes = []iana.SignatureScheme{
		iana.SigECDSASecp256r1SHA256, iana.SigECDSASecp384r1SHA384, iana.SigECDSASecp521r1SHA512, iana.SigEd25519,
		iana.SigRSAPSSRSAESHA256, iana.SigRSAPSSRSAESHA384, iana.SigRSAPSSRSAESHA512,
		iana.SigRSAPKCS1SHA256, iana.SigRSAPKCS1SHA384, iana.SigRSAPKCS1SHA512}
)

// configOf makes a Config with everything enabled, changed by change.
func configOf(t testing.TB, change func(s *Settings)) *Config {
	t.Helper()
	s := Settings{
		Now:              time.Now,
		Suites:           suite.Default(),
		Groups:           allGroups[1:],
		SignatureSchemes: allSchemes,
	}
	if change != nil {
		change(&s)
	}
	cfg, err := NewConfig(s)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// serverOf and clientOf are configurations with and without a certificate.
func serverOf(t testing.TB, change func(s *Settings)) *Config {
	return configOf(t, func(s *Settings) {
		s.Credentials = []*Credential{identityOf(t, "p256").cred}
		if change != nil {
			change(s)
		}
	})
}

// events notes what an Observer sees, and the questions that were asked.
type events struct {
	secrets  map[string][]byte
	messages []string
	asked    []Wait
	first    []byte     // the first handshake message
	sessions []*Session // of WaitSessionStore
}

func (e *events) Message(sent bool, v iana.ProtocolVersion, typ iana.ContentType, data []byte) {
	dir := "<"
	if sent {
		dir = ">"
	}
	what := typ.String()
	switch {
	case typ == iana.ContentHandshake:
		what = iana.HandshakeType(data[0]).String()
		if e.first == nil {
			e.first = bytes.Clone(data)
		}
	case typ == iana.ContentAlert && len(data) == 2:
		what = iana.AlertLevel(data[0]).String() + " " + iana.AlertDescription(data[1]).String()
	}
	e.messages = append(e.messages, dir+what)
}
func (e *events) RecordHeader(sent bool, header []byte)            {}
func (e *events) InnerContentType(sent bool, typ iana.ContentType) {}
func (e *events) Secret(label string, clientRandom, secret []byte) {
	if e.secrets == nil {
		e.secrets = map[string][]byte{}
	}
	e.secrets[label] = bytes.Clone(secret)
}

// answer answers the question w of c as an owner that agrees to everything.
func (e *events) answer(c *Conn, w Wait) error {
	e.asked = append(e.asked, w)
	switch w {
	case WaitVerify:
		if spki, _ := c.PeerRawPublicKey(); len(c.PeerChain()) == 0 && len(spki) == 0 {
			return errors.New("WaitVerify without a chain")
		}
		return c.AnswerVerify(AcceptVerified())
	case WaitSessionStore:
		e.sessions = append(e.sessions, c.NewSession())
		return c.AnswerStored(true)
	case WaitClientHello:
		return c.AnswerClientHello(nil, nil)
	case WaitSelect:
		return c.AnswerSelect(Selection{})
	case WaitStaple:
		return c.AnswerStaple(nil)
	case WaitCertificate:
		return c.AnswerCertificate(nil)
	}
	return fmt.Errorf("question %v has no answer here", w)
}

// end is one side of a pair of engines in memory.
type end struct {
	*Conn
	events
	custom func(c *Conn, w Wait) (handled bool, err error)
	before func(c net.Conn) error // what sClient does before the handshake
}

func newEnd(c *Conn) *end {
	e := &end{Conn: c}
	c.SetObserver(&e.events)
	return e
}

// advance performs op until it waits for the peer or is done; output goes to to.
func (e *end) advance(to *bytes.Buffer, from *bytes.Buffer, op func() (Wait, error)) (Wait, error) {
	for n := 0; n < 1<<20; n++ {
		w, err := op()
		if err != nil {
			to.Write(e.Output())
			e.Sent(len(e.Output()))
			return w, err
		}
		switch w {
		case WaitNone:
			return w, nil
		case WaitWrite:
			to.Write(e.Output())
			e.Sent(len(e.Output()))
		case WaitRead:
			if from.Len() == 0 {
				return w, nil
			}
			buf, _ := e.ReadBuffer()
			n, _ := from.Read(buf)
			e.Received(n)
		default:
			if e.custom != nil {
				if ok, err := e.custom(e.Conn, w); err != nil {
					return w, err
				} else if ok {
					continue
				}
			}
			if err := e.events.answer(e.Conn, w); err != nil {
				return w, err
			}
		}
	}
	return WaitNone, errors.New("no end")
}

// pair are two engines connected in memory.
type pair struct {
	client, server *end
	toClient       bytes.Buffer
	toServer       bytes.Buffer
}

func newPair(client, server *Conn) *pair {
	return &pair{client: newEnd(client), server: newEnd(server)}
}

// handshake lets both sides shake hands until they are done or one fails; the
// other then sees the alert.
func (p *pair) handshake() (cerr, serr error) {
	cdone, sdone := false, false
	for i := 0; i < 50 && !(cdone && sdone); i++ {
		before := p.toClient.Len() + p.toServer.Len()
		if !cdone {
			w, err := p.client.advance(&p.toServer, &p.toClient, p.client.Handshake)
			cerr, cdone = err, err != nil || w == WaitNone
		}
		if !sdone {
			w, err := p.server.advance(&p.toClient, &p.toServer, p.server.Handshake)
			serr, sdone = err, err != nil || w == WaitNone
		}
		if i > 0 && before == 0 && p.toClient.Len()+p.toServer.Len() == 0 && !(cdone && sdone) {
			break
		}
	}
	// A failure after the other side was done is seen when it reads.
	if cerr == nil && serr != nil {
		_, cerr = p.client.advance(&p.toServer, &p.toClient, readOp(p.client, nil))
	}
	if serr == nil && cerr != nil {
		_, serr = p.server.advance(&p.toClient, &p.toServer, readOp(p.server, nil))
	}
	if cerr == nil && serr == nil && !(cdone && sdone) {
		serr = errors.New("the handshake stands still")
	}
	return
}

// readOp reads into *got, up to 1 KiB; nil throws it away.
func readOp(e *end, got *[]byte) func() (Wait, error) {
	return func() (Wait, error) {
		var buf [1024]byte
		n, w, err := e.Read(buf[:])
		if got != nil {
			*got = append(*got, buf[:n]...)
		}
		return w, err
	}
}

// mustHandshake is handshake without errors, and data both ways after it.
func (p *pair) mustHandshake(t testing.TB) {
	t.Helper()
	cerr, serr := p.handshake()
	if cerr != nil || serr != nil {
		t.Fatalf("client: %v\nserver: %v\nclient saw %v", cerr, serr, p.client.messages)
	}
	p.exchange(t)
}

// exchange sends data both ways.
func (p *pair) exchange(t testing.TB) {
	t.Helper()
	send := func(from, to *end, out, back *bytes.Buffer) {
		t.Helper()
		msg := []byte("all that is gold does not glitter")
		if _, err := from.advance(out, back, func() (Wait, error) {
			n, w, err := from.Write(msg)
			msg = msg[n:]
			return w, err
		}); err != nil || len(msg) > 0 {
			t.Fatalf("write: %v, %d left", err, len(msg))
		}
		var got []byte
		if _, err := to.advance(back, out, readOp(to, &got)); err != nil {
			t.Fatalf("read: %v", err)
		}
		if string(got) != "all that is gold does not glitter" {
			t.Fatalf("read %q", got)
		}
	}
	send(p.server, p.client, &p.toClient, &p.toServer)
	send(p.client, p.server, &p.toServer, &p.toClient)
}

// overNet performs op over a transport.
func (e *end) overNet(conn net.Conn, op func() (Wait, error)) error {
	for {
		w, err := op()
		if out := e.Output(); len(out) > 0 {
			n, werr := conn.Write(out)
			e.Sent(n)
			if werr != nil && err == nil {
				return werr
			}
			if err == nil && w == WaitWrite {
				continue
			}
		}
		if err != nil {
			return err
		}
		switch w {
		case WaitNone:
			return nil
		case WaitWrite:
		case WaitRead:
			buf, _ := e.ReadBuffer()
			n, rerr := conn.Read(buf)
			e.Received(n)
			if rerr == io.EOF {
				e.ReceivedEOF()
			} else if rerr != nil {
				return rerr
			}
		default:
			if e.custom != nil {
				if ok, err := e.custom(e.Conn, w); err != nil {
					return err
				} else if ok {
					continue
				}
			}
			if err := e.events.answer(e.Conn, w); err != nil {
				return err
			}
		}
	}
}

// alertOf is the alert an error sends; it fails the test if there is none.
func alertOf(t testing.TB, err error) iana.AlertDescription {
	t.Helper()
	a, ok := AlertOf(err)
	if !ok {
		t.Errorf("%v sends no alert", err)
	}
	return a
}
