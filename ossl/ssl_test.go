package ossl

import (
	"bytes"
	"crypto/rand"
	"testing"
)

func TestHandshakeAndData(t *testing.T) {
	versions(t, func(t *testing.T, only func(client, server *Ctx)) {
		p := newPair(t, only)
		p.mustHandshake(t)
		if p.client.ssl.inInit() || p.server.ssl.inInit() {
			t.Error("still in init after the handshake")
		}
		message := bytes.Repeat([]byte("position "), 9000) // several records
		for i := range message {
			message[i] ^= byte(i >> 8)
		}
		ret, moved := p.client.run(OpWrite, message, 1)
		if ret != 1 || moved != len(message) {
			t.Fatalf("write = %d, %d bytes", ret, moved)
		}
		var got []byte
		buf := make([]byte, 5000)
		for len(got) < len(message) {
			ret, n := p.server.run(OpRead, buf, 1)
			if ret <= 0 {
				t.Fatalf("read = %d after %d bytes: %v", ret, len(got), p.server.err)
			}
			got = append(got, buf[:n]...)
		}
		if !bytes.Equal(got, message) {
			t.Error("data differs")
		}
		if ret, _ := p.server.run(OpRead, buf, 1); ret != -1 || p.server.want != wantReading {
			t.Errorf("read without data = %d, want %d", ret, p.server.want)
		}
	})
}

func TestPeekTakesNothing(t *testing.T) {
	p := newPair(t, nil)
	p.mustHandshake(t)
	p.client.run(OpWrite, []byte("hello"), 1)
	for _, op := range []Op{OpPeek, OpPeek, OpRead} {
		buf := make([]byte, 3)
		if ret, n := p.server.run(op, buf, 1); ret != 1 || string(buf[:n]) != "hel" {
			t.Fatalf("op %d = %d, %q", op, ret, buf[:n])
		}
	}
	if p.server.ssl.Pending() != 2 || !p.server.ssl.HasPending() {
		t.Errorf("pending = %d", p.server.ssl.Pending())
	}
}

// TestBlockedWrite: whatever blocks and wherever, the peer gets each byte once.
func TestBlockedWrite(t *testing.T) {
	versions(t, func(t *testing.T, only func(client, server *Ctx)) {
		for _, mode := range []uint32{0, modePartialWrite, modePartialWrite | modeMovingBuffer} {
			for _, room := range []int{0, 1, 4, 5, 100, 16000, 16500, 33000} {
				p := newPair(t, func(c, s *Ctx) {
					only(c, s)
					c.change(func(sn *snapshot) { sn.mode |= mode })
				})
				p.mustHandshake(t)
				data := make([]byte, 50000)
				rand.Read(data)
				var got []byte
				buf := make([]byte, 70000)
				rest := data
				for tries := 0; len(rest) > 0; tries++ {
					if tries > 100000 {
						t.Fatal("no end")
					}
					p.client.out.room = room
					ret, n := p.client.run(OpWrite, rest, 1)
					if ret > 0 {
						rest = rest[n:]
					} else if p.client.want != wantWriting || p.client.err != nil {
						t.Fatalf("mode %d room %d: write = %d, want %d, %v", mode, room, ret, p.client.want, p.client.err)
					}
					if room == 0 {
						room = 7
					}
					for {
						ret, n := p.server.run(OpRead, buf, 1)
						if ret <= 0 {
							break
						}
						got = append(got, buf[:n]...)
					}
				}
				p.client.out.room = -1
				if ret, _ := p.server.run(OpRead, buf, 1); ret > 0 {
					t.Error("more data than written")
				}
				if !bytes.Equal(got, data) {
					t.Errorf("mode %d room %d: got %d bytes, differing", mode, room, len(got))
				}
			}
		}
	})
}

