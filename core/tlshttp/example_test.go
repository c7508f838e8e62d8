package tlshttp_test

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"os"

	"patina/core"
	"patina/core/pki"
	"patina/core/tlshttp"
	"patina/core/tlsnet"
)

// An http.Server and an http.Client speak HTTP/2 over the engine.
func Example() {
	cred, root := exampleCredential()
	server, err := tlsnet.NewServer(tlsnet.Config{
		Settings:        core.Settings{ALPN: tlshttp.Protocols(), Credentials: []*core.Credential{cred}},
		HandshakeFailed: tlshttp.AnswerPlainHTTP,
	})
	if err != nil {
		log.Fatal(err)
	}
	l, err := server.Listen("tcp", "localhost:0")
	if err != nil {
		log.Fatal(err)
	}
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s, %v\n", r.Proto, tlshttp.ConnOf(r).State().Version)
	})}
	go tlshttp.Serve(srv, l)
	defer srv.Close()

	// Without Roots the system's are trusted.
	transport, err := tlshttp.NewTransport(tlsnet.Config{Roots: pki.NewPool([][]byte{root})})
	if err != nil {
		log.Fatal(err)
	}
	client := &http.Client{Transport: transport}
	defer client.CloseIdleConnections()
	res, err := client.Get("https://" + l.Addr().String())
	if err != nil {
		log.Fatal(err)
	}
	defer res.Body.Close()
	io.Copy(os.Stdout, res.Body)
	// Output:
	// HTTP/2.0, TLSv1.3
}
