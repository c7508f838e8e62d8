package ossl

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"testing"
	"time"

	"patina/core"
	"patina/core/iana"
)

// pipe is one direction of a transport in memory: writes may be cut and blocked.
type pipe struct {
	buf    bytes.Buffer
	room   int // bytes it takes before it blocks; below zero: any
	closed bool
}

// want is what SSL_want reports: why the last operation stopped.
type want int

const (
	wantNothing want = iota
	wantWriting
	wantReading
)

// twin is the step loop in Go: what ossl/capi/loop.c does, for an SSL between
// two pipes.
type twin struct {
	t       *testing.T
	ssl     *SSL
	in, out *pipe
	key     crypto.Signer
	want    want
	sent    int
	ended   bool
	verify  func(blob []byte) (value int, result int32)
	asked   []Need
	events  []Event
	answers map[Need]Answer
	err     error // the first error put on the queue
	steps   int
}

// run is patina_run.
func (w *twin) run(op Op, buf []byte, at Ptr) (ret, moved int) {
	w.t.Helper()
	a := Answer{Sent: w.sent, Ended: w.ended}
	w.sent, w.ended, w.want = 0, false, wantNothing
	if op == OpRead || op == OpPeek {
		w.receiveLent(&a)
	}
	for start := true; ; start = false {
		w.steps++
		st := w.ssl.Step(op, start, buf, at, &a)
		for i := range a.Lent {
			a.Lent[i] = 0xcc // whoever still uses it will notice
		}
		a = Answer{}
		if st.Err != nil && w.err == nil {
			w.err = st.Err
		}
		switch st.Need {
		case NeedNothing:
			return st.Ret, st.Moved
		case NeedRead:
			w.want = wantReading
			n, _ := w.in.buf.Read(st.Data[:st.Min])
			if n > 0 {
				a.Received = n
				break
			}
			if !w.in.closed {
				if op == OpRead || op == OpPeek { // as in SSL_MODE_RELEASE_BUFFERS
					w.ssl.ReleaseBuffers(&Answer{})
				}
				return -1, 0
			}
			a.EOF = true
		case NeedWrite:
			w.want = wantWriting
			n := len(st.Data)
			if w.out.room >= 0 {
				n = min(n, w.out.room)
				w.out.room -= n
			}
			w.out.buf.Write(st.Data[:n])
			if st.More && (n == len(st.Data) || st.Try) {
				a.Sent, a.Tried = n, true
				break
			}
			if blocked := n < len(st.Data); blocked || st.Final {
				w.sent, w.ended = n, st.Final && (!blocked || st.Try)
				if !w.ended {
					return -1, 0
				}
				w.want = wantNothing
				return st.Ret, st.Moved
			}
			a.Sent = n
		case NeedEvents:
			for _, e := range st.Events {
				e.Data = bytes.Clone(e.Data)
				w.events = append(w.events, e)
			}
		default:
			w.asked = append(w.asked, st.Need)
			var ok bool
			if a, ok = w.perform(st); !ok {
				return -1, 0
			}
		}
	}
}

// receiveLent receives the record that a connection without a buffer waits for into memory of the loop's.
func (w *twin) receiveLent(a *Answer) {
	var v View
	w.ssl.View(&v)
	if v.NextLead == 0 || w.in.buf.Len() < recordHeader {
		return
	}
	lent := make([]byte, core.MaxLent)
	record := lent[v.NextLead:]
	h := w.in.buf.Bytes()
	n, _ := w.in.buf.Read(record[:min(recordHeader+(int(h[3])<<8|int(h[4])), len(record))])
	a.Lent, a.LentAt, a.Received = lent, v.NextLead, n
}

// perform answers a need as the test wants, by default as a program without
// callbacks does.
func (w *twin) perform(st *Step) (a Answer, ok bool) {
	a.Need = st.Need
	if given, found := w.answers[st.Need]; found {
		given.Need = st.Need
		if given.Value == retryLater {
			return a, false
		}
		return given, true
	}
	switch st.Need {
	case NeedSign:
		h := crypto.SHA256.New()
		h.Write(st.Data)
		sig, err := w.key.Sign(rand.Reader, h.Sum(nil), crypto.SHA256)
		if err != nil {
			w.t.Fatal(err)
		}
		a.Value, a.Bytes = 1, sig
	case NeedVerify:
		a.Value = 1
		if w.verify != nil {
			a.Value, a.Result = w.verify(st.Data)
		}
	default:
		w.t.Fatalf("need %d is not expected", st.Need)
	}
	return a, true
}

// retryLater is a value for twin.answers: the program asks to be asked again.
const retryLater = -1000

// identity makes a self-signed P-256 certificate.
func identity(t *testing.T) (der []byte, key *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "patina.test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"patina.test"}}
	if der, err = x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key); err != nil {
		t.Fatal(err)
	}
	return der, key
}

// pair is a client and a server with contexts of their own, joined.
type pair struct {
	client, server       *twin
	clientCtx, serverCtx *Ctx
}

func newPair(t *testing.T, set func(client, server *Ctx)) *pair {
	t.Helper()
	der, key := identity(t)
	p := &pair{clientCtx: newTestCtx(t, MethodTLSClient), serverCtx: newTestCtx(t, MethodTLSServer)}
	p.serverCtx.SetCredential(CredentialFacts{Slot: SlotECC, Chain: [][]byte{der}, HasKey: true, KeyBits: 256, Curve: 415})
	if set != nil {
		set(p.clientCtx, p.serverCtx)
	}
	p.join(t, key)
	return p
}

// join makes a new connection of the pair's contexts.
func (p *pair) join(t *testing.T, key crypto.Signer) {
	up, down := &pipe{room: -1}, &pipe{room: -1}
	p.client = &twin{t: t, ssl: p.clientCtx.NewSSL(), in: down, out: up, answers: map[Need]Answer{}}
	p.server = &twin{t: t, ssl: p.serverCtx.NewSSL(), in: up, out: down, key: key, answers: map[Need]Answer{}}
	p.client.ssl.SetConnectState()
	p.server.ssl.SetAcceptState()
}

func newTestCtx(t *testing.T, m Method) *Ctx {
	t.Helper()
	c, err := NewCtx(m)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// handshake runs both sides until both are done or neither can go on.
func (p *pair) handshake() (client, server int) {
	for range 20 {
		client, _ = p.client.run(OpHandshake, nil, 0)
		server, _ = p.server.run(OpHandshake, nil, 0)
		if client > 0 && server > 0 {
			break
		}
		if p.client.ssl.dead && p.server.ssl.dead {
			break
		}
	}
	return client, server
}

func (p *pair) mustHandshake(t *testing.T) {
	t.Helper()
	if c, s := p.handshake(); c != 1 || s != 1 {
		t.Fatalf("handshake: client %d (%v), server %d (%v)", c, p.client.err, s, p.server.err)
	}
}

// versions runs a test under each version.
func versions(t *testing.T, f func(t *testing.T, only func(client, server *Ctx))) {
	for _, v := range []iana.ProtocolVersion{iana.VersionTLS12, iana.VersionTLS13} {
		t.Run(versionName(int(v)), func(t *testing.T) {
			f(t, func(client, server *Ctx) {
				client.change(func(s *snapshot) { s.minVersion, s.maxVersion = v, v })
			})
		})
	}
}
