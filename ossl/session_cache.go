package ossl

import (
	"container/list"
	"sync"
	"sync/atomic"

	"patina/core/iana"
)

// Session cache modes (SSL_SESS_CACHE_...).
const (
	sessCacheOff              = 0x0000
	sessCacheClient           = 0x0001
	sessCacheServer           = 0x0002
	sessCacheNoAutoClear      = 0x0080
	sessCacheNoInternalLookup = 0x0100
	sessCacheNoInternalStore  = 0x0200
)

// cacheShards is the number of parts of a cache that are locked apart. A power
// of two.
const cacheShards = 16

// autoFlushEvery is how many good connections lie between two automatic flushes.
const autoFlushEvery = 256

// sessionCache is the internal cache of an SSL_CTX: sessions by ID. Its limit
// is kept over all shards; the oldest goes first.
type sessionCache struct {
	stats  sessionStats
	count  atomic.Int64
	serial atomic.Uint64
	shard  [cacheShards]cacheShard
}

type cacheShard struct {
	mu     sync.Mutex
	byID   map[string]*list.Element
	age    list.List     // of *cachedSession, oldest first
	oldest atomic.Uint64 // serial of the first, 0 if empty
}

type cachedSession struct {
	id      string
	session *Session
	serial  uint64
}

// sessionStats are the counters of SSL_CTX_sess_number(3).
type sessionStats struct {
	connect, connectGood, connectRenegotiate atomic.Int64
	accept, acceptGood, acceptRenegotiate    atomic.Int64
	hits, misses, timeouts, cacheFull        atomic.Int64
	callbackHits                             atomic.Int64
}

func (c *sessionCache) shardOf(id string) *cacheShard {
	// FNV-1a: an ID of an application's own making need not be random.
	h := uint32(2166136261)
	for i := 0; i < len(id); i++ {
		h = (h ^ uint32(id[i])) * 16777619
	}
	return &c.shard[h%cacheShards]
}

func (c *sessionCache) get(id []byte) *Session {
	sh := c.shardOf(string(id))
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if e := sh.byID[string(id)]; e != nil {
		return e.Value.(*cachedSession).session
	}
	return nil
}

// add puts s in the cache, in place of one of the same ID; added is false if it
// was there already. removed are the sessions that had to go for want of room.
func (c *sessionCache) add(s *Session, limit int) (added bool, removed []*Session) {
	id := string(s.ID())
	sh := c.shardOf(id)
	sh.mu.Lock()
	if e := sh.byID[id]; e != nil {
		if e.Value.(*cachedSession).session == s {
			sh.mu.Unlock()
			return false, nil
		}
		c.drop(sh, e) // replaced, which nobody is told of
	}
	sh.mu.Unlock()
	// As in OpenSSL, the cache stays below its size, but keeps one.
	for limit > 0 && c.count.Load()+1 >= int64(limit) {
		s := c.evict()
		if s == nil {
			break
		}
		c.stats.cacheFull.Add(1)
		removed = append(removed, s)
	}
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if sh.byID == nil {
		sh.byID = map[string]*list.Element{}
	}
	if e := sh.byID[id]; e != nil {
		c.drop(sh, e)
	}
	sh.byID[id] = sh.age.PushBack(&cachedSession{id: id, session: s, serial: c.serial.Add(1)})
	c.count.Add(1)
	s.enterCache()
	sh.touch()
	return true, removed
}

// evict takes the oldest session out; nil if there is none.
func (c *sessionCache) evict() *Session {
	for {
		var first *cacheShard
		var oldest uint64
		for i := range c.shard {
			if n := c.shard[i].oldest.Load(); n != 0 && (oldest == 0 || n < oldest) {
				first, oldest = &c.shard[i], n
			}
		}
		if first == nil {
			return nil
		}
		first.mu.Lock()
		e := first.age.Front()
		var s *Session
		if e != nil {
			s = c.drop(first, e)
		}
		first.mu.Unlock()
		if s != nil {
			return s
		}
	}
}

// drop takes e out of a locked shard.
func (c *sessionCache) drop(sh *cacheShard, e *list.Element) *Session {
	entry := sh.age.Remove(e).(*cachedSession)
	delete(sh.byID, entry.id)
	c.count.Add(-1)
	entry.session.leaveCache()
	sh.touch()
	return entry.session
}

func (sh *cacheShard) touch() {
	var n uint64
	if e := sh.age.Front(); e != nil {
		n = e.Value.(*cachedSession).serial
	}
	sh.oldest.Store(n)
}

// remove takes out the session with the ID of s; nil if there is none.
func (c *sessionCache) remove(s *Session) *Session {
	id := string(s.ID())
	sh := c.shardOf(id)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if e := sh.byID[id]; e != nil {
		return c.drop(sh, e)
	}
	return nil
}

// flush takes out the sessions that have ended at t, all if t is 0.
func (c *sessionCache) flush(t int64) (removed []*Session) {
	for i := range c.shard {
		sh := &c.shard[i]
		sh.mu.Lock()
		for e := sh.age.Front(); e != nil; {
			next := e.Next()
			if s := e.Value.(*cachedSession).session; t == 0 || s.expired(t) {
				removed = append(removed, c.drop(sh, e))
			}
			e = next
		}
		sh.mu.Unlock()
	}
	return removed
}

