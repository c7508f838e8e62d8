package core

import (
	"bytes"
	"crypto"
	"crypto/ecdh"
	"encoding/hex"
	"io"
	"testing"
	"time"

	"patina/core/iana"
	"patina/core/provider"
	"patina/core/wire"
)

func unhex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

// traceKey is a private key of a trace.
type traceKey struct{ k *ecdh.PrivateKey }

func (k traceKey) Share() []byte { return k.k.PublicKey().Bytes() }
func (k traceKey) Secret(peer []byte) ([]byte, error) {
	pub, err := k.k.Curve().NewPublicKey(peer)
	if err != nil {
		return nil, provider.ErrKeyShare
	}
	return k.k.ECDH(pub)
}

// traceClient is a client that has sent the hello of a trace, a record.
func traceClient(t *testing.T, hello string, group iana.NamedGroup, private string) *end {
	t.Helper()
	cfg := configOf(t, func(s *Settings) { s.Ask = AskSession })
	e := newEnd(NewClient(cfg, Params{NoMiddleboxCompat: true}))
	curve := ecdh.X25519()
	if group == iana.GroupSecp256r1 {
		curve = ecdh.P256()
	}
	key, err := curve.NewPrivateKey(unhex(private))
	if err != nil {
		t.Fatal(err)
	}
	e.hs.hello = new(wire.ClientHello)
	raw := unhex(hello)[5:]
	if err := wire.ParseClientHello(e.hs.hello, raw); err != nil {
		t.Fatal(err)
	}
	copy(e.clientRandom[:], e.hs.hello.Random)
	e.hs.offer.shares = []privateShare{{group, traceKey{key}}}
	e.hs.transcript.add(raw)
	e.state = &clientHelloSent{}
	return e
}

// feed gives the client records of the server and lets it go on.
func feed(t *testing.T, e *end, out *bytes.Buffer, op func() (Wait, error), records ...string) (Wait, error) {
	t.Helper()
	var in bytes.Buffer
	for _, r := range records {
		in.Write(unhex(r))
	}
	return e.advance(out, &in, op)
}

// replay takes a trace from the ServerHello to the client's Finished.
func replay(t *testing.T, e *end, serverHello, flight, finished string) {
	t.Helper()
	var out bytes.Buffer
	if w, err := feed(t, e, &out, e.Handshake, serverHello); err != nil || w != WaitRead {
		t.Fatal(w, err)
	}
	if w, err := feed(t, e, &out, e.Handshake, flight); err != nil || w != WaitNone {
		t.Fatal(w, err)
	}
	if !bytes.Equal(out.Bytes(), unhex(finished)) {
		t.Errorf("the client's Finished is\n%x, want\n%s", out.Bytes(), finished)
	}
	// The traces' endpoints have agreed on record_size_limit (RFC 8449).
	if own, peer := e.RecordSizeLimits(); own != 1<<14+1 || peer != 1<<14+1 {
		t.Errorf("record size limits %d, %d", own, peer)
	}
	if e.PeerSignatureScheme() != iana.SigRSAPSSRSAESHA256 || len(e.PeerChain()) != 1 || e.Suite() != iana.TLS_AES_128_GCM_SHA256 {
		t.Errorf("%v, %v", e.PeerSignatureScheme(), e.Suite())
	}
}

// TestRFC8448Simple is section 3, "Simple 1-RTT Handshake", as its client: every
// record it sends is that of the trace.
func TestRFC8448Simple(t *testing.T) {
	e := traceClient(t, trace3Hello, iana.GroupX25519, trace3Private)
	replay(t, e, trace3ServerHello, trace3Flight, trace3Finished)
	for label, want := range map[string]string{
		labelClientHandshake: "b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21",
		labelServerHandshake: "b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38",
		labelClientTraffic:   "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5",
		labelServerTraffic:   "a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643",
		labelExporter:        "fe22f881176eda18eb8f44529e6792c50c9a3f89452f68d8ae311b4309d3cf50",
	} {
		if got := hex.EncodeToString(e.secrets[label]); got != want {
			t.Errorf("%s is %s", label, got)
		}
	}
	if got := hex.EncodeToString(e.ServerFinished()); got != "9b9b141d906337fbd2cbdce71df4deda4ab42c309572cb7fffee5454b78f0718" {
		t.Errorf("server Finished %s", got)
	}

	var out bytes.Buffer
	if w, err := feed(t, e, &out, readOp(e, nil), trace3Ticket); err != nil || w != WaitRead || len(e.sessions) != 1 {
		t.Fatal(w, err, len(e.sessions))
	}
	s := e.sessions[0]
	if hex.EncodeToString(s.Secret) != trace4Psk || s.Lifetime != 30 || s.AgeAdd != 0xfad6aac5 || s.MaxEarlyData != 1024 || len(s.Ticket) != 178 {
		t.Errorf("%+v", s)
	}
	data := make([]byte, 50)
	for i := range data {
		data[i] = byte(i)
	}
	rest := data
	if _, err := e.advance(&out, new(bytes.Buffer), func() (Wait, error) {
		n, w, err := e.Write(rest)
		rest = rest[n:]
		return w, err
	}); err != nil || !bytes.Equal(out.Bytes(), unhex(trace3ClientData)) {
		t.Errorf("client data %x, %v", out.Bytes(), err)
	}
	var got []byte
	if _, err := feed(t, e, &out, readOp(e, &got), trace3ServerData); err != nil || !bytes.Equal(got, data) {
		t.Errorf("server data %x, %v", got, err)
	}
	out.Reset()
	if _, err := e.advance(&out, new(bytes.Buffer), e.CloseNotify); err != nil || !bytes.Equal(out.Bytes(), unhex(trace3ClientAlert)) {
		t.Errorf("close_notify %x, %v", out.Bytes(), err)
	}
	if _, err := feed(t, e, &out, readOp(e, nil), trace3ServerAlert); err != io.EOF {
		t.Errorf("server's close_notify: %v", err)
	}
}

