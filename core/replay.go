package core

import (
	"encoding/binary"
	"sync"
	"time"
)

// AntiReplay keeps early data from being accepted twice (RFC 8446, section 8).
// It is called for ClientHellos whose binder is right and whose ticket is as
// old as its client says, by many connections at once.
//
// One that knows of this process only does not protect servers that share their
// ticket keys: an attacker takes the hello to another of them.
type AntiReplay interface {
	// First reports that the hello has not been seen before, and remembers it.
	// What is not sure is false: the client sends its data again, at the cost of
	// a round trip.
	First(r ReplayCheck) bool
}

// ReplayCheck is what an AntiReplay knows of a ClientHello.
type ReplayCheck struct {
	ID      [32]byte  // of the ClientHello: a hash of its PSK binder
	Created time.Time // when the ticket was made
	Now     time.Time
	// Until is when the hello becomes too old to be accepted, and may be
	// forgotten: Params.EarlyDataWindow after it was sent.
	Until time.Time
}

// StrikeRegister is an AntiReplay in memory (RFC 8446, section 8.2): tables of
// a fixed size that have the hellos of the present span of time and the one before.
// It serves windows up to DefaultEarlyDataWindow and turns others down. When it is
// full no early data is accepted until the present span ends. It takes a lock
// of one of its shards for the time of a look-up.
//
// Tickets older than the register are turned down, since what came before it,
// in an earlier process say, is not known to it.
type StrikeRegister struct {
	start  time.Time
	shards [strikeShards]strikeShard
}

type strikeShard struct {
	mu sync.Mutex
	// The table of the present span and that of the one before.
	now, before []strike
	n           int   // in now
	span        int64 // the number of the span
}

// strike is the first half of an ID; the zero value is an empty place.
type strike [2]uint64

const (
	// strikeShards lock apart.
	strikeShards = 16
	// strikeProbes is how many places of a table are looked at; if none is free it
	// counts as full.
	strikeProbes = 16
	// minStrikes is the least number of hellos a register has room for.
	minStrikes = strikeShards * strikeProbes
	// strikeSpan: a hello is accepted from a window before to a window after it was
	// sent, so that two spans have all of it.
	strikeSpan = 2 * DefaultEarlyDataWindow
)

// NewStrikeRegister makes a register that begins now, with room for n hellos in
// each span of twenty seconds, 64 bytes each.
func NewStrikeRegister(n int, now time.Time) *StrikeRegister {
	// A ticket knows milliseconds.
	r := &StrikeRegister{start: now.Truncate(time.Millisecond)}
	// Twice the room, so that probes are short.
	places := 2 * ((max(n, minStrikes) + strikeShards - 1) / strikeShards)
	for i := range r.shards {
		r.shards[i].now = make([]strike, places)
		r.shards[i].before = make([]strike, places)
	}
	return r
}

// First is AntiReplay's.
func (r *StrikeRegister) First(c ReplayCheck) bool {
	if c.Created.Before(r.start) || c.Until.Sub(c.Now) > strikeSpan {
		return false
	}
	id := strike{binary.BigEndian.Uint64(c.ID[:]), binary.BigEndian.Uint64(c.ID[8:])}
	if id == (strike{}) {
		id[0] = 1
	}
	s := &r.shards[c.ID[31]%strikeShards]
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.turn(c.Now.UnixNano()/int64(strikeSpan)) || has(s.before, id) {
		return false
	}
	return s.add(id)
}

// turn goes on to the span now. The clock going back makes it false: what was
// dropped since may have been of that time.
func (s *strikeShard) turn(span int64) bool {
	if span < s.span {
		return false
	}
	switch span - s.span {
	case 0:
		return true
	case 1:
		s.now, s.before = s.before, s.now
	default:
		clear(s.before)
	}
	clear(s.now)
	s.span, s.n = span, 0
	return true
}

// add puts id into the present table; false if it is there or there is no room.
func (s *strikeShard) add(id strike) bool {
	if 2*s.n >= len(s.now) {
		return false
	}
	for i := range strikeProbes {
		p := &s.now[(id[0]+uint64(i))%uint64(len(s.now))]
		switch *p {
		case id:
			return false
		case strike{}:
			*p = id
			s.n++
			return true
		}
	}
	return false
}

func has(table []strike, id strike) bool {
	for i := range strikeProbes {
		switch table[(id[0]+uint64(i))%uint64(len(table))] {
		case id:
			return true
		case strike{}:
			return false
		}
	}
	return false
}
