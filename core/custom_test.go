package core

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"patina/core/iana"
	"patina/core/wire"
)

const (
	extOne = iana.ExtensionType(0xff01 + 0x70)
	extTwo = iana.ExtensionType(1000)
)

var everywhere = []CustomExtension{{Type: extOne, In: 0xff, Data: []byte("one")}, {Type: extTwo, In: 0xff, Data: []byte("two")}}

// blocks tells blocks in short.
func blocks(list []CustomBlock) string {
	var b strings.Builder
	for _, x := range list {
		fmt.Fprintf(&b, "%v %d:", x.In, x.Index)
		for _, e := range x.Extensions {
			fmt.Fprintf(&b, " %d=%s", uint16(e.Type), e.Data)
		}
		b.WriteString("; ")
	}
	return b.String()
}

// withChain is a credential whose chain has two certificates.
func withChain(t *testing.T) *Credential {
	cred := *identityOf(t, "p256").cred
	cred.Chain = [][]byte{cred.Chain[0], identityOf(t, "rsa").cert}
	return &cred
}

// extensionOwner writes down what is asked, and gives each extension data that says
// where it was asked for.
type extensionOwner struct {
	log []CustomBlock
	ask []string
}

func (o *extensionOwner) answer(c *Conn, w Wait) (bool, error) {
	switch w {
	case WaitReceived:
		o.log = append(o.log, c.ReceivedExtensions())
		return true, c.AnswerReceived()
	case WaitExtensions:
		q := c.ExtensionsWanted()
		o.ask = append(o.ask, fmt.Sprint(q.In, " ", q.Index))
		if q.In == wire.InCertificate && len(q.Cert) == 0 {
			return true, errors.New("which certificate?")
		}
		for i := range q.Extensions {
			if q.Extensions[i].Data != nil {
				return true, errors.New("data in a question")
			}
			q.Extensions[i].Data = fmt.Append(nil, q.In.String(), q.Index)
		}
		return true, c.AnswerExtensions(q.Extensions[:1])
	}
	return false, nil
}

