// handle.h: what is behind SSL, SSL_CTX and SSL_SESSION.
//
// Each is C memory with a magic number, a reference count, a token (slot and generation of the Go object, table.go) and
// everything that is C's: references on libcrypto's objects, BIOs, ex_data. Go never sees these references; it keeps
// their facts. Only the functions declared here and in the *_c.c files of a topic touch the fields.

#ifndef PATINA_HANDLE_H
#define PATINA_HANDLE_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/crypto.h>
#include <openssl/ct.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#define PATINA_HIDDEN __attribute__((visibility("hidden")))

enum {
	PATINA_MAGIC_SSL = 0x50a71e01,
	PATINA_MAGIC_CTX = 0x50a71e02,
	PATINA_MAGIC_SESSION = 0x50a71e03,
	PATINA_MAGIC_FREED = 0x50a7dead,
};

// A certificate with its key and chain, of one key type. Immutable once another handle may see it: refs > 1.
struct patina_slot {
	_Atomic int refs;
	X509 *x509;
	EVP_PKEY *key;
	STACK_OF(X509) *chain;
	_Atomic int passed; // the security level, plus one, that the chain is known to have; 0 for none
	unsigned char *serverinfo; // of SSL_CTX_use_serverinfo: context, type and data of each extension
	size_t serverinfo_len;
};

enum { PATINA_SLOTS = 9 }; // as SSL_PKEY_RSA ... SSL_PKEY_ED448

// The certificates of an SSL_CTX or SSL. An SSL shares those of its SSL_CTX until one of them changes.
struct patina_certs {
	_Atomic int refs;
	int current; // index of the slot used last
	struct patina_slot *slot[PATINA_SLOTS];
	STACK_OF(X509) *extra_chain;
	X509_STORE *chain_store, *verify_store;
};

enum { PATINA_CERT_TYPES = 16 }; // more than there are (IANA, ClientCertificateType Identifiers)

// What C reads of a connection's state without entering Go. Written by Go at the end of each step and setter.
struct patina_view {
	int32_t state;        // OSSL_HANDSHAKE_STATE
	int32_t shutdown;     // SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN
	int32_t version;      // as SSL_version
	int32_t verify_result;
	uint16_t cipher;      // the suite in use, 0 before there is one
	uint16_t pending;     // the one agreed on, likewise
	uint8_t peer;         // what the peer has shown: peer.h
	uint8_t leaf_only;    // of its chain only the leaf is known
	uint8_t in_init;      // the handshake is not complete, or has failed
	uint8_t role;         // 0: not set, 1: client, 2: server
	uint8_t close_notify; // no other warning alert has come after it
	int8_t key_update;    // SSL_get_key_update_type
	uint8_t resumed;
	uint8_t failed;       // by a fatal error
	uint8_t body;         // the header of a record has come, and not yet all of the rest
	uint8_t release;      // SSL_MODE_RELEASE_BUFFERS: give buffers back when a read would block
	uint8_t paused;       // not in init, though the handshake is not complete: early data
	uint8_t early;        // SSL_get_early_data_status
	uint8_t early_read;   // a server has read its early data to the end
	uint8_t begun;        // the handshake has been begun
	uint8_t quiet;        // SSL_set_quiet_shutdown
	uint8_t async;        // SSL_MODE_ASYNC
	uint8_t dane;         // which part TLSA records have in the verification of the peer: dane.h
	void (*info)(const SSL *, int, int); // the info callback in force, or 0
	uint8_t *next;                       // where the next record may be received before Go is entered, or 0
	size_t next_len, next_min;           // its size; how much to ask for at first
	uint8_t next_lead;                   // without next: where in a thread's own buffer it may be received, or 0
	uint8_t cert_types_len, cert_types[PATINA_CERT_TYPES]; // that a TLS 1.2 server has asked for
};

struct ssl_ctx_st {
	uint32_t magic;
	_Atomic int refs;
	uint64_t token;
	const SSL_METHOD *method;
	CRYPTO_EX_DATA ex_data;
	struct patina_certs *certs;
	X509_STORE *store;
	X509_VERIFY_PARAM *param;
	CTLOG_STORE *ctlogs;
	STACK_OF(X509_NAME) *ca_names, *client_ca_names;
	OSSL_LIB_CTX *libctx;
	char *propq;
	pem_password_cb *password_cb;
	void *password_arg;
	STACK_OF(SSL_CIPHER) *ciphers; // what SSL_CTX_get_ciphers last returned
	OPENSSL_LHASH *sessions; // what SSL_CTX_sessions returns: it holds references
	_Atomic uint64_t synced; // one more than the objects of the store when chains were last made from it; 0: never
	struct patina_dane_types *dane_types; // dane_object_c.c
	ENGINE *client_engine; // SSL_CTX_set_client_cert_engine
	int (*client_cert_cb)(SSL *, X509 **, EVP_PKEY **);
	int (*async_cb)(SSL *, void *); // SSL_CTX_set_async_callback
	void *async_arg;
};

