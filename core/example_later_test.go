package core_test

import (
	"crypto/rand"
	"fmt"
	"log"
	"time"

	"patina/core"
)

// A signature made later: the server's key is somewhere else, so its Credential has no
// Signer. The engine stops at WaitSign, the owner goes about other business, and the
// answer comes from another goroutine; nothing has been called back, and no goroutine
// waits inside of the engine.
func Example_answeredLater() {
	cred := credential("example.org")
	elsewhere := cred.Signer // stands for a hardware module, another machine
	serverConfig, err := core.NewConfig(core.Settings{Now: time.Now,
		Credentials: []*core.Credential{{Chain: cred.Chain, Schemes: cred.Schemes}}})
	if err != nil {
		log.Fatal(err)
	}
	clientConfig, err := core.NewConfig(core.Settings{Now: time.Now})
	if err != nil {
		log.Fatal(err)
	}
	client := core.NewClient(clientConfig, core.Params{ServerName: "example.org"})
	server := core.NewServer(serverConfig, core.Params{})

	answered := make(chan struct{})
	asked := false
	for !client.HandshakeComplete() || !server.HandshakeComplete() {
		move(client, server, client.Handshake)
		move(server, client, func() (core.Wait, error) {
			w, err := server.Handshake()
			if w == core.WaitSign && !asked {
				asked = true
				scheme, message := server.SignRequest()
				fmt.Println("to be signed with", scheme)
				go func() {
					defer close(answered)
					signature, err := elsewhere.Sign(rand.Reader, scheme, message)
					if err == nil {
						err = server.AnswerSign(signature)
					}
					if err != nil {
						log.Fatal(err)
					}
				}()
			}
			return w, err
		})
		if asked {
			// A real owner serves its other connections until it is told. Until then
			// every operation on this one says WaitSign again.
			<-answered
		}
	}
	fmt.Println(client.Version(), client.HandshakeComplete())
	// Output:
	// to be signed with ecdsa_secp256r1_sha256
	// TLSv1.3 true
}
