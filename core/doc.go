// Package core is a TLS 1.3 (RFC 8446) and TLS 1.2 (RFC 5246, ECDHE with AEAD
// suites only) engine that does no I/O. It has no sockets, no goroutines and
// no clock; it is told bytes and answers and says what it needs next.
//
// # The way of a byte
//
// A [Conn] is one connection. Its owner calls one of four operations,
// [Conn.Handshake], [Conn.Read], [Conn.Write] and [Conn.CloseNotify], and gets
// a [Wait]: the named reason for which the engine has stopped.
//
//	WaitNone    the operation is done
//	WaitRead    fill Conn.ReadBuffer with bytes of the peer, tell Conn.Received
//	WaitWrite   send Conn.Output to the peer, tell Conn.Sent
//	others      a decision: look at the question, give the answer, call again
//
// A decision that can be made from the [Config] alone is made there and never
// asked; which ones are asked is said in [Settings].Ask. Nothing is ever
// called back: an owner may answer now, later, from another thread or after a
// fork. Calling an operation again without having answered returns the same
// Wait.
//
// Received bytes lie in one buffer, or in memory that the owner lends for a moment
// (lend.go). core/record opens a record in place and
// says in total terms what it found; a handshake message goes, through
// core/wire, to the state the connection is in; application data is copied
// once, to the reader. Written data is sealed by core/record straight into the
// output buffer, as are the flights of the handshake, which are coalesced. Once the
// handshake is complete the two directions share nothing but the exceptions, so an
// owner may receive and send at the same time (duplex.go).
//
// # States
//
// Each moment of the handshake is a type that holds exactly the data of that
// moment (state.go). Handling a message returns the next state, so what must
// not happen cannot be written: Finished cannot be accepted before the keys it
// is checked with exist, and a peer's signature is only looked at with a
// [Verified] value, which only a verifier makes. An error leaves the failed
// state for good; its alert is derived from the error in one function
// ([AlertOf]). docs/states.md draws them all, from this source.
//
// Both roles begin without a version: client_start.go and client_hello.go send
// the ClientHello and take the answer, server_start.go takes the ClientHello
// and chooses. From there the states are those of one version:
//
//	secrets13.go         what both roles derive alike
//	client_early.go      the client's early data
//	client13.go          EncryptedExtensions to the server's Finished
//	client13_finish.go   the client's certificate and Finished
//	client_reverify.go   the verdict on a resumed session, for who wants it again
//	server13_hello.go    suite, group, HelloRetryRequest
//	server13_cookie.go   a HelloRetryRequest behind which the server forgets the client
//	server13_resume.go   the client's PSKs: sessions, and (server13_psk.go) external ones
//	server13_early.go    whether early data is accepted; reading it
//	server13_flight.go   ServerHello to the server's Finished
//	server13_client.go   the client's certificate and Finished
//	server13_tickets.go  NewSessionTicket
//	client12.go, client12_exchange.go, server12.go, server12_exchange.go
//	client12_psk.go, server12_psk.go
//	                     the suites of TLS 1.2 with a PSK
//	established.go       what comes after the handshake, of both versions
//	ech.go, ech_client.go, ech_server.go
//	                     which of two ClientHellos is in force (RFC 9849)
//	rawkey.go            raw public keys in the place of certificates
//	quic.go              the same states without records (RFC 9001)
//	traffic.go           keys for somebody else who goes on with the records
//	post_auth.go, post_auth_client.go, post_auth_server.go
//	                     a client's certificate after the handshake
//
// # The order of a server's questions
//
// As in OpenSSL: [WaitClientHello], when nothing is decided; then the version
// and, in TLS 1.3, suite and group, with a HelloRetryRequest if the client's
// share does not fit or it is to show a cookie ([WaitCookie]); [WaitPSK], [WaitTicketOpen] or [WaitSessionLookup]; [WaitSelect],
// when Version, ServerName, Resumed and Session tell what has been found;
// then credential, scheme and, in TLS 1.2, suite and group; [WaitEarlyAccept];
// [WaitStaple]; [WaitSign]; [WaitVerify] for a client's chain; [WaitTicketSeal] or
// [WaitSessionStore]. So a Config given to WaitClientHello decides everything,
// and one given to WaitSelect the rest.
//
// A session that the owner gives is still judged: version, suite or its hash,
// lifetime, extended_master_secret, the server name (RFC 6066, section 3, which
// OpenSSL does not follow), and that it has a client certificate where one is
// required. One that does not fit leads to a full handshake.
//
// # Early data
//
// 0-RTT (RFC 8446, section 2.3; early.go) is off unless both owners ask for it.
// A client writes with [Conn.WriteEarly] before [Conn.Handshake], with a session
// whose ticket allows it; EndOfEarlyData goes out by itself. A refused client
// sees [EarlyRejected] after the handshake and sends again what may be sent
// twice. A client that reads before its handshake ends ([Conn.ReadEarly]) gets what the
// server sends behind its Finished, and may go on writing early data meanwhile. While
// early data is under way the client's keys are those of it, so
// that the state holds its handshake secret and installs it when the server's
// Finished has come, or EncryptedExtensions without early_data.
//
// A server with Params.MaxEarlyData accepts it where the protocol allows it: the
// first PSK, its suite and application protocol, no HelloRetryRequest, and a
// ticket as old as its client says (Params.EarlyDataWindow). Replays are the
// owner's to judge: by [WaitEarlyAccept], for example with single-use tickets
// (Params.NoTickets and a cache that gives each session once), or by
// Settings.AntiReplay, of which [StrikeRegister] is one. With neither nothing is
// accepted. What is accepted is read with [Conn.ReadEarly]; the handshake does not
// pass over it ([WaitEarlyData]). What is not is skipped by the record layer, up to
// twice Params.EarlyDataLimit.
//
// # External PSKs
//
// A [PSK] that both owners have from elsewhere stands for certificates: a server
// needs no Credential. A client offers Params.PSKs behind its session; a
// server knows Settings.PSKs by their identities or is asked ([WaitPSK]), before
// the identity is taken for a ticket. Of the client's identities the first that
// fits is taken and its binder checked; a wrong binder ends the handshake. The
// suite follows the hash of the PSK. psk_ke, without a key exchange, is spoken
// only where Params.AllowPSKKE says so. [ImportPSK] makes keys for it (RFC 9258).
//
// In TLS 1.2 a PSK has suites of its own, TLS_ECDHE_PSK_... (RFC 5489, RFC 7905, RFC
// 8442), which are forward secret like all others here. They are spoken where such a
// PSK is known, or asked for (Params.PSKSuites); a PSK is of one version
// (PSK.Version). The server gives a hint, the client names its identity and nobody has a
// certificate. [WaitPSK] comes after the other side's key exchange: to the client
// with the server's hint, to the server with the identity. What it leads to is as
// resumable as any session, and knows the identity (Session.PSKIdentity).
//
// # Encrypted Client Hello
//
// A client with Params.ECHConfigs (package ech) makes two hellos: the inner one,
// which it means, and the outer one around it, for the public name. The inner one
// is what the states see and what is hashed, until the server's first message
// says which is in force ([Conn.ECH]). Rejected, the handshake goes on with the
// outer hello up to the server's Finished, without sessions and without the
// client's certificate, and always ends with ech_required: if the owner has
// verified the server for [Conn.ServerName], now the public name, the
// [ECHRejectedError] has what to retry with. A server with Settings.ECHKeys opens
// the inner hello before anything else, so that all questions are about that;
// what it cannot open may be GREASE and is let be.
//
// # Extensions of the owner's
//
// Settings.CustomExtensions names extensions that the engine does not know, or leaves
// to the owner, with the messages they may stand in (custom.go). Where one may be
// sent, [WaitExtensions] asks for it, certificate by certificate in a chain; where
// some have come, [WaitReceived] shows them, before the next message is looked at
// and, of a ClientHello, before WaitSelect (and before a HelloRetryRequest). Without
// AskExtensions constant data is sent and what comes is kept. A request for a
// certificate after the handshake ([Conn.RequestCertificate]) wants them answered
// first. A message answers only
// what the peer has sent; what comes twice, unasked or in a wrong message ends the
// connection.
//
// # QUIC
//
// A [QUIC] has the same states, questions and facts in its Conn, and events in
// place of records. With Params.EarlyData and a session a client gets the secret
// of 0-RTT with its hello, and a server that accepts it (Params.MaxEarlyData, of
// any value above zero) one to read with; [Conn.EarlyStatus] tells the outcome. There
// is no end of early data to be waited for.
//
// # What is not spoken
//
// SSL 3.0 to TLS 1.1, a ClientHello in the form of SSL 2.0, RSA key exchange,
// CBC, compression, renegotiation. Each is refused with the alert its RFC names.
//
// # Secrets
//
// Whatever proves something is compared in constant time, by keys.Equal: Finished
// messages, PSK binders, the confirmations of ECH; everything sealed is opened by
// an AEAD. Secrets are overwritten when their use ends (wipe.go), as far as Go
// lets anybody.
//
// # Sharing
//
// Everything that connections have in common is compiled once into an
// immutable [Config]: lists of suites, groups and schemes, encoded certificate
// chains, ticket keys. What differs by connection, the [Params], is a small
// struct of scalars copied into it. A Conn is used by one goroutine at a time, or
// by a receiving and a sending one as duplex.go says; a Config by any number.
//
// # Above and below
//
//	core/tlsnet    connections for Go programs: net.Conn, listener, dialer
//	core/tlshttp   these with net/http, HTTP/1.1 and HTTP/2
//	core/verifier  what tlsnet asks of a chain beyond core/pki: status, revocation,
//	               timestamps (core/ct), pins
//
//	core/wire      messages and extensions: encode and decode in one file each
//	core/record    the record layer: total, in place, no allocation
//	core/keys      the key schedules of TLS 1.3 and 1.2
//	core/suite     what a cipher suite is made of, and its limits
//	core/provider  the cryptography, pluggable; provider/stdlib is the default
//	core/certcomp  certificate compression; its algorithms in packages of their own
//	core/pki       building and checking certificate chains
//	core/dane      TLSA records (DANE), judged by core/pki
//	core/ech       configurations and keys of Encrypted Client Hello
//	core/rsapss    keys and signatures of id-RSASSA-PSS
//	core/iana      the numbers and their names
package core
