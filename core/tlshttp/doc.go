// Package tlshttp joins the connections of package core/tlsnet with net/http:
// HTTP/1.1 and HTTP/2, as a server and as a client.
//
//	server, err := tlsnet.NewServer(tlsnet.Config{Settings: core.Settings{
//		ALPN: tlshttp.Protocols(), Credentials: []*core.Credential{cred}}})
//	l, err := server.Listen("tcp", ":443")
//	err = tlshttp.Serve(&http.Server{Handler: handler}, l)
//
//	transport, err := tlshttp.NewTransport(tlsnet.Config{})
//	client := &http.Client{Transport: transport}
//
// net/http speaks HTTP/2 over TLS with connections of crypto/tls only. On a
// server's other connections it recognises HTTP/2 by its preface, which is what
// [Serve] has it do. A [Transport] asks ALPN (RFC 7301) which of the two a server
// speaks; its HTTP/2 is that of golang.org/x/net/http2.
//
// Where a server takes early data (tlsnet.Config.EarlyData), a request may reach its
// handler before the handshake is complete, and more than once (RFC 8470). Those of
// methods that are not safe wait for the handshake. The others have the header field
// Early-Data: 1 then, and Request.TLS with HandshakeComplete unset; a handler for which
// that is not enough waits itself, by [ConnOf] and Handshake, or answers
// http.StatusTooEarly.
//
// Handlers find the TLS state in Request.TLS, clients theirs in Response.TLS, in
// the terms of crypto/tls, whose code has no part in it: exporters, which that
// type cannot carry, and all that is this engine's own are had from the connection
// ([ConnOf]).
package tlshttp
