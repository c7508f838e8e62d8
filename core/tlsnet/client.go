package tlsnet

import (
	"context"
	"net"
	"net/netip"

	"patina/core"
)

// Client makes connections to servers. It is used by any number of goroutines.
type Client struct {
	o *owner
	// Dialer makes the transports of Dial; to be set before the first. Nil: the
	// zero net.Dialer.
	Dialer interface {
		DialContext(ctx context.Context, network, address string) (net.Conn, error)
	}
}

// NewClient compiles cfg.
func NewClient(cfg Config) (*Client, error) {
	o, err := newOwner(cfg, true)
	if err != nil {
		return nil, err
	}
	return &Client{o: o}, nil
}

// DialContext connects to address, host:port, shakes hands and verifies that the
// server is host. The net.Conn is a [*Conn].
func (c *Client) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := c.dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return conn, nil
}

// Dial is DialContext without a context.
func (c *Client) Dial(network, address string) (*Conn, error) {
	return c.dial(context.Background(), network, address)
}

func (c *Client) dial(ctx context.Context, network, address string) (*Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	var transport net.Conn
	if c.Dialer != nil {
		transport, err = c.Dialer.DialContext(ctx, network, address)
	} else {
		transport, err = new(net.Dialer).DialContext(ctx, network, address)
	}
	if err != nil {
		return nil, err
	}
	conn := c.Conn(transport, host)
	if err := conn.HandshakeContext(ctx); err != nil {
		transport.Close()
		return nil, err
	}
	return conn, nil
}

// Conn makes a connection over transport to the server called name, a DNS name or
// an IP address. The handshake begins with the first Read or Write, or with
// HandshakeContext. Sessions are kept by name.
func (c *Client) Conn(transport net.Conn, name string) *Conn {
	p := c.o.Params
	p.ServerName, p.Session = "", nil
	if _, err := netip.ParseAddr(name); err != nil && !c.o.NoServerName {
		p.ServerName = dnsName(name)
	}
	if c.o.Sessions != nil {
		p.Session = c.o.takeSession(name)
	}
	conn := newConn(c.o, core.NewClient(c.o.engine, p), transport)
	conn.name = name
	return conn
}

// dnsName is name as it is sent: without the dot of a rooted name (RFC 6066,
// section 3).
func dnsName(name string) string {
	if n := len(name); n > 0 && name[n-1] == '.' {
		return name[:n-1]
	}
	return name
}
