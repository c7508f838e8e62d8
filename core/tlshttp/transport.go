package tlshttp

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"slices"
	"sync"
	"time"

	"golang.org/x/net/http2"

	"patina/core/tlsnet"
)

// Transport is an http.RoundTripper that makes its TLS connections with package
// tlsnet and speaks HTTP/2 with the servers that have chosen it, HTTP/1.1 with the
// others and without TLS.
type Transport struct {
	// HTTP1 carries the requests of HTTP/1.1; its limits may be set before the first
	// request. Its Proxy is nil: through a proxy it would use crypto/tls.
	HTTP1 *http.Transport
	// HTTP2 carries those of HTTP/2.
	HTTP2 *http2.Transport
	pool  *pool
}

// idleTimeout is how long a connection without requests is kept.
const idleTimeout = 90 * time.Second

// NewTransport makes a Transport. cfg.Settings.ALPN is Protocols() if it is nil.
func NewTransport(cfg tlsnet.Config) (*Transport, error) {
	if cfg.Settings.ALPN == nil {
		cfg.Settings.ALPN = Protocols()
	}
	client, err := tlsnet.NewClient(cfg)
	if err != nil {
		return nil, err
	}
	// For connections that net/http makes by itself: it has none but HTTP/1.1.
	cfg.Settings.ALPN = slices.DeleteFunc(slices.Clone(cfg.Settings.ALPN), func(p string) bool { return p == "h2" })
	plain, err := tlsnet.NewClient(cfg)
	if err != nil {
		return nil, err
	}
	p := &pool{client: client, plain: plain, hosts: make(map[string]*host)}
	var only1 http.Protocols
	only1.SetHTTP1(true)
	t := &Transport{pool: p,
		HTTP1: &http.Transport{DialTLSContext: p.dial1, Protocols: &only1, IdleConnTimeout: idleTimeout},
		HTTP2: &http2.Transport{ConnPool: p, IdleConnTimeout: idleTimeout},
	}
	p.http2 = t.HTTP2
	return t, nil
}

// RoundTrip sends a request.
func (t *Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme != "https" {
		return t.HTTP1.RoundTrip(r)
	}
	res, err := t.HTTP2.RoundTrip(r)
	if !errors.Is(err, http2.ErrNoCachedConn) {
		return res, err
	}
	var used *tlsnet.Conn
	trace := &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) { used = tlsConn(i.Conn) }}
	res, err = t.HTTP1.RoundTrip(r.WithContext(httptrace.WithClientTrace(r.Context(), trace)))
	if err == nil {
		res.Request = r
		if used != nil {
			state := ConnectionState(used.State())
			res.TLS = &state
		}
	}
	return res, err
}

// CloseIdleConnections closes the connections no request is using.
func (t *Transport) CloseIdleConnections() {
	t.HTTP1.CloseIdleConnections()
	t.pool.closeIdle()
}

// pool is an http2.ClientConnPool, which makes the first connection to each server
// and so learns what the server speaks.
type pool struct {
	client, plain *tlsnet.Client
	http2         *http2.Transport

	mu    sync.Mutex
	hosts map[string]*host
}

// host is a server, by its address.
type host struct {
	conns []*http2.ClientConn
	// first is a connection that has turned out to be HTTP/1.1 and that nobody has
	// used yet.
	first net.Conn
	only1 bool
	// dialing is closed when the connection now being made is there.
	dialing chan struct{}
}

// GetClientConn returns a connection that takes one more request, or
// http2.ErrNoCachedConn where the server does not speak HTTP/2.
func (p *pool) GetClientConn(r *http.Request, addr string) (*http2.ClientConn, error) {
	for {
		p.mu.Lock()
		h := p.hosts[addr]
		if h == nil {
			h = new(host)
			p.hosts[addr] = h
		}
		if h.only1 {
			p.mu.Unlock()
			return nil, http2.ErrNoCachedConn
		}
		for _, c := range h.conns {
			if c.ReserveNewRequest() {
				p.mu.Unlock()
				return c, nil
			}
		}
		if wait := h.dialing; wait != nil {
			p.mu.Unlock()
			select {
			case <-wait:
				continue
			case <-r.Context().Done():
				return nil, r.Context().Err()
			}
		}
		h.dialing = make(chan struct{})
		p.mu.Unlock()

		c, err := p.client.DialContext(r.Context(), "tcp", addr)
		var made *http2.ClientConn
		is2 := err == nil && c.(*tlsnet.Conn).State().ALPN == http2.NextProtoTLS
		if is2 {
			if made, err = p.http2.NewClientConn(conn{c.(*tlsnet.Conn)}); err != nil {
				c.Close()
			} else if !made.ReserveNewRequest() {
				err = http2.ErrNoCachedConn
			}
		}
		p.mu.Lock()
		close(h.dialing)
		h.dialing = nil
		if err == nil && is2 {
			h.conns = append(h.conns, made)
		} else if err == nil {
			h.first, h.only1 = c, true
			err = http2.ErrNoCachedConn
		}
		p.mu.Unlock()
		return made, err
	}
}

// MarkDead forgets c.
func (p *pool) MarkDead(c *http2.ClientConn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for addr, h := range p.hosts {
		if i := slices.Index(h.conns, c); i >= 0 {
			h.conns = slices.Delete(h.conns, i, i+1)
			if len(h.conns) == 0 && h.dialing == nil {
				delete(p.hosts, addr) // it may speak something else next time
			}
			return
		}
	}
}

// dial1 makes a connection of HTTP/1.1.
func (p *pool) dial1(ctx context.Context, network, addr string) (net.Conn, error) {
	p.mu.Lock()
	if h := p.hosts[addr]; h != nil && h.first != nil {
		c := h.first
		h.first = nil
		p.mu.Unlock()
		return c, nil
	}
	p.mu.Unlock()
	return p.plain.DialContext(ctx, network, addr)
}

func (p *pool) closeIdle() {
	var idle []*http2.ClientConn
	p.mu.Lock()
	for addr, h := range p.hosts {
		if h.first != nil {
			h.first.Close()
			h.first = nil
		}
		if h.dialing == nil && len(h.conns) == 0 {
			delete(p.hosts, addr)
		}
		for _, c := range h.conns {
			if s := c.State(); s.StreamsActive+s.StreamsReserved+s.StreamsPending == 0 {
				idle = append(idle, c)
			}
		}
	}
	p.mu.Unlock()
	for _, c := range idle {
		c.Close() // which ends in MarkDead
	}
}
