package tlsnet_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"

	"patina/core"
	"patina/core/pki"
	"patina/core/tlsnet"
	"patina/core/verifier"
)

// A verifier of the program's own, in place of package verifier: this one takes the
// key it has seen first, and no other afterwards.
func ExampleConfig_verify() {
	chain, key := identity("localhost")
	cred, err := tlsnet.NewCredential(chain, key)
	if err != nil {
		log.Fatal(err)
	}
	addr := echo(tlsnet.Config{Settings: core.Settings{Credentials: []*core.Credential{cred}}})

	known := map[string]verifier.Pin{} // by name; guarded by a lock where many connect
	client, err := tlsnet.NewClient(tlsnet.Config{Verify: func(p *tlsnet.Peer) error {
		if len(p.Chain) == 0 {
			return errors.New("no certificate")
		}
		pin := verifier.PinOf(p.Chain[0])
		first, ok := known[p.Name]
		switch {
		case !ok:
			known[p.Name] = pin
			fmt.Println("met", p.Name)
		case first != pin:
			return errors.New("this is somebody else")
		default:
			fmt.Println("known", p.Name)
		}
		return nil
	}})
	if err != nil {
		log.Fatal(err)
	}
	for range 2 {
		c, err := client.Dial("tcp", addr)
		if err != nil {
			log.Fatal(err)
		}
		c.Close()
	}
	// Output:
	// met 127.0.0.1
	// known 127.0.0.1
}

// Beside a chain to a trusted root, one of the keys in it must be pinned, and the
// program looks once more at what has been accepted.
func ExampleConfig_pins() {
	chain, key := identity("localhost")
	cred, err := tlsnet.NewCredential(chain, key)
	if err != nil {
		log.Fatal(err)
	}
	addr := echo(tlsnet.Config{Settings: core.Settings{Credentials: []*core.Credential{cred}}})
	pin, err := verifier.ParsePin("sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
	if err != nil {
		log.Fatal(err)
	}
	client, err := tlsnet.NewClient(tlsnet.Config{
		Roots:  pki.NewPool(chain),
		Policy: verifier.Policy{Pins: verifier.Pins{"127.0.0.1": {pin}}},
		VerifyMore: func(p *tlsnet.Peer) error { // not reached here
			fmt.Println("accepted", p.Verified[0].Subject)
			return nil
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	_, err = client.Dial("tcp", addr)
	fmt.Println(errors.Is(err, verifier.ErrPin))
	// Output:
	// true
}

// A client's second connection sends data with its first flight, which the server
// may get twice if somebody repeats it: here it is a question that may be asked
// twice. A server without Settings.AntiReplay gets a strike register.
func ExampleConn_HandshakeEarly() {
	chain, key := identity("localhost")
	cred, err := tlsnet.NewCredential(chain, key)
	if err != nil {
		log.Fatal(err)
	}
	addr := echo(tlsnet.Config{
		Settings:  core.Settings{Credentials: []*core.Credential{cred}},
		Params:    core.Params{MaxEarlyData: 4096},
		EarlyData: true, // Read returns it like other data
	})
	client, err := tlsnet.NewClient(tlsnet.Config{Roots: pki.NewPool(chain), Sessions: tlsnet.NewMemorySessions(100)})
	if err != nil {
		log.Fatal(err)
	}
	for range 2 {
		transport, err := net.Dial("tcp", addr)
		if err != nil {
			log.Fatal(err)
		}
		c := client.Conn(transport, "localhost")
		data := []byte("what time is it?")
		read, err := c.HandshakeEarly(context.Background(), data)
		if err != nil {
			log.Fatal(err)
		}
		c.Write(data[read:]) // what the server has not taken early
		c.CloseWrite()
		answer, err := io.ReadAll(c)
		fmt.Println(read, string(answer), err)
		c.Close()
	}
	// Output:
	// 0 what time is it? <nil>
	// 16 what time is it? <nil>
}
