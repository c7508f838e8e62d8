package core

import (
	"bytes"
	"encoding/hex"
	"io"
	"testing"
	"time"

	"patina/core/iana"
	"patina/core/suite"
)

// Section 4 of RFC 8448, "Resumed 0-RTT Handshake": what follows the hello of
// rfc8448_data_test.go.
const (
	trace4Private     = "bff91188283846dd6a2134ef7180ca2b0b14fb10dce707b5098c0dddc813b2df"
	trace4Early       = "1703030017ab1df420e75c457a7cc5d2844f76d5aee4b4edbf049be0"
	trace4ServerHello = "" +
		"16030300600200005c03033ccfd2dec890222763472ae8136777c9d7358777bb66e91ea5122495f559ea2d0013010000" +
		"3400290002000000330024001d0020121761ee42c333e1b9e77b60dd57c2053cd94512ab47f115e86eff50942cea" +
		"31002b00020304"
	trace4Flight = "" +
		"1703030061dc48237b4b879f50d0d4d262ea8b4716eb40ddc1eb957e11126e8a7149c2d012d37a7115957e64ce30008b" +
		"9e0323f2c05a9c1c77b4f37849a695ab255060a33fee770ca95cb8486bfd0843b87024865ca35cc41c4e515c64dcb136" +
		"9f98635bc7a5"
	trace4End      = "1703030015aca6fc944841298df99593725f9bf9754429b12f09"
	trace4Finished = "" +
		"170303003500f8b467d14cf22a4b3f0b6ae0d8e6cc8d08e0db3515ef5c2bdf1922eafbb700099647" +
		"16d834fb70c3d2a56c5b1f5f6bdba6c333cf"
	trace4ClientData = "" +
		"1703030043b1cebce242aa201be9ae5e1cb2a9aa4b33d4e866af1edb068919237741aa031d7a74d491c99b9d4e232b74" +
		"206bc6fbaa04fe78be44a9b4f54320a17eb76992afac3103"
	trace4ServerData = "" +
		"1703030043275e9f20acff57bc000657d3867df039cccf79047884cf75771746f740b5a83f462a0954c3581393a203a2" +
		"5a7dd14141ef1a37900cdb62ff62dee1ba39ab2590cbf194"
	trace4ClientAlert = "17030300130facce3246bdfc6369838d6a82ae6de5d422dc"
	trace4ServerAlert = "17030300135b18af444e8e1eec7158fb62d8f2577d37ba5d"
)

var trace4Secrets = map[string]string{
	labelEarlyTraffic:    "3fbbe6a60deb66c30a32795aba0eff7eaa10105586e7be5c09678d63b6caab62",
	labelEarlyExporter:   "b2026866610937d7423e5be90862ccf24c0e6091186d34f812089ff5be2ef7df",
	labelClientHandshake: "2faac08f851d35fea3604fcb4de82dc62c9b164a70974d0462e27f1ab278700f",
	labelServerHandshake: "fe927ae271312e8bf0275b581c54eef020450dc4ecffaa05a1a35d27518e7803",
	labelClientTraffic:   "2abbf2b8e381d23dbebe1dd2a7d16a8bf484cb4950d23fb7fb7fa8547062d9a1",
	labelServerTraffic:   "cc21f1bf8feb7dd5fa505bd9c4b468a9984d554a993dc49e6d285598fb672691",
	labelExporter:        "3fd93d4ffddc98e64b14dd107aedf8ee4add23f4510f58a4592d0b201bee56b4",
}

// trace4Session is the session of section 3, whose ticket is offered.
func trace4Session() *Session {
	return &Session{Version: iana.VersionTLS13, Suite: iana.TLS_AES_128_GCM_SHA256, Secret: unhex(trace4Psk),
		ServerName: "server", Created: time.Now().Unix(), Lifetime: 30, AgeAdd: 0xfad6aac5, MaxEarlyData: 1024}
}

