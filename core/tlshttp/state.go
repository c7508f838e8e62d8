package tlshttp

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"

	"patina/core/tlsnet"
)

// Protocols are the names to offer and accept by ALPN: HTTP/2 and HTTP/1.1.
func Protocols() []string { return []string{"h2", "http/1.1"} }

// ConnectionState is s in the terms of crypto/tls.
func ConnectionState(s tlsnet.State) tls.ConnectionState {
	t := tls.ConnectionState{
		Version:                    uint16(s.Version),
		HandshakeComplete:          s.Version != 0,
		DidResume:                  s.Resumed,
		CipherSuite:                uint16(s.Suite),
		CurveID:                    tls.CurveID(s.Group),
		NegotiatedProtocol:         s.ALPN,
		NegotiatedProtocolIsMutual: true,
		ServerName:                 s.ServerName,
		PeerCertificates:           s.PeerChain,
		OCSPResponse:               s.Staple,
		TLSUnique:                  s.Unique,
	}
	if len(s.VerifiedChain) > 0 {
		t.VerifiedChains = [][]*x509.Certificate{s.VerifiedChain}
	}
	return t
}

// conn is a connection that tells HTTP/2 its state.
type conn struct{ *tlsnet.Conn }

func (c conn) ConnectionState() tls.ConnectionState { return ConnectionState(c.State()) }

// connKey is where a request's context has its connection.
type connKey struct{}

// ConnOf is the connection a request has come by, nil if it is not of a server
// that [Configure] has seen.
func ConnOf(r *http.Request) *tlsnet.Conn { return connIn(r.Context()) }

func connIn(ctx context.Context) *tlsnet.Conn {
	c, _ := ctx.Value(connKey{}).(*tlsnet.Conn)
	return c
}

// tlsConn is the TLS connection that c is, nil if it is none.
func tlsConn(c net.Conn) *tlsnet.Conn {
	switch c := c.(type) {
	case *tlsnet.Conn:
		return c
	case conn:
		return c.Conn
	}
	return nil
}
