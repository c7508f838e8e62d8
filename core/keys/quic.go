package keys

import (
	"crypto/sha256"
)

// Keys of QUIC version 1 (RFC 9001, section 5).

// quicSalt is initial_salt (RFC 9001, section 5.2).
var quicSalt = []byte{
	0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17, 0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a,
}

// QUICInitial are the secrets of Initial packets, of a client's first
// Destination Connection ID.
func QUICInitial(connectionID []byte) (client, server Secret) {
	k := new(KDF)
	k.Init(sha256.New())
	s := k.Extract(quicSalt, connectionID)
	client.n, server.n = sha256.Size, sha256.Size
	k.ExpandLabel(client.Bytes(), &s, "client in", nil)
	k.ExpandLabel(server.Bytes(), &s, "server in", nil)
	return client, server
}

// QUICPacketKeys fills the keys of packets from a secret: key and hp are as long
// as the AEAD's key, iv as its nonce (RFC 9001, section 5.1).
func QUICPacketKeys(k *KDF, secret *Secret, key, iv, hp []byte) {
	k.ExpandLabel(key, secret, "quic key", nil)
	k.ExpandLabel(iv, secret, "quic iv", nil)
	k.ExpandLabel(hp, secret, "quic hp", nil)
}

// QUICNext is the secret after a key update (RFC 9001, section 6.1).
func QUICNext(k *KDF, secret *Secret) Secret {
	return k.derive(secret, "quic ku", nil)
}