// all are the sessions of the cache, in no order.
func (c *sessionCache) all() []*Session {
	list := make([]*Session, 0, c.count.Load())
	for i := range c.shard {
		sh := &c.shard[i]
		sh.mu.Lock()
		for e := sh.age.Front(); e != nil; e = e.Next() {
			list = append(list, e.Value.(*cachedSession).session)
		}
		sh.mu.Unlock()
	}
	return list
}

// Sessions is what SSL_CTX_sessions shows.
func (c *Ctx) Sessions() []*Session { return c.sessions.all() }

// AddSession is SSL_CTX_add_session: false if the session is there already.
// removed are to be shown to the remove callback.
func (c *Ctx) AddSession(s *Session) (added bool, removed []*Session) {
	added, removed = c.sessions.add(s, c.snap.Load().cacheSize)
	for _, r := range removed {
		r.SetNotResumable()
	}
	return added, removed
}

// RemoveSession is SSL_CTX_remove_session: the session must not be resumed any
// more. If it has an ID it is to be shown to the remove callback, whatever is
// returned; found tells whether it was in the cache.
func (c *Ctx) RemoveSession(s *Session) (found bool) {
	if len(s.ID()) == 0 {
		return false
	}
	if r := c.sessions.remove(s); r != nil {
		r.SetNotResumable()
		found = true
	}
	s.SetNotResumable()
	return found
}

// FlushSessions is SSL_CTX_flush_sessions: it takes out the sessions that have ended
// at t, in Unix seconds, or all if t is 0. They are to be shown to the remove callback.
func (c *Ctx) FlushSessions(t int64) []*Session {
	removed := c.sessions.flush(t)
	for _, r := range removed {
		r.SetNotResumable()
	}
	return removed
}

// lookupInternal finds the session of an ID in the internal cache, if that is
// to be asked, and counts a miss.
func (c *Ctx) lookupInternal(id []byte) *Session {
	if c.snap.Load().cacheMode&sessCacheNoInternalLookup != 0 {
		return nil
	}
	s := c.sessions.get(id)
	if s == nil {
		c.sessions.stats.misses.Add(1)
	}
	return s
}

// HasMatchingSessionID is SSL_has_matching_session_id: a session of this ID, and
// of the connection's version, is in the internal cache.
func (s *SSL) HasMatchingSessionID(id []byte) bool {
	if len(id) > maxSessionID {
		return false
	}
	n := s.sessionCtx.sessions.get(id)
	return n != nil && int(n.ProtocolVersion()) == s.Version()
}

// foundExternally takes over a session that the get callback has returned; ok
// is false if it cannot be used.
func (c *Ctx) foundExternally(s *Session) (ok bool, removed []*Session) {
	if s.data.Load().notResumable {
		return false, nil
	}
	c.sessions.stats.callbackHits.Add(1)
	if c.snap.Load().cacheMode&sessCacheNoInternalStore == 0 {
		_, removed = c.AddSession(s)
	}
	return true, removed
}

// acceptSession decides whether a server may resume s for a connection with a
// session ID context and a verify mode. An error ends the handshake; expired
// tells that s is to be removed and shown to the remove callback.
func (c *Ctx) acceptSession(s *Session, context []byte, verifyMode int) (ok, expired bool, err error) {
	if string(s.IDContext()) != string(context) {
		return false, false, nil
	}
	if verifyMode&verifyPeer != 0 && len(context) == 0 {
		// Without a context, a session made for another purpose, where the
		// client was not verified, could be resumed here.
		return false, false, fail(ReasonSessionIDContextUninitialized)
	}
	if s.expired(now().Unix()) {
		c.sessions.stats.timeouts.Add(1)
		return false, true, nil
	}
	c.sessions.stats.hits.Add(1)
	return true, false, nil
}

// storeSession says what is to be done with a session that a connection has
// made: put into the internal cache, shown to the new callback.
func (c *Ctx) storeSession(s *Session, server bool, sc *scalars) (internal, callback bool) {
	snap := c.snap.Load()
	d := s.data.Load()
	mode := sessCacheClient
	if server {
		mode = sessCacheServer
	}
	if len(d.ID) == 0 || snap.cacheMode&mode == 0 {
		return false, false
	}
	if server && len(d.Context) == 0 && sc.verifyMode&verifyPeer != 0 {
		return false, false
	}
	// A server's TLS 1.3 session lives in its ticket, unless tickets are off or
	// the application wants to hear of removals.
	internal = snap.cacheMode&sessCacheNoInternalStore == 0 &&
		(d.Version != iana.VersionTLS13 || !server || snap.sessionRemove != 0 || sc.options&opNoTicket != 0 || sc.antiReplay())
	return internal, snap.sessionNew != 0
}

// autoFlush removes ended sessions now and then. The result is to be shown to
// the remove callback.
func (c *Ctx) autoFlush(server bool) []*Session {
	snap := c.snap.Load()
	good, mode := c.sessions.stats.connectGood.Load(), sessCacheClient
	if server {
		good, mode = c.sessions.stats.acceptGood.Load(), sessCacheServer
	}
	if snap.cacheMode&sessCacheNoAutoClear != 0 || snap.cacheMode&mode == 0 || good%autoFlushEvery != autoFlushEvery-1 {
		return nil
	}
	return c.FlushSessions(now().Unix())
}