// TestRFC8448EarlyClient is the trace as its client: every record it sends is
// that of the trace.
func TestRFC8448EarlyClient(t *testing.T) {
	e := traceClient(t, "1603010200"+trace4Hello, iana.GroupX25519, trace4Private)
	e.hs.offer.psks = []presharedKey{{session: trace4Session()}}
	su := suite.Lookup(iana.TLS_AES_128_GCM_SHA256)
	e.early = &early{status: EarlyOffered, left: 1024, suite: su, hash: su.Hash}
	if err := e.startEarly(); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	write := func(p []byte, f func([]byte) (int, Wait, error), want string) {
		t.Helper()
		out.Reset()
		if _, err := e.advance(&out, new(bytes.Buffer), func() (Wait, error) {
			n, w, err := f(p)
			p = p[n:]
			return w, err
		}); err != nil || !bytes.Equal(out.Bytes(), unhex(want)) {
			t.Errorf("%x, want %s: %v", out.Bytes(), want, err)
		}
	}
	write([]byte("ABCDEF"), e.WriteEarly, trace4Early)
	out.Reset()
	if w, err := feed(t, e, &out, e.Handshake, trace4ServerHello); err != nil || w != WaitRead {
		t.Fatal(w, err)
	}
	if w, err := feed(t, e, &out, e.Handshake, trace4Flight); err != nil || w != WaitNone {
		t.Fatal(w, err)
	}
	if !bytes.Equal(out.Bytes(), unhex(trace4End+trace4Finished)) {
		t.Errorf("the last flight is %x", out.Bytes())
	}
	if e.EarlyStatus() != EarlyAccepted || !e.Resumed() {
		t.Errorf("%v", e.EarlyStatus())
	}
	for label, want := range trace4Secrets {
		if got := hex.EncodeToString(e.secrets[label]); got != want {
			t.Errorf("%s is %s", label, got)
		}
	}
	data := make([]byte, 50)
	for i := range data {
		data[i] = byte(i)
	}
	write(data, e.Write, trace4ClientData)
	var got []byte
	if _, err := feed(t, e, &out, readOp(e, &got), trace4ServerData); err != nil || !bytes.Equal(got, data) {
		t.Errorf("server data %x, %v", got, err)
	}
	out.Reset()
	if _, err := e.advance(&out, new(bytes.Buffer), e.CloseNotify); err != nil || !bytes.Equal(out.Bytes(), unhex(trace4ClientAlert)) {
		t.Errorf("close_notify %x, %v", out.Bytes(), err)
	}
	if _, err := feed(t, e, &out, readOp(e, nil), trace4ServerAlert); err != io.EOF {
		t.Errorf("server's close_notify: %v", err)
	}
}

// TestRFC8448EarlyServer is the trace up to the early data, as its server.
func TestRFC8448EarlyServer(t *testing.T) {
	cfg := serverOf(t, func(s *Settings) {
		s.Ask = AskTicket | AskEarlyData
		s.Suites = []iana.CipherSuite{iana.TLS_AES_128_GCM_SHA256}
	})
	e := newEnd(NewServer(cfg, Params{NoMiddleboxCompat: true, MaxEarlyData: 6}))
	e.custom = func(c *Conn, w Wait) (bool, error) {
		switch w {
		case WaitTicketOpen:
			return true, c.AnswerTicket(trace4Session(), false)
		case WaitEarlyAccept:
			return true, c.AnswerEarlyData(true)
		}
		return false, nil
	}
	var in, out bytes.Buffer
	in.Write(unhex("1603010200" + trace4Hello + trace4Early))
	var b [10]byte
	n := 0
	if _, err := e.advance(&out, &in, func() (w Wait, err error) {
		n, w, err = e.ReadEarly(b[:])
		return w, err
	}); err != nil || string(b[:n]) != "ABCDEF" {
		t.Fatalf("%q, %v", b[:n], err)
	}
	for _, label := range []string{labelEarlyTraffic, labelEarlyExporter} {
		if got := hex.EncodeToString(e.secrets[label]); got != trace4Secrets[label] {
			t.Errorf("%s is %s", label, got)
		}
	}
}
