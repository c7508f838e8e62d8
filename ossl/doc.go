// Package ossl is what OpenSSL 3.0's libssl means, in Go: SSL_CTX, SSL,
// SSL_SESSION, SSL_CIPHER, their options, modes, return values and errors, over
// the engine of package core. It has no cgo and no unsafe; package ossl/capi gives
// it to C. `CGO_ENABLED=0 go test ./ossl` tests it without C.
//
// # Objects
//
//	Ctx      SSL_CTX        settings shared by connections, session cache, ticket keys
//	SSL      SSL            one connection: a core.Conn, the operation under way, its settings
//	Session  SSL_SESSION    a core.Session with OpenSSL's view of it; ASN.1 in and out
//	Cipher   SSL_CIPHER     a row of one static table
//
// Topics follow OpenSSL's manual pages (alpn.go, ciphers.go, session.go, ...). What
// a function decides is decided here, in a method that carries the C name without
// its prefix: SSL_CTX_set_cipher_list is (*Ctx).SetCipherList; SSL_ctrl and
// SSL_CTX_ctrl are tables, command to method. What is C's own is done in C, in
// ossl/capi/TOPIC_c.c: references, ex_data, BIOs, files, X509 and EVP_PKEY objects,
// the commands of an SSL_CONF_CTX, and the reading of what a connection shows
// ([View]). ossl/capi/symbols.tsv says of each symbol where it is; the twin-run tests
// are in compat-tests/c.
//
// # Settings
//
// What is set on a Ctx is an immutable snapshot. A setter copies it, changes the
// copy and publishes it (copy on write, one mutex, setters are rare); readers load
// a pointer. It has three parts:
//
//	settings   what a core.Config is compiled from: suites, groups, credentials, ...
//	scalars    what programs change on single connections: options, verify mode, ...
//	shared     what a connection reads from its Ctx when it needs it: session and ticket callbacks, ...
//
// SSL_new takes the first two: as in OpenSSL, later changes of the SSL_CTX do not
// reach the SSL. Scalars are copied into it and become core.Params, so that
// setting them compiles nothing; settings are shared until the SSL changes them.
// The core.Config of settings is compiled once, at the first connection that needs
// it, and kept with them: connections of one SSL_CTX share it without a lock.
//
// # Operations and waits
//
// SSL_do_handshake, SSL_read, SSL_write, SSL_shutdown and the others that may
// need the outside world are operations. [SSL.Step] runs one until it ends or
// until something is needed that Go may not do itself, the [Need]: bytes from
// or to a BIO, an application's callback, a signature of an EVP_PKEY, libcrypto's
// verification. The step loop does it (in C: ossl/capi/loop.c; in Go, for tests:
// loop_test.go) and steps again with the answer.
// Decisions of the engine that no callback wants are answered here, in Go, and
// never leave it. Adding a callback means adding one Need and one case in the loop.
// No Go frame is ever below application code, so a callback may do anything to
// any SSL, its own included, and no lock is held while it runs.
//
// Notifications (info, message, keylog callbacks) are queued while the engine
// works, in order, and delivered as Needs before the operation goes on; those of an
// alert that ends a connection behind the write of its record.
//
// # Before and after the handshake
//
// Early data (early.go) is two more operations, OpReadEarly and OpWriteEarly, with
// OpenSSL's states of them: a connection on which early data may be read or
// written is paused, that is, not in init though its handshake is not complete,
// and every other operation goes on with the handshake, a client's reads as far as the
// server's Finished: there it is paused again, reads what the server sends next and may
// write more. What a server accepts is
// decided by the program (it reads early data, and its callback allows it) and by
// the cache: unless SSL_OP_NO_ANTI_REPLAY is set, tickets name sessions of the
// cache, and each is taken out of it when it is used.
//
// What a TLS 1.3 server sends later because its program says so (tickets, a
// CertificateRequest: post_handshake.go) waits for the next operation, and the
// connection is in init until it has gone. The client's answer is taken by reads.
//
// What SSL_clear leaves to be seen of the connection before it (past.go) is what
// OpenSSL leaves in the SSL and its session: the peer, the verified chain and its
// result, a server's lists of the ClientHello; until a handshake replaces it.
//
// External PSKs come from callbacks: in TLS 1.3 as sessions, and count as such (psk.go);
// in TLS 1.2 they have a suite of their own (psk12.go).
//
// # Security
//
// The security level limits what a core.Config is compiled from (security.go). A
// callback in its place is asked before anything is chosen, in OpenSSL's order, and
// the configuration is compiled from what its answers leave (judgement.go).
// Certificates are C's, and judged there.
//
// # Verification of the peer
//
// Chains are verified in Go (verify_go.go) against the X509_STORE's certificates
// and revocation lists, which C looks up by name where they are missing; what was
// found, and what was not, is kept for a version of the store (verify_store.go).
// Hashed directories are looked into by Go (hashed_dirs.go), when OpenSSL would: each
// time for a certificate that the store has not got, and for the next revocation list
// of an issuer. A file is read once; what is in it is added to the store, which
// remains the truth. A directory of X509_LOOKUP_store, as the default paths have it
// beside the hashed one, is listed once, and again where it has changed. Where the
// directories are is read from libcrypto's structures (capi/verify_places_c.c), so
// that it does not matter who has named them. Files that are not plain PEM, other
// lookups, and a libcrypto whose structures are not known are libcrypto's to look
// into; Go verifies all the same. A verify callback is shown a chain that Go accepts as
// X509_verify_cert shows it; one that Go refuses it sees from libcrypto, which verifies
// then from the start, since the callback may let errors pass. What Go has no word on
// is libcrypto's: X509_V_FLAGs other than TRUSTED_FIRST, PARTIAL_CHAIN, NO_ALT_CHAINS,
// CRL_CHECK, CRL_CHECK_ALL and those of time, functions of the store's own, trust
// settings of a root, delta and indirect lists, signatures with SHA-1. Topic
// verify_store of compat-tests counts who has verified.
//
// With TLSA records (dane.go; package dane) libcrypto never judges: it knows
// records only in a struct of OpenSSL's own. So Go asks the callback about every
// step, failures included, and what it has no word on is refused
// (X509_V_ERR_UNSPECIFIED). Such a verification is a function of the answers the
// callback has given so far (verify_ask.go): C asks it about a step, with an
// X509_STORE_CTX that speaks of it, and has the verification run again with one more
// answer. Where the program's own function verifies
// (SSL_CTX_set_cert_verify_callback) and calls X509_verify_cert, that is kept from
// judging, and Go's verification runs in the place of its check of signatures. Only
// what SSL_get0_dane returns is made in that struct's form, since programs give it to
// libcrypto themselves (capi/dane_object_c.c).
//
// # C's pointers
//
// A [Ptr] is a pointer of the C world: a function, an argument, an X509. Go keeps
// and compares it and never looks behind it. References on libcrypto's objects
// are owned by the C structs behind the handles (ossl/capi/handle.h) and
// released there, at the moment OpenSSL would; Go holds their facts (DER, names,
// key types) and the token. Callbacks are kept in Go, since which is in force is
// semantics (an SSL inherits some from its SSL_CTX when it is made, reads others
// when they are needed, and some from the SSL_CTX it was first made from).
//
// # Errors
//
// A method returns a Go error; [*Error] has the library, the reason, as in
// sslerr.h, and the text after it. The membrane puts it on libcrypto's error
// queue. An error of the engine becomes one in errors.go, in one function.
// SSL_get_error is decided in C, from the queue, the return value and what the step
// loop has stopped for (SSL_want).
package ossl