func TestWriteRetryRules(t *testing.T) {
	blocked := func(t *testing.T, mode uint32) (*pair, []byte) {
		p := newPair(t, func(c, s *Ctx) { c.change(func(sn *snapshot) { sn.mode |= mode }) })
		p.mustHandshake(t)
		data := make([]byte, 1000)
		p.client.out.room = 10
		if ret, _ := p.client.run(OpWrite, data, 100); ret != -1 || p.client.want != wantWriting {
			t.Fatalf("write = %d, want %d", ret, p.client.want)
		}
		p.client.out.room = -1
		return p, data
	}
	reason := func(err error) Reason {
		if e, ok := err.(*Error); ok {
			return e.Reason
		}
		return 0
	}
	t.Run("another buffer", func(t *testing.T) {
		p, data := blocked(t, 0)
		if ret, _ := p.client.run(OpWrite, data, 200); ret != -1 || reason(p.client.err) != ReasonBadWriteRetry {
			t.Errorf("write = %d, %v", ret, p.client.err)
		}
	})
	t.Run("moving buffer", func(t *testing.T) {
		p, data := blocked(t, modeMovingBuffer)
		if ret, n := p.client.run(OpWrite, data, 200); ret != 1 || n != len(data) {
			t.Errorf("write = %d, %d, %v", ret, n, p.client.err)
		}
	})
	t.Run("shorter", func(t *testing.T) {
		p, data := blocked(t, modeMovingBuffer)
		if ret, _ := p.client.run(OpWrite, data[:10], 100); ret != -1 || reason(p.client.err) != ReasonBadLength {
			t.Errorf("write = %d, %v", ret, p.client.err)
		}
	})
	t.Run("same", func(t *testing.T) {
		p, data := blocked(t, 0)
		if ret, n := p.client.run(OpWrite, data, 100); ret != 1 || n != len(data) {
			t.Errorf("write = %d, %d, %v", ret, n, p.client.err)
		}
	})
}

func TestShutdown(t *testing.T) {
	versions(t, func(t *testing.T, only func(client, server *Ctx)) {
		p := newPair(t, only)
		p.mustHandshake(t)
		if ret, _ := p.client.run(OpShutdown, nil, 0); ret != 0 || p.client.ssl.shutdown != SentShutdown {
			t.Fatalf("first shutdown = %d, state %d", ret, p.client.ssl.shutdown)
		}
		if ret, _ := p.client.run(OpShutdown, nil, 0); ret != -1 || p.client.want != wantReading {
			t.Fatalf("second shutdown = %d, want %d", ret, p.client.want)
		}
		buf := make([]byte, 10)
		if ret, _ := p.server.run(OpRead, buf, 1); ret != 0 || p.server.err != nil ||
			p.server.ssl.shutdown != ReceivedShutdown {
			t.Fatalf("read of close_notify = %d, %v, state %d", ret, p.server.err, p.server.ssl.shutdown)
		}
		if ret, _ := p.server.run(OpShutdown, nil, 0); ret != 1 {
			t.Fatalf("the answer's shutdown = %d", ret)
		}
		if ret, _ := p.client.run(OpShutdown, nil, 0); ret != 1 || p.client.err != nil {
			t.Fatalf("third shutdown = %d, %v", ret, p.client.err)
		}
	})
}

func TestShutdownBlocked(t *testing.T) {
	p := newPair(t, nil)
	p.mustHandshake(t)
	p.client.out.room = 3
	if ret, _ := p.client.run(OpShutdown, nil, 0); ret != -1 || p.client.want != wantWriting {
		t.Fatalf("blocked shutdown = %d, want %d", ret, p.client.want)
	}
	p.client.out.room = -1
	if ret, _ := p.client.run(OpShutdown, nil, 0); ret != 0 {
		t.Fatalf("shutdown = %d", ret)
	}
	if ret, _ := p.server.run(OpRead, make([]byte, 1), 1); ret != 0 || p.server.ssl.shutdown&ReceivedShutdown == 0 {
		t.Fatalf("the peer's read = %d, %v", ret, p.server.err)
	}
}

func TestDataAfterShutdown(t *testing.T) {
	p := newPair(t, nil)
	p.mustHandshake(t)
	p.server.run(OpWrite, []byte("late"), 1)
	p.client.run(OpShutdown, nil, 0)
	ret, _ := p.client.run(OpShutdown, nil, 0)
	e, _ := p.client.err.(*Error)
	if ret != -1 || e == nil || e.Reason != ReasonApplicationDataAfterCloseNotify {
		t.Errorf("shutdown = %d, %v", ret, p.client.err)
	}
}

