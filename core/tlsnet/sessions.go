package tlsnet

import (
	"encoding/binary"
	"slices"
	"sync"

	"patina/core"
	"patina/core/iana"
)

// SessionCache keeps a client's sessions by the server's name. It is used by many
// connections at once. It is not to be shared by Clients that trust different
// roots: a session stands for a verification that was made once.
type SessionCache interface {
	// Take returns a session of name, nil if there is none. One of TLS 1.3 it must
	// not return again: used twice, its ticket lets an observer link the two
	// connections (RFC 8446, appendix C.4).
	Take(name string) *core.Session
	// Put keeps s for name.
	Put(name string, s *core.Session)
}

// verifiedSession marks, in Session.VerifyResult, one whose peer was verified.
// Session.Context then has, in Unix seconds, when its certificate expires.
const verifiedSession = 1

// SessionStore keeps a server's sessions by their ID. It is used by many
// connections at once.
type SessionStore interface {
	// Load returns the session of id, nil if there is none.
	Load(id []byte) *core.Session
	// Store keeps s under s.ID and reports whether it does.
	Store(s *core.Session) bool
}

// store answers WaitSessionStore.
func (c *Conn) store() error {
	if !c.o.client {
		kept := c.o.ServerSessions.Store(c.eng.NewSession())
		return c.reply(0, nil, func() error { return c.eng.AnswerStored(kept) })
	}
	s := c.eng.NewSession().Clone()
	c.mu.Lock()
	chain := c.eng.PeerChain()
	c.mu.Unlock()
	if !c.o.InsecureNoVerify && !c.eng.Resumed() && len(chain) > 0 {
		s.VerifyResult = verifiedSession
		s.Context = binary.BigEndian.AppendUint64(nil, uint64(chain[0].NotAfter.Unix()))
	}
	c.o.Sessions.Put(c.name, s)
	return c.reply(0, nil, func() error { return c.eng.AnswerStored(true) })
}

// takeSession finds a session to offer to name: one that was verified if this
// Client verifies, and whose certificate is still good.
func (o *owner) takeSession(name string) *core.Session {
	s := o.Sessions.Take(name)
	if s == nil || o.InsecureNoVerify {
		return s
	}
	if s.VerifyResult != verifiedSession || len(s.Context) != 8 ||
		o.Settings.Now().Unix() > int64(binary.BigEndian.Uint64(s.Context)) {
		return nil
	}
	return s
}

// MemorySessions is a SessionCache in memory.
type MemorySessions struct {
	mu    sync.Mutex
	limit int
	names map[string][]*core.Session
	order []string // least recently used first
}

// ticketsPerName is how many sessions are kept for one name.
const ticketsPerName = 4

// NewMemorySessions keeps the sessions of up to limit servers.
func NewMemorySessions(limit int) *MemorySessions {
	return &MemorySessions{limit: max(limit, 1), names: make(map[string][]*core.Session)}
}

// Take returns the newest session of name.
func (m *MemorySessions) Take(name string) *core.Session {
	m.mu.Lock()
	defer m.mu.Unlock()
	list := m.names[name]
	if len(list) == 0 {
		return nil
	}
	m.use(name)
	s := list[len(list)-1]
	if s.Version >= iana.VersionTLS13 {
		m.names[name] = list[:len(list)-1]
	}
	return s
}

// Put keeps s, and forgets the server that has not been met for longest where
// there are too many.
func (m *MemorySessions) Put(name string, s *core.Session) {
	m.mu.Lock()
	defer m.mu.Unlock()
	list := m.names[name]
	if s.Version < iana.VersionTLS13 {
		list = nil // the newest is as good as all
	}
	if len(list) == ticketsPerName {
		list = list[1:]
	}
	m.names[name] = append(slices.Clip(list), s)
	m.use(name)
	if len(m.order) > m.limit {
		delete(m.names, m.order[0])
		m.order = m.order[1:]
	}
}

// use makes name the last in order.
func (m *MemorySessions) use(name string) {
	if i := slices.Index(m.order, name); i >= 0 {
		m.order = slices.Delete(m.order, i, i+1)
	}
	m.order = append(m.order, name)
}

// All calls f with every session, the least recently used servers first.
func (m *MemorySessions) All(f func(name string, s *core.Session)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, name := range m.order {
		for _, s := range m.names[name] {
			f(name, s)
		}
	}
}

// MemoryStore is a SessionStore in memory.
type MemoryStore struct {
	mu    sync.Mutex
	limit int
	byID  map[string]*core.Session
	order []string // oldest first
}

// NewMemoryStore keeps up to limit sessions; the oldest make room.
func NewMemoryStore(limit int) *MemoryStore {
	return &MemoryStore{limit: max(limit, 1), byID: make(map[string]*core.Session)}
}

// Load returns the session of id. One of TLS 1.3 is returned once: its client gets
// another.
func (m *MemoryStore) Load(id []byte) *core.Session {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.byID[string(id)]
	if s != nil && s.Version >= iana.VersionTLS13 {
		delete(m.byID, string(id))
	}
	return s
}

// Store keeps s.
func (m *MemoryStore) Store(s *core.Session) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.order) >= m.limit {
		delete(m.byID, m.order[0])
		m.order = m.order[1:]
	}
	m.byID[string(s.ID)] = s
	m.order = append(m.order, string(s.ID))
	return true
}
