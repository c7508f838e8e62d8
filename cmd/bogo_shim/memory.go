package main

import (
	"time"

	"patina/core"
)

// memory is what the connections of one run have in common.
type memory struct {
	tickets  *core.TicketKeys
	sessions map[string]*core.Session // a server's, by ID
	session  *core.Session            // a client's last
	ahead    time.Duration            // of the real time
}

func newMemory() (*memory, error) {
	keys, err := core.NewTicketKeys(nil)
	return &memory{tickets: keys, sessions: make(map[string]*core.Session)}, err
}

func (m *memory) now() time.Time { return time.Now().Add(m.ahead) }

// delay lets so many seconds pass.
func (m *memory) delay(seconds int) { m.ahead += time.Duration(seconds) * time.Second }
