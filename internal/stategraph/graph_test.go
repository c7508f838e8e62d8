package main

import (
	"os"
	"slices"
	"testing"
)

const coreDir = "../../core"

// TestUpToDate: docs/states.md is what the source says now.
func TestUpToDate(t *testing.T) {
	states, err := ReadStates(coreDir)
	if err != nil {
		t.Fatal(err)
	}
	have, err := os.ReadFile("../../docs/states.md")
	if err != nil {
		t.Fatal(err)
	}
	if Draw(states) != string(have) {
		t.Error("docs/states.md is out of date: go generate ./core")
	}
}

// TestGraph: every state can be reached, from every one the handshake can end, and
// some rules of the RFCs show in the arrows.
func TestGraph(t *testing.T) {
	states, err := ReadStates(coreDir)
	if err != nil {
		t.Fatal(err)
	}
	if len(states) < 40 {
		t.Fatalf("only %d states", len(states))
	}
	byName := map[string]State{}
	for _, s := range states {
		byName[s.Name] = s
	}
	reach := func(from string, without ...string) map[string]bool {
		seen := map[string]bool{}
		var visit func(string)
		visit = func(n string) {
			if seen[n] || slices.Contains(without, n) {
				return
			}
			seen[n] = true
			for _, m := range byName[n].Next {
				visit(m)
			}
		}
		visit(from)
		return seen
	}
	client, server := reach("clientStart"), reach("serverStart")
	between := 0
	for _, s := range states {
		if s.Between {
			between++
		} else if !client[s.Name] && !server[s.Name] {
			t.Errorf("nothing leads to %s", s.Name)
		} else if r := reach(s.Name); !r["established12"] && !r["established13"] {
			t.Errorf("%s leads nowhere", s.Name)
		}
		if s.Doc == "" {
			t.Errorf("%s is not documented", s.Name)
		}
	}
	if between != 1 {
		t.Errorf("%d states stand between others: customReceived does", between)
	}
	for name := range client {
		if server[name] && name != "established12" && name != "established13" {
			t.Errorf("%s belongs to both roles", name)
		}
	}
	// Without its Finished nobody is believed. (An abbreviated handshake of TLS 1.2
	// shares states with the full one, in which the server's Finished is the last:
	// there the arrows do not tell.)
	for role, finished := range map[string][]string{"clientStart": {"client13Finished", "client12Finished"},
		"serverStart": {"server13Finished", "server12Finished", "server12Resume"}} {
		if r := reach(role, finished...); r["established12"] || r["established13"] {
			t.Errorf("from %s there is a way around Finished", role)
		}
	}
	// A certificate that has been shown is judged, and its key proven.
	for _, must := range []struct{ from, by string }{
		{"client13Certificate", "client13Verify"}, {"client13Certificate", "client13CertificateVerify"},
		{"client12Certificate", "client12Verify"}, {"client12Certificate", "client12KeyExchange"},
		{"server13Verify", "server13CertificateVerify"},
	} {
		if r := reach(must.from, must.by); r["established12"] || r["established13"] {
			t.Errorf("from %s there is a way around %s", must.from, must.by)
		}
	}
	for name, want := range map[string]State{
		"client13Certificate": {Takes: []string{"Certificate", "CertificateRequest", "CompressedCertificate"}},
		"server12Seal":        {Sends: []string{"NewSessionTicket"}, Asks: []string{"TicketSeal"}},
	} {
		if got := byName[name]; !slices.Equal(got.Takes, want.Takes) || !slices.Equal(got.Sends, want.Sends) || !slices.Equal(got.Asks, want.Asks) {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
}
