package core

import (
	"bytes"
	"crypto/cipher"
	"crypto/tls"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"testing"

	"patina/core/iana"
	"patina/core/provider"
	"patina/core/provider/stdlib"
	suites "patina/core/suite"
	"patina/core/wire"
)

// elsewhere goes on with a connection whose keys have been extracted, as a
// kernel would: written from RFC 5246 and RFC 8446 alone.
type elsewhere struct {
	net.Conn
	read, write Traffic
}

func (e *elsewhere) aead(t *Traffic) cipher.AEAD {
	a, err := stdlib.New().NewAEAD(t.AEAD, t.Key)
	if err != nil {
		panic(err)
	}
	return a
}

// nonce is that of the next record; explicit is the part that is sent.
func (t *Traffic) testNonce(explicit []byte) []byte {
	n := append(bytes.Clone(t.IV), explicit...)
	if len(explicit) == 0 {
		for i := range 8 {
			n[4+i] ^= byte(t.Sequence >> (56 - 8*i))
		}
	}
	return n
}

func (t *Traffic) explicitLen() int { return 12 - len(t.IV) }

func (e *elsewhere) send(typ iana.ContentType, content []byte) error {
	t := &e.write
	sequence := binary.BigEndian.AppendUint64(nil, t.Sequence)
	var rec []byte
	if t.Version == iana.VersionTLS13 {
		inner := append(bytes.Clone(content), byte(typ))
		rec = []byte{byte(iana.ContentApplicationData), 3, 3, byte((len(inner) + 16) >> 8), byte(len(inner) + 16)}
		rec = append(rec, e.aead(t).Seal(nil, t.testNonce(nil), inner, rec)...)
	} else {
		explicit := sequence[:t.explicitLen()]
		aad := append(bytes.Clone(sequence), byte(typ), 3, 3, byte(len(content)>>8), byte(len(content)))
		sealed := e.aead(t).Seal(bytes.Clone(explicit), t.testNonce(explicit), content, aad)
		rec = append([]byte{byte(typ), 3, 3, byte(len(sealed) >> 8), byte(len(sealed))}, sealed...)
	}
	t.Sequence++
	_, err := e.Conn.Write(rec)
	return err
}

func (e *elsewhere) receive() (typ iana.ContentType, content []byte, err error) {
	t := &e.read
	header := make([]byte, 5)
	if _, err := io.ReadFull(e.Conn, header); err != nil {
		return 0, nil, err
	}
	body := make([]byte, int(header[3])<<8|int(header[4]))
	if _, err := io.ReadFull(e.Conn, body); err != nil {
		return 0, nil, err
	}
	typ = iana.ContentType(header[0])
	if t.Version == iana.VersionTLS13 {
		content, err = e.aead(t).Open(nil, t.testNonce(nil), body, header)
		if err == nil {
			typ, content = iana.ContentType(content[len(content)-1]), content[:len(content)-1]
		}
	} else {
		n := len(body) - t.explicitLen() - 16
		aad := append(binary.BigEndian.AppendUint64(nil, t.Sequence), byte(typ), 3, 3, byte(n>>8), byte(n))
		content, err = e.aead(t).Open(nil, t.testNonce(body[:t.explicitLen()]), body[t.explicitLen():], aad)
	}
	t.Sequence++
	return typ, content, err
}

