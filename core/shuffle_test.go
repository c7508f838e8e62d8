package core

import (
	"slices"
	"testing"

	"patina/core/ech"
	"patina/core/iana"
)

// TestShuffleExtensions: a new order for each connection, one for both hellos of
// a HelloRetryRequest, and for those of ECH; with resumption.
func TestShuffleExtensions(t *testing.T) {
	types := func(s *script) (list []iana.ExtensionType) {
		for _, e := range s.hello.Extensions {
			list = append(list, e.Type)
		}
		return list
	}
	var before []iana.ExtensionType
	different := false
	for range 10 {
		s := newScript(t, NewClient(configOf(t, nil), Params{ServerName: "example.org", ShuffleExtensions: true}))
		s.serverHello()
		got := types(s)
		different = different || before != nil && !slices.Equal(got, before)
		before = got
	}
	if !different {
		t.Error("ten times the same order")
	}

	keys, err := NewTicketKeys(nil)
	if err != nil {
		t.Fatal(err)
	}
	key := echKey(t, ech.Template{})
	server := echServerOf(t, func(s *Settings) {
		s.ECHKeys, s.TicketKeys, s.Groups = echRing(t, key), keys, []iana.NamedGroup{iana.GroupSecp384r1}
	})
	client := configOf(t, func(s *Settings) { s.Ask = AskSession })
	for _, hide := range []bool{false, true} {
		p := Params{ServerName: hiddenName, ShuffleExtensions: true}
		if hide {
			p.ECHConfigs = ech.ConfigList{key.Config}
		}
		for i := range 3 {
			x := newPair(NewClient(client, p), NewServer(server, Params{Tickets: 1}))
			x.mustHandshake(t)
			if x.client.Resumed() != (i > 0) || hide && x.client.ECH() != ECHAccepted {
				t.Errorf("%v, %d: resumed %v, ECH %v", hide, i, x.client.Resumed(), x.client.ECH())
			}
			if len(x.client.sessions) == 0 {
				t.Fatal("no session")
			}
			p.Session = x.client.sessions[0]
		}
	}
}
