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

// Want is what SSL_want reports: why the last operation stopped. The numbers
// are those of <openssl/ssl.h>.
type Want int32

// Wants.
const (
	WantNothing     Want = 1 // SSL_NOTHING
	WantWriting     Want = 2 // SSL_WRITING
	WantReading     Want = 3 // SSL_READING
	WantX509Lookup  Want = 4 // SSL_X509_LOOKUP
	WantAsyncPaused Want = 5 // SSL_ASYNC_PAUSED
	WantAsyncNoJobs Want = 6 // SSL_ASYNC_NO_JOBS
	WantClientHello Want = 7 // SSL_CLIENT_HELLO_CB
	WantRetryVerify Want = 8 // SSL_RETRY_VERIFY
)

// Bits of SSL_get_shutdown.
const (
	SentShutdown     = 1
	ReceivedShutdown = 2
)
