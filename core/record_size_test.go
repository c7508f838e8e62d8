package core

import (
	"bytes"
	"testing"

	"patina/core/iana"
	"patina/core/wire"
)

// sizes notes how long protected records are, in each direction.
type sizes struct {
	*events
	c              *Conn
	sent, received int // the longest
}

func (s *sizes) RecordHeader(sent bool, header []byte) {
	n := int(header[3])<<8 | int(header[4])
	switch {
	case sent && s.c.out.sealer.Protected():
		s.sent = max(s.sent, n)
	case !sent && s.c.in.opener.Protected():
		s.received = max(s.received, n)
	}
}

// TestRecordSizeLimit: what is agreed on holds for every protected record, of
// the handshake and of data, whatever Params.MaxFragment says.
func TestRecordSizeLimit(t *testing.T) {
	const none = 0
	for _, v := range bothVersions {
		most := int(maxRecordSizeLimit(v))
		for _, tt := range []struct {
			client, server         uint16
			wantClient, wantServer int // what each takes
		}{
			{none, none, 0, 0},
			{none, 100, 0, 0},
			{64, none, 64, most},
			{1, 70, 64, 70},
			{600, 513, 600, 513},
			{1 << 14, 1 << 14, 1 << 14, 1 << 14},
			{1<<14 + 1, 65535, most, most},
		} {
			p := newPair(NewClient(configOf(t, nil), Params{MinVersion: v, MaxVersion: v, RecordSizeLimit: tt.client}),
				NewServer(serverOf(t, nil), Params{RecordSizeLimit: tt.server, Tickets: 1}))
			client, server := &sizes{events: &p.client.events, c: p.client.Conn}, &sizes{events: &p.server.events, c: p.server.Conn}
			p.client.SetObserver(client)
			p.server.SetObserver(server)
			p.mustHandshake(t)
			p.client.SetMaxFragment(0) // as much as may be
			p.server.SetMaxFragment(0)
			data := make([]byte, 40000)
			for i := range data {
				data[i] = byte(i % 251)
			}
			for _, dir := range []struct {
				from, to  *end
				out, back *bytes.Buffer
			}{{p.client, p.server, &p.toServer, &p.toClient}, {p.server, p.client, &p.toClient, &p.toServer}} {
				rest := data
				if _, err := dir.from.advance(dir.out, dir.back, func() (Wait, error) {
					n, w, err := dir.from.Write(rest)
					if rest = rest[n:]; w == WaitNone && len(rest) > 0 {
						w = WaitWrite
					}
					return w, err
				}); err != nil || len(rest) > 0 {
					t.Fatal(err, len(rest))
				}
				var got []byte
				for len(got) < len(data) {
					if _, err := dir.to.advance(dir.back, dir.out, readOp(dir.to, &got)); err != nil {
						t.Fatal(err)
					}
				}
				if !bytes.Equal(got, data) {
					t.Fatal("the data has changed")
				}
			}
			own, peer := p.client.RecordSizeLimits()
			if sown, speer := p.server.RecordSizeLimits(); own != tt.wantClient || peer != tt.wantServer || sown != peer || speer != own {
				t.Errorf("%v, %d and %d: %d %d, %d %d", v, tt.client, tt.server, own, peer, sown, speer)
			}
			overhead := p.client.out.sealer.Overhead() - 5
			if v == iana.VersionTLS13 {
				overhead-- // the content type is part of it
			}
			if own == 0 {
				own, peer = most, most
			}
			if client.received != own+overhead || server.received != peer+overhead || client.sent != server.received {
				t.Errorf("%v, %d and %d: the client got up to %d, the server %d", v, tt.client, tt.server, client.received, server.received)
			}
		}
	}
}