struct ssl_st {
	uint32_t magic;
	_Atomic int refs;
	uint64_t token;
	struct patina_view view;
	int32_t want;   // SSL_want: SSL_NOTHING ...
	int32_t flush;  // BIO_flush has not succeeded yet
	size_t sent;    // bytes of Go's output sent, not yet told to Go
	int32_t ended;  // the operation that wrote them has ended, likewise
	BIO *rbio, *wbio;
	SSL_CTX *ctx, *session_ctx;
	const SSL_METHOD *method;
	CRYPTO_EX_DATA ex_data;
	struct patina_certs *certs;
	X509_VERIFY_PARAM *param;
	STACK_OF(X509_NAME) *ca_names, *client_ca_names, *peer_ca_names;
	char *server_name;              // what SSL_get_servername has returned
	char *psk_identity, *psk_hint;  // what SSL_get_psk_identity and SSL_get_psk_identity_hint have
	uint8_t *alpn;                  // what SSL_get0_alpn_selected has
	size_t alpn_len;
	uint8_t *point_formats;         // what SSL_get0_ec_point_formats has
	uint8_t *hello;                 // the client hello, indexed, while its callback runs
	STACK_OF(X509) *peer_chain;     // made from the peer's DER when first asked for, the leaf included
	STACK_OF(X509) *peer_rest;      // likewise, without the leaf: what a server is shown
	STACK_OF(X509) *verified_chain; // of libcrypto's verification, or made from Go's when first asked for
	int renegotiation_refused;      // SSL_renegotiate has failed, and SSL_do_handshake not yet
	int past_version;              // of the connection that SSL_clear has ended
	char *peer_name;                // what SSL_get0_peername has returned of Go's
	SSL_SESSION *session;           // what SSL_get_session returns, a reference
	uint8_t *scratch;               // what Go hands to C for the time of one need
	size_t scratch_size;
	pem_password_cb *password_cb;
	void *password_arg;
	STACK_OF(SSL_CIPHER) *ciphers, *client_ciphers; // what SSL_get_ciphers and SSL_get_client_ciphers last returned
	unsigned char *ocsp; // the OCSP response, set or received; -1 bytes if there is none
	long ocsp_len;
	STACK_OF(SCT) *scts; // what SSL_get0_peer_scts returns, once it has been asked for
	int scts_parsed;
	unsigned char *answer;         // what a session callback has answered, until the next
	SSL_SESSION *answer_session;
	struct inside *verifying;  // by a function of the application's own, verify_ask_c.c
	struct patina_dane *dane; // what SSL_get0_dane_authority and the like have returned, dane_c.c
	SSL_DANE *dane_object;    // what SSL_get0_dane has, dane_object_c.c
	struct patina_async *async;     // async_c.c
	void *topic; // of topics that need more
};

enum { PATINA_SESSION_PARTS = 6 }; // those that have been handed out by pointer (session.h)

struct ssl_session_st {
	uint32_t magic;
	_Atomic int refs;
	uint64_t token;
	CRYPTO_EX_DATA ex_data;
	X509 *peer;
	STACK_OF(X509) *chain;
	_Atomic(struct patina_part *) part[PATINA_SESSION_PARTS];
	SSL_SESSION *next_released;
};

static inline int patina_is_ssl(const SSL *s) { return s && s->magic == PATINA_MAGIC_SSL; }
static inline int patina_is_ctx(const SSL_CTX *c) { return c && c->magic == PATINA_MAGIC_CTX; }
static inline int patina_is_session(const SSL_SESSION *s) { return s && s->magic == PATINA_MAGIC_SESSION; }

// certs_c.c: references and copy on write. patina_certs_own makes *certs one that nobody else sees, patina_slot_own the
// slot at index likewise (making it if there is none); 0 if memory is out.
PATINA_HIDDEN struct patina_certs *patina_certs_new(void);
PATINA_HIDDEN struct patina_certs *patina_certs_ref(struct patina_certs *certs);
PATINA_HIDDEN void patina_certs_free(struct patina_certs *certs);
PATINA_HIDDEN int patina_certs_own(struct patina_certs **certs);
PATINA_HIDDEN struct patina_slot *patina_slot_own(struct patina_certs *certs, int index);
PATINA_HIDDEN void patina_slot_free(struct patina_slot *slot);
// The slot at an address that Go has kept, 0 if certs does not hold it any more.
PATINA_HIDDEN struct patina_slot *patina_slot_of(struct patina_certs *certs, const void *slot);

// ct_c.c: forgets what SSL_get0_peer_scts has returned.
PATINA_HIDDEN void patina_drop_scts(SSL *s);

// ssl_c.c
// Replaces what an SSL shares with its SSL_CTX by that of ctx (SSL_set_SSL_CTX).
PATINA_HIDDEN void patina_ssl_begin(SSL *s);
PATINA_HIDDEN void patina_ssl_drop_peer(SSL *s);
PATINA_HIDDEN uint8_t *patina_scratch(SSL *s, size_t size);

// error_c.c
PATINA_HIDDEN void patina_raise(int lib, int reason, const char *data, size_t len);

#endif
