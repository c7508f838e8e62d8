package core

import (
	"errors"
	"fmt"
	"testing"

	"patina/core/iana"
)

// What fuzzing of whole connections begins with.

// fuzzSeed is a connection that works, recorded.
type fuzzSeed struct {
	name    string
	a, b    uint8 // of the side under test
	pa, pb  uint8 // of the peer that is recorded
	resumed bool
	version iana.ProtocolVersion
	early   bool
	psk     bool
}

func fuzzSeeds(client bool) (list []fuzzSeed) {
	for _, v := range bothVersions {
		base, session := uint8(0), uint8(4)
		if v == iana.VersionTLS12 {
			base, session = 0x10, 8
		}
		for i, x := range [][4]uint8{
			{0, 0, 0, 0}, {3, 0, 0, 0}, {0, 1, 0, 1}, {1, 0, 1, 0}, {8, 0, 8, 0}, {0x40, 0, 0x40, 0}, {4, 0, 0, 0}, {0, 0, 4, 0}, {4, 0, 4, 0}, {0x84, 0, 0x84, 0}, {12, 1, 12, 1}, {0x80, 0, 0x80, 0},
		} {
			s := fuzzSeed{name: fmt.Sprint(v, " ", i), a: x[0] | base, b: x[1], pa: x[2] | base, pb: x[3], version: v}
			if v == iana.VersionTLS13 && x[0]&0x40 == 0 {
				// With an encrypted ClientHello. GREASE would open, as everything does.
				hidden := s
				hidden.name += " ECH"
				for range 2 {
					if client {
						hidden.b |= 0x80
					} else {
						hidden.pb |= 0x80
					}
					list = append(list, hidden)
					if hidden.resumed = s.a&8 == 0; !hidden.resumed {
						break
					}
					hidden.name += " resumed"
					if client {
						hidden.b |= session
					} else {
						hidden.pb |= session
					}
				}
			}
			if client {
				s.pb |= 0x14 // asks for a certificate, sends a ticket
				list = append(list, s)
				s.name, s.b, s.resumed = s.name+" resumed", s.b|session, s.a&8 == 0
				list = append(list, s)
				if s.resumed && v == iana.VersionTLS13 {
					s.name, s.b, s.early = s.name+" early", s.b|0x10, true
					list = append(list, s)
				}
				if v == iana.VersionTLS13 || s.a&8 != 0 {
					s.name, s.b, s.early, s.resumed, s.psk = s.name+" PSK", s.b&^(0x10|session)|0x20, false, false, true
					list = append(list, s)
				}
			} else {
				s.b |= 0x24
				list = append(list, s)
				s.name, s.pb, s.resumed = s.name+" resumed", s.pb|session, s.pa&8 == 0
				list = append(list, s)
				if s.resumed && v == iana.VersionTLS13 {
					s.name, s.pb, s.early = s.name+" early", s.pb|0x10, true
					list = append(list, s)
				}
				if v == iana.VersionTLS13 || s.pa&8 != 0 {
					s.name, s.pb, s.early, s.resumed, s.psk = s.name+" PSK", s.pb&^(0x10|session)|0x20, false, false, true
					list = append(list, s)
				}
			}
		}
	}
	return list
}

// record lets both sides shake hands and returns the input that plays the peer's
// part back.
func (s *fuzzSeed) record(t testing.TB, all *setups, client bool) []byte {
	ours, peer := newFuzzed(t, all, client, s.a, s.b), newFuzzed(t, all, !client, s.pa, s.pb)
	rec := &recorder{data: []byte{s.a, s.b}, early: s.early && !client}
	peer.SetObserver(rec)
	p := &pair{client: ours.end, server: peer.end}
	if !client {
		p.client, p.server = peer.end, ours.end
	}
	p.mustHandshake(t)
	if ours.Version() != s.version || ours.Resumed() != s.resumed || (ours.PSK() != nil) != s.psk || (ours.EarlyStatus() == EarlyAccepted) != s.early {
		t.Fatalf("%s: %v, resumed %v, PSK %v, %v", s.name, ours.Version(), ours.Resumed(), ours.PSK(), ours.EarlyStatus())
	}
	if s.a&0x80 != 0 && s.version == iana.VersionTLS13 {
		later := []byte{10} // what is asked about the first answer is answered after it
		if s.a&4 != 0 {
			rec.act(actOp, later)
		}
		s.requestCertificate(t, p, rec, client)
		if s.a&4 != 0 {
			rec.act(actOp, later)
		}
	}
	rec.act(actRecord, append([]byte{byte(iana.ContentApplicationData)}, "hello"...))
	if s.version == iana.VersionTLS13 {
		rec.act(actHandshake, []byte{byte(iana.TypeKeyUpdate), 1})
	}
	rec.act(actOp, []byte{0, 1, 0, 7, 6, 0})
	rec.act(actRecord, []byte{byte(iana.ContentAlert), 1, 0})
	return rec.data
}

// requestCertificate lets the server ask once more, and the client answer.
func (s *fuzzSeed) requestCertificate(t testing.TB, p *pair, rec *recorder, client bool) {
	if !client {
		rec.act(actOp, []byte{8})
	}
	if _, err := p.server.RequestCertificate(RequestClientCert); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		_, err1 := p.server.advance(&p.toClient, &p.toServer, readOp(p.server, nil))
		_, err2 := p.client.advance(&p.toServer, &p.toClient, readOp(p.client, nil))
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
	}
	if p.server.CertificateRequests() != 0 || len(p.server.PeerChain()) == 0 {
		t.Fatal("not answered")
	}
}

// recorder notes what an end sends, as acts.
type recorder struct {
	data  []byte
	early bool // early data is to follow the next message
}

func (r *recorder) act(kind byte, body []byte) {
	r.data = append(append(r.data, kind, byte(len(body)>>8), byte(len(body))), body...)
}

func (r *recorder) Message(sent bool, v iana.ProtocolVersion, typ iana.ContentType, data []byte) {
	switch {
	case !sent:
	case typ == iana.ContentHandshake:
		r.act(actHandshake, append([]byte{data[0]}, data[4:]...))
		if r.early {
			r.early = false
			r.act(actRecord, append([]byte{byte(iana.ContentApplicationData)}, "early"...))
		}
	default:
		r.act(actRecord, append([]byte{byte(typ)}, data...))
	}
}
func (*recorder) RecordHeader(sent bool, header []byte)            {}
func (*recorder) InnerContentType(sent bool, typ iana.ContentType) {}
func (*recorder) Secret(label string, clientRandom, secret []byte) {}
