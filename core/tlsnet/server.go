package tlsnet

import (
	"net"

	"patina/core"
)

// Server makes connections to clients. It is used by any number of goroutines.
type Server struct{ o *owner }

// NewServer compiles cfg.
func NewServer(cfg Config) (*Server, error) {
	if len(cfg.Settings.Credentials) == 0 && len(cfg.Settings.PSKs) == 0 && cfg.ForClient == nil {
		return nil, ErrNoCredential
	}
	if cfg.Params.ClientAuth == core.RequireClientCert && cfg.Roots == nil && cfg.Verify == nil && !cfg.InsecureNoVerify {
		return nil, ErrNoRoots
	}
	o, err := newOwner(cfg, false)
	if err != nil {
		return nil, err
	}
	return &Server{o}, nil
}

// Conn makes a connection over transport, which a client has opened. The handshake
// begins with the first Read or Write, or with HandshakeContext.
func (s *Server) Conn(transport net.Conn) *Conn {
	s.o.rotateTickets()
	return newConn(s.o, core.NewServer(s.o.engine, s.o.Params), transport)
}

// Listen listens on address.
func (s *Server) Listen(network, address string) (net.Listener, error) {
	l, err := net.Listen(network, address)
	if err != nil {
		return nil, err
	}
	return s.Listener(l), nil
}

// Listener makes the connections of l speak TLS. Accept does not shake hands: a
// client that is slow to do so keeps nobody else waiting. What it returns is a
// [*Conn].
func (s *Server) Listener(l net.Listener) net.Listener { return &listener{l, s} }

type listener struct {
	net.Listener
	server *Server
}

func (l *listener) Accept() (net.Conn, error) {
	transport, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return l.server.Conn(transport), nil
}
