package ossl

// Op is an operation: something a program asks of an SSL that may need the
// outside world before it ends.
type Op uint8

// Operations.
const (
	OpNone       Op = iota
	OpHandshake     // SSL_do_handshake, SSL_connect, SSL_accept
	OpRead          // SSL_read, SSL_read_ex
	OpPeek          // SSL_peek, SSL_peek_ex
	OpWrite         // SSL_write, SSL_write_ex
	OpShutdown      // SSL_shutdown
	OpReadEarly     // SSL_read_early_data
	OpWriteEarly    // SSL_write_early_data
	OpStateless     // SSL_stateless; Moved is 1 if the client has shown a good cookie
)

// Bits of SSL_get_shutdown.
const (
	SentShutdown     = 1
	ReceivedShutdown = 2
)
