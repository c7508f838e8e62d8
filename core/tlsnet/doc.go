// Package tlsnet gives the engine of package core sockets: TLS connections that
// are a net.Conn, listeners and dialers, for Go programs.
//
//	client, err := tlsnet.NewClient(tlsnet.Config{})
//	c, err := client.DialContext(ctx, "tcp", "example.org:443")
//
//	server, err := tlsnet.NewServer(tlsnet.Config{Settings: core.Settings{
//		Credentials: []*core.Credential{cred}}})
//	l, err := server.Listen("tcp", ":443")
//
// A [Client] and a [Server] are a [Config] compiled once, shared by any number
// of connections. Package core/tlshttp joins them with net/http.
//
// # One connection, two directions
//
// Read and Write may be called at the same time, from different goroutines, and
// do not wait for each other. Three locks see to that:
//
//	rd   one receiver at a time, for as long as it waits for the peer
//	wr   one sender at a time, for as long as it sends
//	mu   the engine, where both halves are needed; never held while anything waits
//
// They are taken in this order. A receiver that finds data needs rd only
// (core.Conn.NextData). What is not data, which is rare, it hands to the engine
// under mu. A sender seals under mu, takes the sealed bytes out of the engine
// (core.Conn.TakeOutput) and sends them with wr alone. If a receiver's message
// calls for an answer and somebody is sending, it leaves the answer for them
// (pending) instead of waiting: two peers that both write before they read do
// not stop each other by a message in between. The handshake takes rd and wr.
//
// No goroutine is started, for any connection, and in the steady state nothing is
// allocated. A connection that waits for its peer holds no buffer: on Unix it
// waits for the socket to become readable before it borrows one, so an idle
// connection costs its keys and little else.
//
// # Questions
//
// What the engine asks its owner ([core.Wait]) is answered from the Config: the
// peer's chain by package core/pki, with the system's roots, or by Config.Verify;
// signatures by the credential's Signer or by Config.Sign; and so on. The
// functions in a Config are called without a lock held, by the goroutine that
// shakes hands or reads; they may take their time.
//
// # Errors and the end
//
// Deadlines are the transport's. One that passes breaks nothing: a record that was
// sent in part is sent to its end by the next Write, and a handshake goes on where
// it stopped. Every other error is permanent. Read ends with io.EOF after the
// peer's close_notify only; if the transport just ends it is io.ErrUnexpectedEOF,
// since somebody may have cut the data short. CloseWrite ends one direction, Close
// both; Close does not wait for the peer.
//
// A chain that is refused is a [*CertificateError], whose text says what is wrong
// in words that a person can act on.
package tlsnet