// TestRecordSizeLimitAndFragment: with both, record_size_limit counts (RFC 8449,
// section 5); without, max_fragment_length is as it was.
func TestRecordSizeLimitAndFragment(t *testing.T) {
	for _, v := range bothVersions {
		p := newPair(NewClient(configOf(t, nil), Params{MinVersion: v, MaxVersion: v, RecordSizeLimit: 1000, MaxFragmentLength: 1}), NewServer(serverOf(t, nil), Params{}))
		p.mustHandshake(t)
		own, _ := p.client.RecordSizeLimits()
		if own != 1000 || p.client.FragmentLimit() != 0 || p.server.FragmentLimit() != 0 {
			t.Errorf("%v: %d, %d", v, own, p.client.FragmentLimit())
		}
		p = newPair(NewClient(configOf(t, nil), Params{MinVersion: v, MaxVersion: v, MaxFragmentLength: 1}), NewServer(serverOf(t, nil), Params{RecordSizeLimit: 1000}))
		p.mustHandshake(t)
		own, _ = p.client.RecordSizeLimits()
		if own != 0 || p.client.FragmentLimit() != 512 || p.server.FragmentLimit() != 512 {
			t.Errorf("%v: %d, %d", v, own, p.client.FragmentLimit())
		}
	}
}

// TestRecordSizeLimitRefused: values and records that must not be.
func TestRecordSizeLimitRefused(t *testing.T) {
	for _, tt := range []struct {
		name  string
		p     Params
		ee    wire.EncryptedExtensions
		alert iana.AlertDescription
		kind  Kind
	}{
		{"below 64", Params{RecordSizeLimit: 100}, wire.EncryptedExtensions{RecordSizeLimit: 63}, iana.AlertIllegalParameter, KindIllegalParameter},
		{"more than there is", Params{RecordSizeLimit: 100}, wire.EncryptedExtensions{RecordSizeLimit: 1<<14 + 2}, iana.AlertIllegalParameter, KindBadRecordSizeLimit},
		{"not asked for", Params{}, wire.EncryptedExtensions{RecordSizeLimit: 100}, iana.AlertUnsupportedExtension, KindUnsolicitedExtension},
		{"with max_fragment_length", Params{RecordSizeLimit: 100, MaxFragmentLength: 1}, wire.EncryptedExtensions{RecordSizeLimit: 100, MaxFragmentLength: 1}, iana.AlertIllegalParameter, KindBadRecordSizeLimit},
	} {
		t.Run("1.3/"+tt.name, func(t *testing.T) {
			s := newScript(t, NewClient(configOf(t, nil), only13(tt.p)))
			s.toExtensions()
			s.send(wire.AppendEncryptedExtensions(nil, &tt.ee))
			s.wantAlert(tt.alert)
			wantKind(t, s.err, tt.kind)
		})
		t.Run("1.2/"+tt.name, func(t *testing.T) {
			s := newScript(t, NewClient(configOf(t, nil), only12(tt.p)))
			s.run()
			var hello wire.ClientHello
			if err := wire.ParseClientHello(&hello, s.mustRecv(iana.TypeClientHello)); err != nil {
				t.Fatal(err)
			}
			s.send(wire.AppendServerHello(nil, &wire.ServerHello{LegacyVersion: iana.VersionTLS12, Version: iana.VersionTLS12, Random: make([]byte, 32),
				CipherSuite: iana.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, SecureRenegotiation: true, ExtendedMasterSecret: true,
				MaxFragmentLength: tt.ee.MaxFragmentLength, RecordSizeLimit: tt.ee.RecordSizeLimit}))
			s.wantAlert(tt.alert)
			wantKind(t, s.err, tt.kind)
		})
	}
	t.Run("a client's below 64", func(t *testing.T) {
		s := newScript(t, NewServer(serverOf(t, nil), Params{}))
		hello := s.clientHello()
		hello.RecordSizeLimit = 63
		s.send(wire.AppendClientHello(nil, hello))
		s.wantAlert(iana.AlertIllegalParameter)
	})
	t.Run("a record too long", func(t *testing.T) {
		s := newScript(t, NewServer(serverOf(t, nil), only13(Params{RecordSizeLimit: 200})))
		hello := s.clientHello()
		hello.RecordSizeLimit = 65535 // a client may know more than there is
		s.toFlight(hello)
		s.send(s.finished())
		s.protect(&s.sealer, &s.ownApp)
		s.record(iana.ContentApplicationData, make([]byte, 199))
		for range 5 { // it reads 64 bytes at once
			if s.run(); s.err != nil {
				t.Fatal(s.err)
			}
		}
		s.record(iana.ContentApplicationData, make([]byte, 200))
		s.wantAlert(iana.AlertRecordOverflow)
		wantKind(t, s.err, KindRecordOverflow)
	})
}
