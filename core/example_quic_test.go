package core_test

import (
	"fmt"
	"log"
	"time"

	"patina/core"
)

// Two ends of QUIC without its packets: what one end has for CRYPTO frames goes
// to the other. A QUIC stack installs the secrets where this example counts them.
func ExampleQUIC() {
	serverConfig, err := core.NewConfig(core.Settings{Now: time.Now, ALPN: []string{"h3"}, Credentials: []*core.Credential{credential("example.org")}})
	if err != nil {
		log.Fatal(err)
	}
	clientConfig, err := core.NewConfig(core.Settings{Now: time.Now, ALPN: []string{"h3"}})
	if err != nil {
		log.Fatal(err)
	}
	client := core.NewQUICClient(clientConfig, core.Params{ServerName: "example.org", QUICTransportParameters: []byte("client's")})
	server := core.NewQUICServer(serverConfig, core.Params{QUICTransportParameters: []byte("server's")})

	secrets := 0
	advance := func(q, peer *core.QUIC) {
		w, err := q.Advance()
		for err == nil && w == core.WaitVerify {
			// A real owner looks at PeerChain here.
			if err = q.Conn().AnswerVerify(core.AcceptVerified()); err == nil {
				w, err = q.Advance()
			}
		}
		for e := q.NextEvent(); e.Kind != core.QUICNoEvent; e = q.NextEvent() {
			switch e.Kind {
			case core.QUICCrypto:
				if err := peer.Receive(e.Level, e.Data); err != nil {
					log.Fatal(err)
				}
				if _, err := peer.Advance(); err != nil {
					log.Fatal(err)
				}
			case core.QUICReadSecret, core.QUICWriteSecret:
				secrets++
			case core.QUICTransportParameters:
				fmt.Printf("%s\n", e.Data)
			}
		}
		if err != nil {
			code, _ := core.QUICErrorCode(err)
			log.Fatalf("CONNECTION_CLOSE %#x: %v", code, err)
		}
	}
	for !client.Conn().HandshakeComplete() || !server.Conn().HandshakeComplete() {
		advance(client, server)
		advance(server, client)
	}
	fmt.Println(client.Conn().ALPN(), secrets, "secrets")
	// Output:
	// client's
	// server's
	// h3 8 secrets
}
