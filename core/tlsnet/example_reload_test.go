package tlsnet_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"math/big"
	"net"
	"sync/atomic"
	"time"

	"patina/core"
	"patina/core/provider/stdlib"
	"patina/core/tlsnet"
	"patina/core/wire"
)

// device stands for a key that never leaves its hardware: any crypto.Signer, as
// PKCS #11 and cloud libraries have them.
type device struct{ key crypto.Signer }

func (d device) Public() crypto.PublicKey { return d.key.Public() }

func (d device) Sign(rand io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	return d.key.Sign(rand, digest, opts) // a call to the device
}

// deviceCredential is a credential whose key lies in a device.
func deviceCredential(name string) *core.Credential {
	key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	t := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour)}
	cert, _ := x509.CreateCertificate(rand.Reader, t, t, key.Public(), key)
	signer, err := stdlib.NewSigner(device{key})
	if err != nil {
		panic(err)
	}
	return &core.Credential{Chain: [][]byte{cert}, Schemes: signer.Schemes(), Signer: signer}
}

// A server whose certificate is replaced while it runs: each new connection is
// answered from the configuration of that moment, and connections that are open
// keep theirs. A program would load the files again on a signal, and keep the old
// configuration if the new one is bad.
func Example_reload() {
	var current atomic.Pointer[tlsnet.Server]
	load := func(cred *core.Credential) *tlsnet.Server {
		s, err := tlsnet.NewServer(tlsnet.Config{
			Settings:  core.Settings{Credentials: []*core.Credential{cred}},
			ForClient: func(*wire.ClientHello) (*tlsnet.Server, error) { return current.Load(), nil },
		})
		if err != nil {
			panic(err)
		}
		current.Store(s)
		return s
	}
	server := load(deviceCredential("first"))
	client, err := tlsnet.NewClient(tlsnet.Config{Verify: func(p *tlsnet.Peer) error {
		fmt.Println(p.Chain[0].Subject.CommonName)
		return nil
	}})
	if err != nil {
		panic(err)
	}
	connect := func() {
		a, b := net.Pipe()
		go server.Conn(b).Handshake()
		if err := client.Conn(a, "localhost").Handshake(); err != nil {
			fmt.Println(err)
		}
	}
	connect()
	load(deviceCredential("second"))
	connect()
	// Output:
	// first
	// second
}
