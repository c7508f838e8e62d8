package core_test

import (
	"errors"
	"fmt"
	"log"
	"time"

	"patina/core"
	"patina/core/ech"
	"patina/core/provider/stdlib"
)

// A server makes a key and publishes its configuration, in DNS say; a client
// that has read it hides the name it wants. When the server has another key
// after that, the client learns the new configuration from whoever proves to be
// the server of the public name.
func Example_encryptedClientHello() {
	hpke := stdlib.New().HPKE()
	newKey := func(id uint8) ech.Key {
		config, private, err := ech.NewConfig(hpke, ech.Template{ID: id, PublicName: "public.example", MaxNameLength: 30})
		if err != nil {
			log.Fatal(err)
		}
		return ech.Key{Config: config, PrivateKey: private}
	}
	first := newKey(1)
	keys, err := ech.NewKeys(hpke, first)
	if err != nil {
		log.Fatal(err)
	}
	published, err := ech.ConfigList{first.Config}.Append(nil)
	if err != nil {
		log.Fatal(err)
	}
	serverConfig, err := core.NewConfig(core.Settings{Now: time.Now, ECHKeys: keys,
		Credentials: []*core.Credential{credential("public.example", "hidden.example")}})
	if err != nil {
		log.Fatal(err)
	}
	clientConfig, err := core.NewConfig(core.Settings{Now: time.Now})
	if err != nil {
		log.Fatal(err)
	}

	connect := func(published []byte) error {
		list, err := ech.ParseConfigList(published)
		if err != nil {
			return err
		}
		client := core.NewClient(clientConfig, core.Params{ServerName: "hidden.example", ECHConfigs: list})
		server := core.NewServer(serverConfig, core.Params{})
		for !client.HandshakeComplete() || !server.HandshakeComplete() {
			if err := try(client, server, client.Handshake); err != nil {
				return err
			}
			if err := try(server, client, server.Handshake); err != nil {
				return err
			}
		}
		fmt.Println(client.ECH(), server.ServerName())
		return nil
	}
	fmt.Println(connect(published))

	// The server's key changes.
	if err := keys.Set(hpke, newKey(2)); err != nil {
		log.Fatal(err)
	}
	err = connect(published)
	fmt.Println(err)
	var rejected *core.ECHRejectedError
	if errors.As(err, &rejected) {
		fmt.Println(connect(rejected.RetryConfigs))
	}
	// Output:
	// accepted hidden.example
	// <nil>
	// tls: the server did not accept ECH: tls: public.example wants ECH by another configuration
	// accepted hidden.example
	// <nil>
}

// try is move with the error of op.
func try(c, peer *core.Conn, op func() (core.Wait, error)) (err error) {
	move(c, peer, func() (w core.Wait, e error) {
		if w, err = op(); err != nil {
			return core.WaitNone, nil
		}
		return w, nil
	})
	return err
}