func TestUnexpectedEOF(t *testing.T) {
	for _, ignore := range []bool{false, true} {
		p := newPair(t, func(c, s *Ctx) {
			if ignore {
				c.change(func(sn *snapshot) { sn.options |= opIgnoreUnexpectedEOF })
			}
		})
		p.mustHandshake(t)
		p.client.in.closed = true
		for p.client.in.buf.Len() > 0 {
			p.client.run(OpRead, make([]byte, 1), 1)
		}
		ret, _ := p.client.run(OpRead, make([]byte, 1), 1)
		e, _ := p.client.err.(*Error)
		if ignore && (e != nil || p.client.ssl.shutdown&ReceivedShutdown == 0) || !ignore && (e == nil || e.Reason != ReasonUnexpectedEOFWhileReading) ||
			ret != 0 && ignore {
			t.Errorf("ignore %v: read = %d, %v", ignore, ret, p.client.err)
		}
	}
}

func TestVerifyRefused(t *testing.T) {
	for _, mode := range []int{verifyNone, verifyPeer} {
		p := newPair(t, func(c, s *Ctx) { c.change(func(sn *snapshot) { sn.verifyMode = mode }) })
		p.client.verify = func(blob []byte) (int, int32) { return 0, X509VErrDepthZeroSelfSigned }
		c, s := p.handshake()
		if got := p.client.ssl.VerifyResult(); got != X509VErrDepthZeroSelfSigned {
			t.Errorf("mode %d: result = %d", mode, got)
		}
		if mode == verifyNone {
			if c != 1 || s != 1 {
				t.Errorf("not verifying, the handshake ends with %d %d: %v", c, s, p.client.err)
			}
			continue
		}
		e, _ := p.client.err.(*Error)
		if c != -1 || e == nil || e.Reason != ReasonCertificateVerifyFailed {
			t.Errorf("client = %d, %v", c, p.client.err)
		}
		se, _ := p.server.err.(*Error)
		if se == nil || se.Reason != reasonAlert(48) {
			t.Errorf("the server's error = %v, want the alert unknown_ca", p.server.err)
		}
		p.client.err = nil
		if ret, _ := p.client.run(OpHandshake, nil, 0); ret != -1 || p.client.err != nil {
			t.Errorf("a handshake after the failure = %d, %v", ret, p.client.err)
		}
	}
}

func TestInfoCallback(t *testing.T) {
	p := newPair(t, func(c, s *Ctx) { s.change(func(sn *snapshot) { sn.infoCallback = 7 }) })
	p.mustHandshake(t)
	events := p.server.events
	if len(events) < 6 || events[0].Where != cbHandshakeStart {
		t.Fatalf("events: %+v", events)
	}
	if last := events[len(events)-1]; last.Where != cbAccept|cbExit || last.Ret != 1 || last.InInit || last.State != StateOK {
		t.Errorf("last event: %+v", last)
	}
	done := 0
	for _, e := range events {
		if e.Where == cbHandshakeDone {
			done++
		}
	}
	if done != 1 {
		t.Errorf("the end of the handshake is told %d times", done)
	}
	for _, e := range events {
		if e.Callback.Fn != 7 || e.Kind != EventInfo {
			t.Errorf("event: %+v", e)
		}
	}
}

func TestCertCallbackRetry(t *testing.T) {
	p := newPair(t, func(c, s *Ctx) { s.change(func(sn *snapshot) { sn.certCallback = Callback{Fn: 9} }) })
	p.server.answers[NeedCert] = Answer{Value: retryLater}
	p.handshake()
	if n := len(p.server.asked); n < 2 || p.server.ssl.inInit() == false {
		t.Fatalf("asked %v", p.server.asked)
	}
	p.server.answers[NeedCert] = Answer{Value: 1}
	p.mustHandshake(t)
}

func TestSteadyStateAllocatesNothing(t *testing.T) {
	versions(t, func(t *testing.T, only func(client, server *Ctx)) {
		p := newPair(t, only)
		p.mustHandshake(t)
		data, buf := make([]byte, 10000), make([]byte, 20000)
		exchange := func() {
			if ret, _ := p.client.run(OpWrite, data, 1); ret != 1 {
				t.Fatal("write")
			}
			if ret, n := p.server.run(OpRead, buf, 1); ret != 1 || n != len(data) {
				t.Fatal("read")
			}
		}
		exchange()
		if n := testing.AllocsPerRun(50, exchange); n > 0 {
			t.Errorf("%v allocations for a write and a read", n)
		}
	})
}
