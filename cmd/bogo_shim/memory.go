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
	start    time.Time
	ahead    time.Duration // of start
}

func newMemory() (*memory, error) {
	keys, err := core.NewTicketKeys(nil)
	return &memory{tickets: keys, sessions: make(map[string]*core.Session), start: time.Now()}, err
}

// now is the time at the start and what has been let pass: tests count seconds.
func (m *memory) now() time.Time { return m.start.Add(m.ahead) }

// delay lets so many seconds pass.
func (m *memory) delay(seconds int) { m.ahead += time.Duration(seconds) * time.Second }
