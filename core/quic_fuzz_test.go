package core

import (
	"testing"

	"patina/core/iana"
	"patina/core/wire"
)

// FuzzQUIC is an end of QUIC over the transparent provider and whatever comes at
// whatever level: first byte which end, then for each piece its level, its length
// in two bytes, the bytes. No panic, no standing still, a failure that lasts, and
// no byte of a record.
func FuzzQUIC(f *testing.F) {
	all := newSetups(f)
	params := func(client bool) Params {
		p := Params{QUICTransportParameters: []byte("parameters"), MaxEarlyData: 1, EarlyData: client, Tickets: 1}
		if client {
			p.ServerName, p.Session = "example.org", fuzzSession(iana.VersionTLS13)
		}
		return p
	}
	newEnds := func(config byte) (c, s *ourQUIC) {
		cfg := all[config&15]
		c, s = newOurQUIC(NewQUICClient(cfg, params(true))), newOurQUIC(NewQUICServer(cfg, params(false)))
		c.custom, s.custom = answerFuzz, answerFuzz
		return c, s
	}
	piece := func(data []byte, level QUICLevel, b []byte) []byte {
		return append(append(data, byte(level), byte(len(b)>>8), byte(len(b))), b...)
	}
	for config := byte(0); config < 16; config++ {
		// What each end sends in a handshake that works.
		c, s := newEnds(config)
		sent := [2][]byte{{config}, {config | 0x80}}
		ends := [2]*ourQUIC{c, s}
		for quiet := 0; quiet < 2; quiet++ {
			for i, e := range ends {
				list, err := e.advance()
				if err != nil {
					f.Fatal(config, err)
				}
				for _, x := range list {
					if x.Kind == QUICCrypto {
						quiet = 0
						sent[i] = piece(sent[i], x.Level, x.Data)
						if err := ends[1-i].receive(x.Level, x.Data); err != nil {
							f.Fatal(config, err)
						}
						if more, err := ends[1-i].advance(); err != nil {
							f.Fatal(config, err)
						} else {
							ends[1-i].later = append(ends[1-i].later, more...)
						}
					}
				}
			}
		}
		if !c.done() || !s.done() {
			f.Fatal(config, "the seed stands still")
		}
		sent[0] = piece(sent[0], QUICApplication, wire.AppendKeyUpdate(nil, false))
		sent[1] = piece(sent[1], QUICApplication, []byte{4, 0, 0, 0})
		f.Add(sent[0])
		f.Add(sent[1])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) < 1 || len(data) > maxFuzzInput {
			return
		}
		e, s := newEnds(data[0])
		if data[0]&0x80 == 0 {
			e = s
		}
		data = data[1:]
		_, err := e.advance()
		for err == nil && len(data) >= 3 {
			level, n := QUICLevel(data[0]%5), min(int(data[1])<<8|int(data[2]), len(data)-3)
			if err = e.receive(level, data[3:3+n]); err == nil {
				_, err = e.advance()
			}
			data = data[3+n:]
		}
		if len(e.Conn().Output()) > 0 {
			t.Fatal("a record in QUIC")
		}
		if err != nil {
			if e.Conn().Err() == nil {
				t.Fatalf("%v did not end the connection", err)
			}
			if _, again := e.Advance(); again != e.Conn().Err() {
				t.Fatalf("%v, then %v", err, again)
			}
			if _, ok := QUICErrorCode(err); !ok {
				t.Fatalf("%v has no code", err)
			}
		} else if e.done() && (e.PeerTransportParameters() == nil || e.Conn().ALPN() == "" || e.Conn().Version() != iana.VersionTLS13) {
			t.Fatal("complete without transport parameters, application protocol or TLS 1.3")
		}
		e.Conn().Free()
	})
}
