package core

import (
	"sync"
	"testing"
)

// TestSharedConfig: one Config serves connections of many goroutines at once
// while its ticket keys are rotated.
func TestSharedConfig(t *testing.T) {
	keys, err := NewTicketKeys(nil)
	if err != nil {
		t.Fatal(err)
	}
	id := identityOf(t, "p256")
	server := serverOf(t, func(s *Settings) { s.TicketKeys = keys })
	client := configOf(t, func(s *Settings) { s.Credentials = []*Credential{id.cred} })
	var wg sync.WaitGroup
	for i := 0; i < 8; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			v := bothVersions[i%2]
			var session *Session
			for n := 0; n < 12; n++ {
				p := newPair(NewClient(client, Params{MinVersion: v, MaxVersion: v, ServerName: "example.org", Session: session}),
					NewServer(server, Params{Tickets: 1, ClientAuth: RequestClientCert}))
				if cerr, serr := p.handshake(); cerr != nil || serr != nil {
					t.Errorf("%v, %v", cerr, serr)
					return
				}
				if v == bothVersions[1] {
					if _, err := p.client.advance(&p.toServer, &p.toClient, readOp(p.client, nil)); err != nil {
						t.Error(err)
					}
				}
				if n%4 > 0 && !p.server.Resumed() {
					t.Errorf("%v: handshake %d is not resumed", v, n)
				}
				session = p.client.Session()
				if n%4 == 3 {
					session = nil
				}
				if i == 0 && n%6 == 5 {
					if err := keys.Rotate(nil); err != nil {
						t.Error(err)
					}
				}
				p.client.Free()
				p.server.Free()
			}
		}()
	}
	wg.Wait()
}
