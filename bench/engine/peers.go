package main

import (
	"crypto/tls"
	"net"

	"patina/core"
	"patina/core/iana"
	"patina/core/provider"
	"patina/core/provider/fast"
	"patina/core/provider/stdlib"
	"patina/core/tlsnet"
)

// peers make the two ends of a connection.
type peers struct {
	client, server func(net.Conn) tlsConn
	// resumed reports what a client's connection has done.
	resumed func(tlsConn) bool
}

type tlsConn interface {
	net.Conn
	Handshake() error
}

// setup says what both implementations do alike.
type setup struct {
	version uint16
	key     string
	suite   uint16 // zero: each one's first choice, which is the same
	resume  bool
}

// makePeers makes peers of an implementation. clock, if not nil, times our
// primitives.
func (b *bench) makePeers(impl string, s setup, clock *stopwatch) (peers, error) {
	id := b.ids.leafs[s.key]
	if impl == theirs {
		groups := []tls.CurveID{tls.X25519, tls.CurveP256}
		server := &tls.Config{Certificates: []tls.Certificate{id.tls()}, MinVersion: s.version, MaxVersion: s.version,
			CurvePreferences: groups, SessionTicketsDisabled: !s.resume, DynamicRecordSizingDisabled: true}
		client := &tls.Config{RootCAs: b.ids.roots, ServerName: serverName, MinVersion: s.version, MaxVersion: s.version,
			CurvePreferences: groups, DynamicRecordSizingDisabled: true}
		if s.suite != 0 {
			server.CipherSuites, client.CipherSuites = []uint16{s.suite}, []uint16{s.suite}
		}
		if s.resume {
			client.ClientSessionCache = tls.NewLRUClientSessionCache(1)
		}
		return peers{
			client:  func(c net.Conn) tlsConn { return tls.Client(c, client) },
			server:  func(c net.Conn) tlsConn { return tls.Server(c, server) },
			resumed: func(c tlsConn) bool { return c.(*tls.Conn).ConnectionState().DidResume },
		}, nil
	}
	var p provider.Provider = stdlib.New()
	if impl == fastly {
		p = fast.New()
	}
	cred, err := tlsnet.NewCredential([][]byte{id.der}, id.key)
	if err != nil {
		return peers{}, err
	}
	if clock != nil {
		p = &timed{p, clock}
		cred.Signer = &timedSigner{cred.Signer, clock}
	}
	settings := core.Settings{Provider: p, Groups: []iana.NamedGroup{iana.GroupX25519, iana.GroupSecp256r1}}
	if s.suite != 0 {
		settings.Suites = []iana.CipherSuite{iana.CipherSuite(s.suite)}
	} else {
		// crypto/tls chooses AES-128 first.
		settings.Suites = []iana.CipherSuite{iana.TLS_AES_128_GCM_SHA256, iana.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, iana.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}
	}
	v := iana.ProtocolVersion(s.version)
	params := core.Params{MinVersion: v, MaxVersion: v, NoResumption: !s.resume, Tickets: 1}
	withCred := settings
	withCred.Credentials = []*core.Credential{cred}
	server, err := tlsnet.NewServer(tlsnet.Config{Settings: withCred, Params: params, HandshakeTimeout: -1})
	if err != nil {
		return peers{}, err
	}
	cfg := tlsnet.Config{Settings: settings, Params: params, Roots: b.ids.pool, HandshakeTimeout: -1}
	if s.resume {
		cfg.Sessions = tlsnet.NewMemorySessions(1)
	}
	client, err := tlsnet.NewClient(cfg)
	if err != nil {
		return peers{}, err
	}
	return peers{
		client:  func(c net.Conn) tlsConn { return client.Conn(c, serverName) },
		server:  func(c net.Conn) tlsConn { return server.Conn(c) },
		resumed: func(c tlsConn) bool { return c.(*tlsnet.Conn).State().Resumed },
	}, nil
}
