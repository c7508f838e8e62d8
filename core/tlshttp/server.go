package tlshttp

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"patina/core"
	"patina/core/tlsnet"
)

// Serve is srv.Serve on a listener of package tlsnet, after [Configure]. The
// server's ALPN list says what clients are told that it speaks (Protocols).
func Serve(srv *http.Server, l net.Listener) error {
	Configure(srv)
	return srv.Serve(l)
}

// Configure makes srv speak HTTP/2, as well as HTTP/1.1, on connections of package
// tlsnet, and tell its handlers of their TLS. srv.Protocols without HTTP2 leaves
// HTTP/2 out. It is called once, before srv serves; srv is then not to be used for
// connections that are not TLS.
func Configure(srv *http.Server) {
	var p http.Protocols
	if srv.Protocols == nil {
		p.SetHTTP1(true)
		p.SetHTTP2(true)
	} else {
		p = *srv.Protocols
	}
	p.SetUnencryptedHTTP2(p.HTTP2()) // what net/http calls a connection that is not of crypto/tls
	srv.Protocols = &p

	connContext := srv.ConnContext
	srv.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		if connContext != nil {
			ctx = connContext(ctx, c)
		}
		if t := tlsConn(c); t != nil {
			ctx = context.WithValue(ctx, connKey{}, t)
		}
		return ctx
	}
	srv.Handler = handler{srv.Handler}
}

// handler tells the next one of the connection's TLS.
type handler struct{ next http.Handler }

func (h handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if c := ConnOf(r); c != nil {
		if c.State().Version == 0 { // the request came early, and may come again
			if !safe(r.Method) {
				if err := c.Handshake(); err != nil {
					panic(http.ErrAbortHandler)
				}
			} else {
				r.Header.Set("Early-Data", "1")
			}
		}
		state := ConnectionState(c.State())
		r.TLS = &state
	}
	next := h.next
	if next == nil {
		next = http.DefaultServeMux
	}
	next.ServeHTTP(w, r)
}

// safe reports that a request of the method may be answered twice (RFC 9110, section
// 9.2.1).
func safe(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return true
	}
	return false
}

// AnswerPlainHTTP is for [tlsnet.Config].HandshakeFailed: a client that has sent an
// HTTP request where TLS is spoken is told so in HTTP.
func AnswerPlainHTTP(c *tlsnet.Conn, err error) {
	var e *core.Error
	if !errors.As(err, &e) || e.Kind != core.KindHTTPRequest {
		return
	}
	t := c.NetConn()
	t.SetWriteDeadline(time.Now().Add(answerTimeout))
	io.WriteString(t, "HTTP/1.0 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n"+
		"This port speaks HTTPS, and the request came without TLS.\n")
}

// answerTimeout is how long that answer may take.
const answerTimeout = 5 * time.Second