// TestCustomExtensions: in all messages of both versions, with a HelloRetryRequest,
// client certificates and tickets, from the settings and from owners.
func TestCustomExtensions(t *testing.T) {
	keys, err := NewTicketKeys(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, ask := range []Ask{0, AskExtensions} {
		client := configOf(t, func(s *Settings) {
			s.Ask, s.CustomExtensions = ask|AskSession, everywhere
			s.Groups, s.Credentials = []iana.NamedGroup{iana.GroupX25519, iana.GroupSecp256r1}, []*Credential{withChain(t)}
		})
		server := configOf(t, func(s *Settings) {
			s.Ask, s.CustomExtensions, s.TicketKeys = ask, everywhere, keys
			s.Groups, s.Credentials = []iana.NamedGroup{iana.GroupSecp256r1}, []*Credential{withChain(t)}
		})
		p := newPair(NewClient(client, only13(Params{})), NewServer(server, Params{ClientAuth: RequireClientCert, Tickets: 1}))
		co, so := new(extensionOwner), new(extensionOwner)
		p.client.custom, p.server.custom = co.answer, so.answer
		p.mustHandshake(t)
		gotClient, gotServer := blocks(co.log), blocks(so.log)
		both := "1 0: 65393=one 1000=two; "
		wantClient := "HelloRetryRequest 0: ; ServerHello 0: ; EncryptedExtensions 0: ; CertificateRequest 0: ; Certificate 0: ; NewSessionTicket 0: ; "
		wantServer := "ClientHello 0: ; ClientHello 0: ; Certificate 0: ; "
		if ask == 0 {
			gotClient, gotServer = blocks(p.client.CustomExtensions()), blocks(p.server.CustomExtensions())
			wantClient = strings.ReplaceAll(wantClient, "0: ; ", both[2:])
			wantServer = strings.ReplaceAll(wantServer, "0: ; ", both[2:])
		} else {
			wantClient = strings.ReplaceAll(wantClient, "Certificate 0: ; ", "Certificate 0: ; Certificate 1: ; ")
			wantServer = strings.ReplaceAll(wantServer, "Certificate 0: ; ", "Certificate 0: ; Certificate 1: ; ")
			for _, name := range []string{"HelloRetryRequest", "ClientHello", "EncryptedExtensions", "CertificateRequest", "NewSessionTicket"} {
				wantClient = strings.ReplaceAll(wantClient, name+" 0: ;", name+" 0: 65393="+name+"0;")
				wantServer = strings.ReplaceAll(wantServer, name+" 0: ;", name+" 0: 65393="+name+"0;")
			}
			wantClient = strings.ReplaceAll(wantClient, "; ServerHello 0: ;", "; ServerHello 0: 65393=ServerHello0;")
			for _, i := range []string{"0", "1"} {
				wantClient = strings.ReplaceAll(wantClient, "; Certificate "+i+": ;", "; Certificate "+i+": 65393=Certificate"+i+";")
				wantServer = strings.ReplaceAll(wantServer, "; Certificate "+i+": ;", "; Certificate "+i+": 65393=Certificate"+i+";")
			}
			if got, want := fmt.Sprint(so.ask), "[HelloRetryRequest 0 ServerHello 0 EncryptedExtensions 0 CertificateRequest 0 Certificate 0 Certificate 1 NewSessionTicket 0]"; got != want {
				t.Errorf("the server is asked %v", got)
			}
			if got, want := fmt.Sprint(co.ask), "[ClientHello 0 ClientHello 0 Certificate 0 Certificate 1]"; got != want {
				t.Errorf("the client is asked %v", got)
			}
		}
		if gotClient != wantClient {
			t.Errorf("%v: the client has\n%s\nwant\n%s", ask, gotClient, wantClient)
		}
		if gotServer != wantServer {
			t.Errorf("%v: the server has\n%s\nwant\n%s", ask, gotServer, wantServer)
		}
		// TLS 1.2 has two of these messages; resumed sessions too.
		var session *Session
		for range 2 {
			p = newPair(NewClient(client, Params{MaxVersion: iana.VersionTLS12, Session: session}), NewServer(server, Params{}))
			co, so = new(extensionOwner), new(extensionOwner)
			p.client.custom, p.server.custom = co.answer, so.answer
			p.mustHandshake(t)
			gotClient, gotServer = blocks(co.log), blocks(so.log)
			wantClient, wantServer = "ServerHello of TLS 1.2 0: 65393=ServerHello of TLS 1.20; ", "ClientHello 0: 65393=ClientHello0; "
			if ask == 0 {
				gotClient, gotServer = blocks(p.client.CustomExtensions()), blocks(p.server.CustomExtensions())
				wantClient, wantServer = "ServerHello of TLS 1.2 0: 65393=one 1000=two; ", "ClientHello 0: 65393=one 1000=two; "
			}
			if gotClient != wantClient || gotServer != wantServer || p.client.Resumed() != (session != nil) {
				t.Errorf("TLS 1.2: client %s\nserver %s", gotClient, gotServer)
			}
			if session == nil {
				session = p.client.sessions[0]
			}
		}
	}
}

// TestCustomAfterwards: in the messages of post-handshake authentication.
func TestCustomAfterwards(t *testing.T) {
	own := []CustomExtension{{Type: extTwo, In: wire.InCertificateRequest | wire.InCertificate, Data: []byte("two")}}
	for _, ask := range []Ask{0, AskExtensions} {
		client := configOf(t, func(s *Settings) {
			s.Ask, s.CustomExtensions, s.Credentials = ask, own, []*Credential{withChain(t)}
		})
		server := serverOf(t, func(s *Settings) { s.Ask, s.CustomExtensions = ask, own })
		p := withPostAuth(t, client, server, Params{})
		co, so := new(extensionOwner), new(extensionOwner)
		p.client.custom, p.server.custom = co.answer, so.answer
		for range 3 {
			if ask != 0 {
				if _, err := p.server.RequestCertificate(RequireClientCert); err != ErrExtensionsWanted {
					t.Fatal(err)
				}
				if _, err := so.answer(p.server.Conn, WaitExtensions); err != nil {
					t.Fatal(err)
				}
			}
			p.request(t, RequireClientCert)
			if _, _, cerr, serr := p.turn(t); cerr != nil || serr != nil {
				t.Fatal(cerr, serr)
			}
			if len(p.server.PeerChain()) != 2 {
				t.Fatalf("%d certificates", len(p.server.PeerChain()))
			}
			p.exchange(t)
		}
		got := blocks(co.log) + blocks(so.log)
		request, certificate := "CertificateRequest 0: 1000=CertificateRequest0; ", "Certificate 0: 1000=Certificate0; Certificate 1: 1000=Certificate1; "
		want := strings.Repeat(request, 3) + strings.Repeat(certificate, 3)
		if ask == 0 {
			kept := func(list []CustomBlock, in wire.Messages) (of []CustomBlock) {
				for _, b := range list {
					if b.In == in {
						of = append(of, b)
					}
				}
				return of
			}
			got = blocks(kept(p.client.CustomExtensions(), wire.InCertificateRequest)) + blocks(kept(p.server.CustomExtensions(), wire.InCertificate))
			want = "CertificateRequest 0: 1000=two; Certificate 0: 1000=two; "
		}
		if got != want {
			t.Errorf("%v: got\n%s\nwant\n%s", ask, got, want)
		}
	}
}

// TestCustomUnanswered: a server answers only what the client has sent, a peer that
// does not know the extensions does not mind them, and without any nobody is asked.
func TestCustomUnanswered(t *testing.T) {
	for _, v := range bothVersions {
		o := new(extensionOwner)
		ours := newEnd(NewClient(configOf(t, func(s *Settings) { s.CustomExtensions, s.Ask = everywhere, AskExtensions }), Params{MinVersion: v, MaxVersion: v}))
		ours.custom = o.answer
		if _, err := withGo(t, ours, &tls.Config{Certificates: []tls.Certificate{goCertificate(identityOf(t, "p256"))}}); err != nil || len(o.ask) != 1 || len(o.log) != 0 {
			t.Errorf("%v: %v, %v", v, err, o)
		}
		o = new(extensionOwner)
		ours = newEnd(NewServer(serverOf(t, func(s *Settings) { s.CustomExtensions, s.Ask = everywhere, AskExtensions }), Params{MaxVersion: v}))
		ours.custom = o.answer
		if _, err := withGo(t, ours, &tls.Config{InsecureSkipVerify: true}); err != nil || len(o.ask) != 0 || len(o.log) != 0 {
			t.Errorf("%v: %v, %v", v, err, o)
		}
	}
	// Only one of two has been sent.
	p := newPair(NewClient(configOf(t, func(s *Settings) { s.CustomExtensions = everywhere[1:] }), Params{}),
		NewServer(serverOf(t, func(s *Settings) { s.CustomExtensions = everywhere }), Params{}))
	p.mustHandshake(t)
	if got := blocks(p.client.CustomExtensions()); got != "ServerHello 0: 1000=two; EncryptedExtensions 0: 1000=two; Certificate 0: 1000=two; " {
		t.Error(got)
	}
}

// TestCustomOverride: an extension that the engine could handle is the owner's if he
// says so.
func TestCustomOverride(t *testing.T) {
	const sct = iana.ExtSignedCertificateTimestamp
	cred := withSCTs(t, nil)
	client := configOf(t, func(s *Settings) {
		s.CustomExtensions = []CustomExtension{{Type: sct, In: 0xff, Data: []byte("not what RFC 6962 says")}}
	})
	server := configOf(t, func(s *Settings) { s.CustomExtensions, s.Credentials = client.CustomExtensions, []*Credential{cred} })
	for _, v := range bothVersions {
		p := newPair(NewClient(client, Params{MaxVersion: v, RequestSCT: true}), NewServer(server, Params{}))
		p.mustHandshake(t)
		if p.client.PeerSCTs() != nil || !strings.Contains(blocks(p.client.CustomExtensions()), "18=not what") {
			t.Errorf("%v: %q, %s", v, p.client.PeerSCTs(), blocks(p.client.CustomExtensions()))
		}
	}
}

// TestCustomRefused: what must not come, and what must not be sent.
func TestCustomRefused(t *testing.T) {
	own := func(change func(list []CustomExtension)) func(s *Settings) {
		return func(s *Settings) {
			s.CustomExtensions = append([]CustomExtension(nil), everywhere...)
			if change != nil {
				change(s.CustomExtensions)
			}
		}
	}
	one, two := wire.Extension{Type: extOne, Data: []byte{1}}, wire.Extension{Type: extTwo}
	narrow := func(list []CustomExtension) { list[0].In = wire.InClientHello | wire.InServerHello12 }

	for name, custom := range map[string][]wire.Extension{"twice": {one, two, one}} {
		s := newScript(t, NewServer(serverOf(t, own(nil)), Params{}))
		hello := s.clientHello()
		hello.Custom = custom
		s.send(wire.AppendClientHello(nil, hello))
		s.wantAlert(iana.AlertIllegalParameter)
		wantKind(t, s.err, KindDuplicateExtension)
		_ = name
	}
	for _, x := range []struct {
		name   string
		change func(list []CustomExtension)
		custom []wire.Extension
		kind   Kind
	}{
		{"not in this message", narrow, []wire.Extension{one}, KindForbiddenExtension},
		{"twice", nil, []wire.Extension{two, two}, KindDuplicateExtension},
		{"not sent", func(list []CustomExtension) { list[1].In &^= wire.InClientHello }, []wire.Extension{two}, KindUnsolicitedExtension},
		{"not known", nil, []wire.Extension{{Type: 1001}}, KindUnsolicitedExtension},
	} {
		t.Run(x.name, func(t *testing.T) {
			s := newScript(t, NewClient(configOf(t, own(x.change)), only13(Params{})))
			s.toExtensions()
			s.send(wire.AppendEncryptedExtensions(nil, &wire.EncryptedExtensions{Custom: x.custom}))
			alert := iana.AlertIllegalParameter
			if x.kind == KindUnsolicitedExtension {
				alert = iana.AlertUnsupportedExtension
			}
			s.wantAlert(alert)
			wantKind(t, s.err, x.kind)

			s = newScript(t, NewClient(configOf(t, own(x.change)), only13(Params{})))
			sh := s.serverHello()
			sh.Custom = x.custom
			s.send(wire.AppendServerHello(nil, sh))
			s.wantAlert(alert)

			s = newScript(t, NewClient(configOf(t, own(x.change)), only13(Params{})))
			s.toExtensions()
			entries := wire.EntriesOf(identityOf(t, "p256").cred.Chain, nil, nil)
			entries[0].Custom = x.custom
			s.send(wire.AppendEncryptedExtensions(nil, &wire.EncryptedExtensions{}), wire.AppendCertificateEntries13(nil, nil, entries))
			s.wantAlert(alert)
		})
	}

	// A second hello may change only what is the owner's.
	for _, known := range []bool{true, false} {
		s := newScript(t, NewServer(serverOf(t, func(s *Settings) {
			if known {
				s.CustomExtensions = everywhere
			}
			s.Groups = []iana.NamedGroup{iana.GroupSecp256r1}
		}), Params{}))
		hello := s.clientHello()
		hello.Custom = []wire.Extension{one}
		s.send(wire.AppendClientHello(nil, hello))
		s.run()
		s.mustRecv(iana.TypeServerHello)
		hello.Custom = []wire.Extension{{Type: extOne, Data: []byte("changed")}}
		hello.KeyShares = []wire.KeyShare{{Group: iana.GroupSecp256r1, Data: append([]byte{4}, make([]byte, 64)...)}}
		s.send(wire.AppendClientHello(nil, hello))
		s.run()
		kind := KindBadSecondHello
		if known {
			kind = KindBadKeyShare // goes on to the share, which is no point
		}
		wantKind(t, s.err, kind)
	}

	// Answers that the engine does not send.
	for name, list := range map[string][]wire.Extension{
		"not asked for": {{Type: 1001}}, "twice": {one, one}, "too long": {{Type: extOne, Data: make([]byte, 1<<16-1)}},
	} {
		c := newEnd(NewClient(configOf(t, func(s *Settings) { s.CustomExtensions, s.Ask = everywhere, AskExtensions }), Params{}))
		if err := c.AnswerExtensions(nil); err != ErrNoQuestion {
			t.Errorf("before it is asked: %v", err)
		}
		var out, in bytes.Buffer
		c.custom = func(c *Conn, w Wait) (bool, error) { return true, c.AnswerExtensions(list) }
		if _, err := c.advance(&out, &in, c.Handshake); err == nil {
			t.Errorf("%s: taken", name)
		} else {
			wantKind(t, err, KindInternal)
		}
	}
	// With a staple they must fit into one block.
	server := configOf(t, func(s *Settings) {
		cred := withChain(t)
		cred.Staple = make([]byte, 60<<10)
		s.Credentials, s.CustomExtensions = []*Credential{cred}, []CustomExtension{{Type: extOne, In: 0xff, Data: make([]byte, 8<<10)}}
	})
	p := newPair(NewClient(configOf(t, func(s *Settings) { s.CustomExtensions = everywhere[:1] }), Params{RequestStaple: true}), NewServer(server, Params{}))
	_, serr := p.handshake()
	wantKind(t, serr, KindInternal)

	for name, list := range map[string][]CustomExtension{
		"the engine's": {{Type: iana.ExtKeyShare, In: 0xff}}, "ech_outer_extensions": {{Type: iana.ExtECHOuterExtensions}},
		"twice":    {{Type: extOne}, {Type: extOne}},
		"too long": {{Type: extOne, Data: make([]byte, 16<<10+1)}},
	} {
		if _, err := NewConfig(Settings{Now: time.Now, CustomExtensions: list}); !errors.Is(err, ErrSettings) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