// TestExtractTraffic: a connection with crypto/tls goes on elsewhere, in both
// roles, with every kind of suite, and through a KeyUpdate.
func TestExtractTraffic(t *testing.T) {
	id := identityOf(t, "p256")
	for _, suite := range []iana.CipherSuite{iana.TLS_AES_128_GCM_SHA256, iana.TLS_AES_256_GCM_SHA384, iana.TLS_CHACHA20_POLY1305_SHA256,
		iana.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, iana.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, iana.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256} {
		for _, client := range []bool{true, false} {
			t.Run(fmt.Sprintf("%v/client %v", suite, client), func(t *testing.T) {
				a, b := netPair(t)
				cfg := configOf(t, func(s *Settings) {
					s.Suites, s.Credentials = []iana.CipherSuite{suite}, []*Credential{id.cred}
				})
				peerConfig := &tls.Config{Certificates: []tls.Certificate{goCertificate(id)}, InsecureSkipVerify: true, SessionTicketsDisabled: true}
				version := suites.Lookup(suite).Version
				ours := newEnd(NewServer(cfg, Params{MaxVersion: version}))
				peer := tls.Client(b, peerConfig)
				if client {
					ours, peer = newEnd(NewClient(cfg, Params{MaxVersion: version})), tls.Server(b, peerConfig)
				}
				if _, _, err := ours.ExtractTraffic(); err != ErrHandshake {
					t.Errorf("before the handshake: %v", err)
				}
				echoed := make(chan error, 1)
				go func() {
					// An echo, a line at a time, until the end.
					_, err := io.Copy(peer, peer)
					peer.Close()
					echoed <- err
				}()
				if err := ours.overNet(a, ours.Handshake); err != nil {
					t.Fatal(err)
				}
				const first = "first by the engine"
				msg := []byte(first)
				if err := ours.overNet(a, func() (Wait, error) {
					n, w, err := ours.Write(msg)
					msg = msg[n:]
					return w, err
				}); err != nil {
					t.Fatal(err)
				}
				var got []byte
				if err := ours.overNet(a, readOp(ours, &got)); err != nil || string(got) != first {
					t.Fatalf("%q, %v", got, err)
				}
				e := &elsewhere{Conn: a}
				var err error
				if e.read, e.write, err = ours.ExtractTraffic(); err != nil {
					t.Fatal(err)
				}
				if ours.Suite() != suite || e.read.Sequence == 0 || e.write.Sequence == 0 {
					t.Errorf("%v, sequences %d %d", ours.Suite(), e.read.Sequence, e.write.Sequence)
				}
				refuses(t, ours)
				talk := func(text string) {
					t.Helper()
					if err := e.send(iana.ContentApplicationData, []byte(text)); err != nil {
						t.Fatal(err)
					}
					typ, content, err := e.receive()
					for err == nil && typ == iana.ContentHandshake && content[0] == byte(iana.TypeKeyUpdate) {
						// The peer's answer to ours.
						if e.read, err = e.read.Next(); err != nil {
							t.Fatal(err)
						}
						typ, content, err = e.receive()
					}
					if err != nil || typ != iana.ContentApplicationData || string(content) != text {
						t.Fatalf("%v %q, %v", typ, content, err)
					}
				}
				talk("then elsewhere")
				talk("and again")
				if ours.Version() == iana.VersionTLS13 {
					if err := e.send(iana.ContentHandshake, wire.AppendKeyUpdate(nil, true)); err != nil {
						t.Fatal(err)
					}
					if e.write, err = e.write.Next(); err != nil {
						t.Fatal(err)
					}
					talk("with other keys")
					if e.read.Sequence != 1 || e.write.Sequence != 1 {
						t.Errorf("sequences %d %d", e.read.Sequence, e.write.Sequence)
					}
				} else if _, err := e.write.Next(); err != ErrHandshake {
					t.Errorf("a KeyUpdate in TLS 1.2: %v", err)
				}
				if err := e.send(iana.ContentAlert, []byte{1, 0}); err != nil {
					t.Fatal(err)
				}
				if err := <-echoed; err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// refuses checks that a connection without its keys does nothing, and still
// tells what it is.
func refuses(t *testing.T, c *end) {
	t.Helper()
	_, rerr := c.Handshake()
	_, _, err := c.Read(make([]byte, 1))
	_, _, perr := c.Peek(make([]byte, 1))
	_, _, werr := c.Write([]byte{1})
	_, cerr := c.CloseNotify()
	_, _, xerr := c.ExtractTraffic()
	for i, err := range []error{rerr, err, perr, werr, cerr, xerr, c.KeyUpdate(false), c.Err()} {
		if err != ErrExtracted {
			t.Errorf("%d: %v", i, err)
		}
	}
	if buf, _ := c.ReadBuffer(); buf != nil || len(c.Output()) > 0 || !c.HandshakeComplete() {
		t.Errorf("%d bytes of room, %d of output", len(buf), len(c.Output()))
	}
	if _, ok := AlertOf(ErrExtracted); ok {
		t.Error("an alert is due")
	}
	if _, err := c.ExportKeyingMaterial("label", nil, 8); err != nil {
		t.Error(err)
	}
}

// TestExtractUnfinished: what must not be lost.
func TestExtractUnfinished(t *testing.T) {
	tickets, err := NewTicketKeys(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, act := range map[string]func(t *testing.T, p *pair) *end{
		"at rest": func(t *testing.T, p *pair) *end { return p.client },
		"a KeyUpdate to be sent": func(t *testing.T, p *pair) *end {
			if err := p.client.KeyUpdate(false); err != nil {
				t.Fatal(err)
			}
			return p.client
		},
		"output": func(t *testing.T, p *pair) *end {
			if _, w, err := p.client.Write([]byte("data")); w != WaitWrite || err != nil {
				t.Fatal(w, err)
			}
			return p.client
		},
		"data not read": func(t *testing.T, p *pair) *end {
			p.give(t, "data")
			if _, _, err := p.server.Peek(make([]byte, 1)); err != nil {
				t.Fatal(err)
			}
			return p.server
		},
		"a record not opened": func(t *testing.T, p *pair) *end { p.give(t, "data"); return p.server },
		"closed": func(t *testing.T, p *pair) *end {
			if _, err := p.client.advance(&p.toServer, &p.toClient, p.client.CloseNotify); err != nil {
				t.Fatal(err)
			}
			return p.client
		},
		"the peer has closed": func(t *testing.T, p *pair) *end {
			if _, err := p.client.advance(&p.toServer, &p.toClient, p.client.CloseNotify); err != nil {
				t.Fatal(err)
			}
			if _, err := p.server.advance(&p.toClient, &p.toServer, readOp(p.server, nil)); err != io.EOF {
				t.Fatal(err)
			}
			return p.server
		},
		"a session to be stored": func(t *testing.T, p *pair) *end {
			if err := p.server.IssueTicket(); err != nil {
				t.Fatal(err)
			}
			if _, err := p.server.advance(&p.toClient, &p.toServer, p.server.Handshake); err != nil {
				t.Fatal(err)
			}
			for n := p.toClient.Len(); n > 0; n = p.toClient.Len() {
				buf, need := p.client.ReadBuffer()
				n, _ = p.toClient.Read(buf[:need])
				p.client.Received(n)
				if _, w, err := p.client.Read(make([]byte, 1)); err != nil || w == WaitSessionStore {
					break
				}
			}
			return p.client
		},
	} {
		client := configOf(t, func(s *Settings) { s.Ask = AskSession })
		p := newPair(NewClient(client, Params{}), NewServer(serverOf(t, func(s *Settings) { s.TicketKeys = tickets }), Params{}))
		p.mustHandshake(t)
		e := act(t, p)
		want := ErrUnfinished
		if name == "at rest" {
			want = nil
		}
		if _, _, err := e.ExtractTraffic(); err != want {
			t.Errorf("%s: %v", name, err)
		}
	}
	q := NewQUICClient(configOf(t, nil), Params{})
	if _, _, err := q.Conn().ExtractTraffic(); err != ErrQUIC {
		t.Errorf("QUIC: %v", err)
	}
}

// give lets the client write, and the server receive the bytes.
func (p *pair) give(t *testing.T, text string) {
	t.Helper()
	msg := []byte(text)
	if _, err := p.client.advance(&p.toServer, &p.toClient, func() (Wait, error) {
		n, w, err := p.client.Write(msg)
		msg = msg[n:]
		return w, err
	}); err != nil {
		t.Fatal(err)
	}
	for p.toServer.Len() > 0 {
		buf, _ := p.server.ReadBuffer()
		n, _ := p.toServer.Read(buf)
		p.server.Received(n)
	}
}

// TestLinuxCryptoInfo: the structures of linux/tls.h, field by field.
func TestLinuxCryptoInfo(t *testing.T) {
	key, iv := bytes.Repeat([]byte{0x11}, 16), []byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}
	long := bytes.Repeat([]byte{0x22}, 32)
	native := func(v uint16) string { return hex.EncodeToString(binary.NativeEndian.AppendUint16(nil, v)) }
	for _, tt := range []struct {
		t    Traffic
		want string
	}{
		{Traffic{Version: iana.VersionTLS13, Suite: iana.TLS_AES_128_GCM_SHA256, AEAD: provider.AES128GCM, Key: key, IV: iv, Sequence: 0x0102},
			native(0x0304) + native(51) + "05060708090a0b0c" + hex.EncodeToString(key) + "01020304" + "0000000000000102"},
		{Traffic{Version: iana.VersionTLS13, Suite: iana.TLS_AES_256_GCM_SHA384, AEAD: provider.AES256GCM, Key: long, IV: iv, Sequence: 3},
			native(0x0304) + native(52) + "05060708090a0b0c" + hex.EncodeToString(long) + "01020304" + "0000000000000003"},
		{Traffic{Version: iana.VersionTLS12, Suite: iana.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, AEAD: provider.AES128GCM, Key: key, IV: iv[:4], Sequence: 7},
			native(0x0303) + native(51) + "0000000000000007" + hex.EncodeToString(key) + "01020304" + "0000000000000007"},
		{Traffic{Version: iana.VersionTLS12, Suite: iana.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, AEAD: provider.ChaCha20Poly1305, Key: long, IV: iv, Sequence: 7},
			native(0x0303) + native(54) + hex.EncodeToString(iv) + hex.EncodeToString(long) + "0000000000000007"},
		{Traffic{Version: iana.VersionTLS13, Suite: iana.TLS_AES_128_GCM_SHA256, AEAD: provider.AES128GCM, Key: long, IV: iv}, ""},
		{Traffic{Version: iana.VersionTLS13, Suite: iana.TLS_AES_128_GCM_SHA256, AEAD: provider.AES128GCM, Key: key, IV: iv[:4]}, ""},
		{Traffic{}, ""},
	} {
		got, err := tt.t.LinuxCryptoInfo()
		if hex.EncodeToString(got) != tt.want || (err == nil) != (tt.want != "") || err != nil && err != provider.ErrUnsupported {
			t.Errorf("%v: %x, %v; want %s", tt.t.Suite, got, err, tt.want)
		}
	}
}
