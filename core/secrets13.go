package core

import "patina/core/keys"

// The secrets that both roles of TLS 1.3 derive alike (RFC 8446, section 7.1).

// handshakeSecrets derives the handshake traffic secrets and, which needs no more of
// the transcript, the Master Secret. The transcript ends with the ServerHello; psk is
// nil where there is none, and shared where there is no key exchange. It wipes shared.
func (c *Conn) handshakeSecrets(psk, shared []byte) (client, server keys.Secret, master keys.Master) {
	kdf, sum := c.hs.kdf, c.hs.transcript.sum()
	var hs keys.Handshake
	if psk == nil {
		hs = keys.WithoutPSK(kdf, shared)
	} else {
		early := keys.NewEarly(kdf, psk)
		hs = early.Handshake(kdf, shared)
		early.Wipe()
	}
	clear(shared)
	client, server, master = hs.ClientTraffic(kdf, sum), hs.ServerTraffic(kdf, sum), hs.Master(kdf)
	hs.Wipe()
	c.logSecret(labelClientHandshake, &client)
	c.logSecret(labelServerHandshake, &server)
	return client, server, master
}

// applicationTraffic derives the first application traffic secrets and the
// exporter's; the transcript ends with the server's Finished.
func (c *Conn) applicationTraffic(m *keys.Master) (client, server keys.Secret) {
	kdf, sum := c.hs.kdf, c.hs.transcript.sum()
	client, server = m.ClientTraffic(kdf, sum), m.ServerTraffic(kdf, sum)
	c.exporter = m.Exporter(kdf, sum)
	c.logSecret(labelClientTraffic, &client)
	c.logSecret(labelServerTraffic, &server)
	c.logSecret(labelExporter, &c.exporter)
	return client, server
}

// SSLKEYLOGFILE labels (RFC 9850, section 2.1).
const (
	labelClientHandshake = "CLIENT_HANDSHAKE_TRAFFIC_SECRET"
	labelServerHandshake = "SERVER_HANDSHAKE_TRAFFIC_SECRET"
	labelClientTraffic   = "CLIENT_TRAFFIC_SECRET_0"
	labelClientNext      = "CLIENT_TRAFFIC_SECRET_N" // as OpenSSL calls those of a KeyUpdate
	labelServerNext      = "SERVER_TRAFFIC_SECRET_N"
	labelServerTraffic   = "SERVER_TRAFFIC_SECRET_0"
	labelExporter        = "EXPORTER_SECRET"
)
