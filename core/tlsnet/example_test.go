package tlsnet_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"time"

	"patina/core"
	"patina/core/iana"
	"patina/core/pki"
	"patina/core/provider/stdlib"
	"patina/core/tlsnet"
)

// A server that sends back what it gets, and a client that verifies it.
func Example() {
	chain, key := identity("localhost")
	cred, err := tlsnet.NewCredential(chain, key) // or LoadCredential("chain.pem", "key.pem")
	if err != nil {
		log.Fatal(err)
	}
	addr := echo(tlsnet.Config{Settings: core.Settings{Credentials: []*core.Credential{cred}}})

	client, err := tlsnet.NewClient(tlsnet.Config{Roots: pki.NewPool(chain)}) // without Roots: the system's
	if err != nil {
		log.Fatal(err)
	}
	c, err := client.DialContext(context.Background(), "tcp", addr)
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	fmt.Fprint(c, "hello")
	c.(*tlsnet.Conn).CloseWrite()
	answer, err := io.ReadAll(c)
	fmt.Println(string(answer), err, c.(*tlsnet.Conn).State().Version)
	// Output:
	// hello <nil> TLSv1.3
}

// A client keeps sessions, and its second connection needs no certificates.
func ExampleConfig_resumption() {
	chain, key := identity("localhost")
	cred, err := tlsnet.NewCredential(chain, key)
	if err != nil {
		log.Fatal(err)
	}
	addr := echo(tlsnet.Config{Settings: core.Settings{Credentials: []*core.Credential{cred}}})

	client, err := tlsnet.NewClient(tlsnet.Config{
		Roots:    pki.NewPool(chain),
		Sessions: tlsnet.NewMemorySessions(100),
	})
	if err != nil {
		log.Fatal(err)
	}
	for range 2 {
		c, err := client.Dial("tcp", addr)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("resumed:", c.State().Resumed)
		// Tickets of TLS 1.3 come with the data, so whoever reads gets them.
		c.CloseWrite()
		io.Copy(io.Discard, c)
		c.Close()
	}
	// Output:
	// resumed: false
	// resumed: true
}

// A server that asks its clients for certificates.
func ExampleConfig_clientCertificates() {
	chain, key := identity("localhost")
	cred, err := tlsnet.NewCredential(chain, key)
	if err != nil {
		log.Fatal(err)
	}
	myChain, myKey := identity("client 7")
	mine, err := tlsnet.NewCredential(myChain, myKey)
	if err != nil {
		log.Fatal(err)
	}
	server, err := tlsnet.NewServer(tlsnet.Config{
		Settings: core.Settings{Credentials: []*core.Credential{cred}},
		Params:   core.Params{ClientAuth: core.RequireClientCert},
		Roots:    pki.NewPool(myChain), // who issues the clients' certificates
	})
	if err != nil {
		log.Fatal(err)
	}
	l, err := server.Listen("tcp", "localhost:0")
	if err != nil {
		log.Fatal(err)
	}
	defer l.Close()
	done := make(chan struct{})
	go func() {
		defer close(done)
		c, err := l.Accept()
		if err != nil {
			log.Fatal(err)
		}
		defer c.Close()
		if err := c.(*tlsnet.Conn).Handshake(); err != nil {
			log.Fatal(err)
		}
		fmt.Println("the client is", c.(*tlsnet.Conn).State().PeerChain[0].Subject.CommonName)
	}()

	client, err := tlsnet.NewClient(tlsnet.Config{
		Settings: core.Settings{Credentials: []*core.Credential{mine}},
		Roots:    pki.NewPool(chain),
	})
	if err != nil {
		log.Fatal(err)
	}
	c, err := client.Dial("tcp", l.Addr().String())
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	<-done
	// Output:
	// the client is client 7
}

// A key that lives elsewhere, in a hardware module say: Config.Sign is asked for each
// signature, by the goroutine that shakes hands, and may take its time.
func ExampleConfig_sign() {
	chain, key := identity("localhost")
	module, err := stdlib.NewSigner(key) // stands for the module
	if err != nil {
		log.Fatal(err)
	}
	cred := &core.Credential{Chain: chain, Schemes: module.Schemes()} // no Signer
	addr := echo(tlsnet.Config{
		Settings: core.Settings{Credentials: []*core.Credential{cred}},
		Sign: func(_ *core.Credential, scheme iana.SignatureScheme, message []byte) ([]byte, error) {
			fmt.Println("the module signs with", scheme)
			return module.Sign(rand.Reader, scheme, message)
		},
	})
	client, err := tlsnet.NewClient(tlsnet.Config{Roots: pki.NewPool(chain)})
	if err != nil {
		log.Fatal(err)
	}
	c, err := client.Dial("tcp", addr)
	if err != nil {
		log.Fatal(err)
	}
	c.Close()
	// Output:
	// the module signs with ecdsa_secp256r1_sha256
}

// echo serves on a free port until the program ends and returns its address.
func echo(cfg tlsnet.Config) string {
	server, err := tlsnet.NewServer(cfg)
	if err != nil {
		log.Fatal(err)
	}
	l, err := server.Listen("tcp", "localhost:0")
	if err != nil {
		log.Fatal(err)
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				io.Copy(c, c)
				c.Close()
			}()
		}
	}()
	return l.Addr().String()
}

// identity makes a self-signed certificate for name and for this machine.
func identity(name string) (chain [][]byte, key crypto.Signer) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		BasicConstraintsValid: true, IsCA: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		log.Fatal(err)
	}
	return [][]byte{der}, key
}