// TestRFC8448Retry is section 5, "HelloRetryRequest": what the client takes
// from the request, and its side from the second hello on.
func TestRFC8448Retry(t *testing.T) {
	e := traceClient(t, trace5Hello, iana.GroupX25519, "0ed02f8e8117efc75ca7ac32aa7e34eda64cdc0ddad154a5e85289f959f63204")
	var out bytes.Buffer
	if w, err := feed(t, e, &out, e.Handshake, trace5Retry); err != nil || w != WaitRead {
		t.Fatal(w, err)
	}
	var second, want wire.ClientHello
	if err := wire.ParseClientHello(&second, out.Bytes()[5:]); err != nil {
		t.Fatal(err)
	}
	if err := wire.ParseClientHello(&want, unhex(trace5Hello2)[5:]); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(second.Cookie, want.Cookie) || !bytes.Equal(second.Random, want.Random) ||
		len(second.KeyShares) != 1 || second.KeyShares[0].Group != iana.GroupSecp256r1 {
		t.Errorf("%+v", second)
	}

	first := traceClient(t, trace5Hello, iana.GroupX25519, "0ed02f8e8117efc75ca7ac32aa7e34eda64cdc0ddad154a5e85289f959f63204")
	e = traceClient(t, trace5Hello2, iana.GroupSecp256r1, trace5Private)
	first.hs.transcript.replaceHello(first.useKDF(crypto.SHA256))
	first.hs.transcript.add(unhex(trace5Retry)[5:])
	first.hs.transcript.add(unhex(trace5Hello2)[5:])
	e.hs.transcript = first.hs.transcript
	e.state = &clientHelloSent{retried: true, suite: iana.TLS_AES_128_GCM_SHA256, group: iana.GroupSecp256r1}
	replay(t, e, trace5ServerHello, trace5Flight, trace5Finished)
}

// TestRFC8448Resumed is the client's hello of section 4, "Resumed 0-RTT
// Handshake", taken by a server: the binder verifies, the early data is
// skipped.
func TestRFC8448Resumed(t *testing.T) {
	hello := unhex(trace4Hello)
	for _, damage := range []bool{false, true} {
		cfg := serverOf(t, func(s *Settings) { s.Ask = AskTicket })
		e := newEnd(NewServer(cfg, Params{NoMiddleboxCompat: true}))
		asked := 0
		e.custom = func(c *Conn, w Wait) (bool, error) {
			if w != WaitTicketOpen {
				return false, nil
			}
			asked++
			if len(c.Ticket()) != 178 {
				t.Errorf("ticket %x", c.Ticket())
			}
			return true, c.AnswerTicket(&Session{
				Version: iana.VersionTLS13, Suite: iana.TLS_AES_128_GCM_SHA256, Secret: unhex(trace4Psk),
				ServerName: "server", Created: time.Now().Unix(), Lifetime: 30,
			}, false)
		}
		var in, out bytes.Buffer
		msg := bytes.Clone(hello)
		if damage {
			msg[len(msg)-1] ^= 1
		}
		in.Write([]byte{22, 3, 1, 2, 0})
		in.Write(msg)
		early := append([]byte{23, 3, 3, 0, 23}, make([]byte, 23)...)
		in.Write(early)
		w, err := e.advance(&out, &in, e.Handshake)
		if asked != 1 {
			t.Errorf("asked %d times", asked)
		}
		if damage {
			if err == nil || alertOf(t, err) != iana.AlertDecryptError {
				t.Errorf("a damaged binder: %v", err)
			}
			continue
		}
		if err != nil || w != WaitRead || !e.Resumed() || in.Len() != 0 {
			t.Errorf("%v, %v, resumed %v, %d left", w, err, e.Resumed(), in.Len())
		}
	}
}
