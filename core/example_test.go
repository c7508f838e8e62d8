package core_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"log"
	"math/big"
	"time"

	"patina/core"
	"patina/core/provider/stdlib"
)

// Two engines shake hands and talk in memory. The loop in move is all there is
// to owning a Conn.
func Example() {
	serverConfig, err := core.NewConfig(core.Settings{
		Now:         time.Now,
		ALPN:        []string{"http/1.1"},
		Credentials: []*core.Credential{credential("example.org")},
	})
	if err != nil {
		log.Fatal(err)
	}
	clientConfig, err := core.NewConfig(core.Settings{Now: time.Now, ALPN: []string{"h2", "http/1.1"}})
	if err != nil {
		log.Fatal(err)
	}
	client := core.NewClient(clientConfig, core.Params{ServerName: "example.org"})
	server := core.NewServer(serverConfig, core.Params{})

	for !client.HandshakeComplete() || !server.HandshakeComplete() {
		move(client, server, client.Handshake)
		move(server, client, server.Handshake)
	}
	fmt.Println(client.Version(), client.Suite(), client.Group(), client.ALPN())

	move(client, server, func() (core.Wait, error) {
		_, w, err := client.Write([]byte("hello"))
		return w, err
	})
	buf := make([]byte, 100)
	move(server, client, func() (core.Wait, error) {
		n, w, err := server.Read(buf)
		fmt.Printf("%s\n", buf[:n])
		return w, err
	})
	// Output:
	// TLSv1.3 TLS_AES_256_GCM_SHA384 X25519MLKEM768 http/1.1
	// hello
}

// credential is a key with a certificate for names, signed by itself.
func credential(names ...string) *core.Credential {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: names}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		log.Fatal(err)
	}
	signer, err := stdlib.NewSigner(key)
	if err != nil {
		log.Fatal(err)
	}
	return &core.Credential{Chain: [][]byte{der}, Schemes: signer.Schemes(), Signer: signer}
}

// move performs op on c, handing its output to peer, until it is done or needs
// what peer has not sent yet.
func move(c, peer *core.Conn, op func() (core.Wait, error)) {
	for {
		w, err := op()
		if err != nil {
			log.Fatal(err)
		}
		switch w {
		case core.WaitWrite:
			for len(c.Output()) > 0 {
				buf, _ := peer.ReadBuffer()
				n := copy(buf, c.Output())
				peer.Received(n)
				c.Sent(n)
			}
			if c.HandshakeComplete() {
				return
			}
		case core.WaitVerify:
			// A real owner looks at c.PeerChain here.
			if err := c.AnswerVerify(core.AcceptVerified()); err != nil {
				log.Fatal(err)
			}
		default:
			return
		}
	}
}
