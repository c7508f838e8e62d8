package ech_test

import (
	"fmt"

	"patina/core/ech"
	"patina/core/iana"
	"patina/core/provider/stdlib"
)

// A server makes a key and its configuration, publishes the list (in DNS, or by
// another way), and opens hellos with Keys. A client chooses from the list.
func Example() {
	hpke := stdlib.New().HPKE()
	config, private, err := ech.NewConfig(hpke, ech.Template{ID: 7, KEM: iana.KEMX25519HKDFSHA256, PublicName: "public.example"})
	if err != nil {
		fmt.Println(err)
		return
	}
	published, err := ech.ConfigList{config}.Append(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	keys, err := ech.NewKeys(hpke, ech.Key{Config: config, PrivateKey: private})
	if err != nil {
		fmt.Println(err)
		return
	}

	list, err := ech.ParseConfigList(published)
	if err != nil {
		fmt.Println(err)
		return
	}
	chosen, suite, err := list.Choose(hpke)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(chosen.PublicName, suite.AEAD)

	// What package core does between the two.
	enc, sealer, err := hpke.NewSealer(chosen.KEM, suite.KDF, suite.AEAD, chosen.PublicKey, chosen.Info())
	if err != nil {
		fmt.Println(err)
		return
	}
	sealed, err := sealer.Seal([]byte("the outer hello"), []byte("the inner hello"))
	if err != nil {
		fmt.Println(err)
		return
	}
	opened, _, _ := keys.Open(chosen.ID, suite, enc, []byte("the outer hello"), sealed)
	fmt.Printf("%s\n", opened)
	// Output:
	// public.example AES-128-GCM
	// the inner hello
}
