// panic.c: calls everything that enters Go, with arguments as programs have them, while one of the entries panics
// (PATINA_PANIC=NAME in a build with the tag patina_panic). Whatever fails, the process must live: each part starts
// from new objects and takes every failure for what it is. Prints "seen" if the panic came out on the error queue.

#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "certificate.h"

static int seen;

// Empties the error queue, looking for the panic.
static void drain(void) {
	const char *data;
	int flags;
	while (ERR_get_error_all(0, 0, 0, &data, &flags))
		if ((flags & ERR_TXT_STRING) && strstr(data, "panic: injected")) seen = 1;
}

#define DO(call) do { (void)(call); drain(); } while (0)

static EVP_PKEY *key;
static X509 *cert;
static X509_CRL *list;

static void credentials(void) {
	key = EVP_EC_gen("P-256");
	cert = self_signed(key);
	list = X509_CRL_new();
	X509_CRL_set_version(list, 1);
	X509_CRL_set_issuer_name(list, X509_get_subject_name(cert));
	X509_CRL_set1_lastUpdate(list, X509_get0_notBefore(cert));
	X509_CRL_set1_nextUpdate(list, X509_get0_notAfter(cert));
	X509_CRL_sign(list, key, EVP_sha256());
}

static SSL_CTX *context(void) {
	SSL_CTX *ctx = SSL_CTX_new(TLS_method());
	drain();
	if (!ctx) return 0;
	DO(SSL_CTX_use_certificate(ctx, cert));
	DO(SSL_CTX_use_PrivateKey(ctx, key));
	X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), cert);
	X509_STORE_add_crl(SSL_CTX_get_cert_store(ctx), list);
	X509_STORE_set_flags(SSL_CTX_get_cert_store(ctx), X509_V_FLAG_CRL_CHECK);
	drain();
	return ctx;
}

static void on_context(void) {
	SSL_CTX *ctx = context();
	if (!ctx) return;
	DO(SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET));
	DO(SSL_CTX_get_options(ctx));
	DO(SSL_CTX_clear_options(ctx, SSL_OP_NO_TICKET));
	DO(SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, 0));
	DO(SSL_CTX_get_verify_mode(ctx));
	DO(SSL_CTX_get_verify_callback(ctx));
	DO(SSL_CTX_set_security_level(ctx, 1));
	DO(SSL_CTX_get_security_level(ctx));
	DO(SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"x", 1));
	DO(SSL_CTX_set_num_tickets(ctx, 2));
	DO(SSL_CTX_get_num_tickets(ctx));
	DO(SSL_CTX_set_alpn_protos(ctx, (const unsigned char *)"\2h2", 3));
	DO(SSL_CTX_set_cipher_list(ctx, "HIGH"));
	DO(SSL_CTX_use_psk_identity_hint(ctx, "hint"));
	DO(SSL_CTX_set_ciphersuites(ctx, "TLS_AES_128_GCM_SHA256"));
	DO(SSL_CTX_get_ciphers(ctx));
	DO(SSL_CTX_set_post_handshake_auth(ctx, 1));
	DO(SSL_CTX_set_max_early_data(ctx, 1));
	DO(SSL_CTX_get_max_early_data(ctx));
	DO(SSL_CTX_set_recv_max_early_data(ctx, 1));
	DO(SSL_CTX_get_recv_max_early_data(ctx));
	DO(SSL_CTX_set_timeout(ctx, 10));
	DO(SSL_CTX_get_timeout(ctx));
	DO((SSL_CTX_set_quiet_shutdown(ctx, 1), 0));
	DO(SSL_CTX_get_quiet_shutdown(ctx));
	DO(SSL_CTX_set_tlsext_max_fragment_length(ctx, TLSEXT_max_fragment_length_512));
	DO(SSL_CTX_set_ssl_version(ctx, TLS_client_method()));
	DO(SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_BOTH));
	DO(SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS));
	DO(SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION));
	DO(SSL_CTX_set_tlsext_servername_callback(ctx, 0));
	DO(SSL_CTX_set1_groups_list(ctx, "P-256"));
	STACK_OF(X509_NAME) *names = sk_X509_NAME_new_null();
	sk_X509_NAME_push(names, X509_NAME_dup(X509_get_subject_name(cert)));
	DO((SSL_CTX_set_client_CA_list(ctx, names), 0));
	DO(SSL_CTX_set_block_padding(ctx, 16));
	DO(SSL_CTX_dane_enable(ctx));
	DO(SSL_CTX_dane_mtype_set(ctx, EVP_sha384(), 3, 3));
	DO(SSL_CTX_dane_set_flags(ctx, 1));
	DO(SSL_CTX_dane_clear_flags(ctx, 1));
	DO(SSL_CTX_add_custom_ext(ctx, 1000, SSL_EXT_CLIENT_HELLO, 0, 0, 0, 0, 0));
	DO(SSL_CTX_has_client_custom_ext(ctx, 1000));
	DO(SSL_CTX_sessions(ctx));
	DO((SSL_CTX_flush_sessions(ctx, 0), 0));
	DO((SSL_CTX_free(ctx), 0));
}

static void on_ssl(void) {
	SSL_CTX *ctx = context(), *other = context();
	SSL *s = ctx ? SSL_new(ctx) : 0;
	drain();
	if (s) {
		DO(SSL_set_options(s, SSL_OP_NO_TICKET));
		DO(SSL_use_psk_identity_hint(s, "hint"));
		DO(SSL_get_options(s));
		DO(SSL_clear_options(s, SSL_OP_NO_TICKET));
		DO((SSL_set_verify(s, SSL_VERIFY_NONE, 0), 0));
		DO(SSL_get_verify_mode(s));
		DO(SSL_get_verify_callback(s));
		DO((SSL_set_security_level(s, 1), 0));
		DO(SSL_get_security_level(s));
		DO(SSL_set_session_id_context(s, (const unsigned char *)"x", 1));
		DO(SSL_set_num_tickets(s, 2));
		DO(SSL_get_num_tickets(s));
		DO(SSL_set_alpn_protos(s, (const unsigned char *)"\2h2", 3));
		DO(SSL_set_cipher_list(s, "HIGH"));
		DO(SSL_set_ciphersuites(s, "TLS_AES_128_GCM_SHA256"));
		DO(SSL_get_ciphers(s));
		DO(SSL_get1_supported_ciphers(s));
		DO((SSL_set_post_handshake_auth(s, 1), 0));
		DO(SSL_set_max_early_data(s, 1));
		DO(SSL_get_max_early_data(s));
		DO(SSL_set_recv_max_early_data(s, 1));
		DO(SSL_get_recv_max_early_data(s));
		DO((SSL_set_quiet_shutdown(s, 1), 0));
		DO((SSL_set_shutdown(s, SSL_SENT_SHUTDOWN), 0));
		DO((SSL_set_read_ahead(s, 1), 0));
		DO(SSL_get_read_ahead(s));
		DO(SSL_set_tlsext_max_fragment_length(s, TLSEXT_max_fragment_length_512));
		DO(SSL_set_tlsext_host_name(s, "localhost"));
		DO(SSL_set_tlsext_debug_callback(s, 0));
		DO(SSL_callback_ctrl(s, SSL_CTRL_SET_NOT_RESUMABLE_SESS_CB, 0));
		DO((SSL_set_verify_result(s, X509_V_OK), 0));
		DO(SSL_use_certificate(s, cert));
		DO(SSL_set_block_padding(s, 16));
		DO(SSL_check_chain(s, cert, key, 0));
		SSL_CTX_dane_enable(ctx);
		drain();
		DO(SSL_dane_enable(s, "localhost"));
		DO(SSL_dane_tlsa_add(s, 3, 1, 1, (const unsigned char *)"0123456789abcdef0123456789abcdef", 32));
		DO(SSL_dane_set_flags(s, 1));
		DO(SSL_dane_clear_flags(s, 1));
		DO(SSL_get0_dane_tlsa(s, 0, 0, 0, 0, 0));
		DO(SSL_get0_dane(s));
		DO(SSL_pending(s));
		DO(SSL_has_pending(s));
		DO(SSL_get_session(s));
		DO(SSL_has_matching_session_id(s, (const unsigned char *)"x", 1));
		STACK_OF(X509_NAME) *names = sk_X509_NAME_new_null();
		sk_X509_NAME_push(names, X509_NAME_dup(X509_get_subject_name(cert)));
		DO((SSL_set_client_CA_list(s, names), 0));
		STACK_OF(SSL_CIPHER) *a = 0, *b = 0;
		DO(SSL_bytes_to_cipher_list(s, (const unsigned char *)"\x13\x01", 2, 0, &a, &b));
		sk_SSL_CIPHER_free(a);
		sk_SSL_CIPHER_free(b);
		SSL *twin = SSL_dup(s);
		drain();
		if (twin) {
			DO(SSL_copy_session_id(twin, s));
			DO((SSL_free(twin), 0));
		}
		if (other) DO(SSL_set_SSL_CTX(s, other));
		DO((SSL_set_accept_state(s), 0));
		DO((SSL_set_connect_state(s), 0));
		DO(SSL_clear(s));
		DO(SSL_stateless(s));
		DO((SSL_free(s), 0));
	}
	DO((SSL_CTX_free(ctx), SSL_CTX_free(other), 0));
}

// Both sides' handshakes over a pair of memory BIOs, as far as they go.
static void shake(SSL *c, SSL *s) {
	for (int i = 0; i < 10; i++) {
		DO(SSL_do_handshake(c));
		DO(SSL_do_handshake(s));
	}
}

static void on_session(SSL_CTX *ctx, SSL *s) {
	SSL_SESSION *session = SSL_get1_session(s);
	drain();
	if (!session) session = SSL_SESSION_new();
	drain();
	if (!session) return;
	unsigned len;
	DO(SSL_SESSION_get_id(session, &len));
	DO(SSL_SESSION_set1_id(session, (const unsigned char *)"id", 2));
	DO(SSL_SESSION_set_time(session, 1));
	DO(SSL_SESSION_get_time(session));
	SSL_SESSION *twin = SSL_SESSION_dup(session);
	drain();
	DO((SSL_SESSION_free(twin), 0));
	DO(SSL_CTX_add_session(ctx, session));
	DO(SSL_SESSION_set_ex_data(session, 0, 0));
	DO(SSL_CTX_remove_session(ctx, session));
	DO(SSL_set_session(s, session));
	unsigned char *der = 0;
	int n = i2d_SSL_SESSION(session, &der);
	drain();
	if (n > 0) {
		const unsigned char *p = der;
		SSL_SESSION *read = d2i_SSL_SESSION(0, &p, n);
		drain();
		DO((SSL_SESSION_free(read), 0));
	}
	OPENSSL_free(der);
	DO((SSL_SESSION_free(session), 0));
	SSL_SESSION *made = SSL_SESSION_new();
	drain();
	DO((SSL_SESSION_free(made), 0));
}

static void on_connection(int version) {
	SSL_CTX *ctx = context();
	if (!ctx) return;
	DO(SSL_CTX_set_max_proto_version(ctx, version));
	DO((SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, 0), 0));
	static const unsigned char info[] = {0, 0, 0x11, 0x80, 0x3, 0xe8, 0, 0}; // in the ClientHello and what answers it
	DO(SSL_CTX_use_serverinfo_ex(ctx, SSL_SERVERINFOV2, info, sizeof info));
	DO(SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS));
	SSL *c = SSL_new(ctx), *s = SSL_new(ctx);
	drain();
	if (c && s) {
		BIO *a, *b;
		BIO_new_bio_pair(&a, 0, &b, 0);
		SSL_set_bio(c, a, a);
		SSL_set_bio(s, b, b);
		SSL_set_connect_state(c);
		SSL_set_accept_state(s);
		drain();
		char buf[64];
		size_t moved;
		DO(SSL_write_early_data(c, "early", 5, &moved));
		DO(SSL_read_early_data(s, buf, sizeof buf, &moved));
		shake(c, s);
		DO(SSL_write(c, "hello", 5));
		DO(SSL_peek(s, buf, sizeof buf));
		DO(SSL_read(s, buf, sizeof buf));
		DO(SSL_read(s, buf, sizeof buf));
		DO(SSL_write(s, "hello", 5));
		DO(SSL_read(c, buf, sizeof buf));
		DO(SSL_read(c, buf, sizeof buf));
		int nid;
		DO(SSL_get_signature_type_nid(s, &nid));
		DO(SSL_get_peer_signature_type_nid(c, &nid));
		DO(SSL_get_sigalgs(s, -1, 0, 0, 0, 0, 0));
		DO(SSL_get_servername(s, TLSEXT_NAMETYPE_host_name));
		DO(SSL_get_finished(s, buf, sizeof buf));
		BIO *text = BIO_new(BIO_s_mem());
		DO((SSL_set_default_read_buffer_len(s, 40000), 1));
		DO((SSL_CTX_set_default_read_buffer_len(SSL_get_SSL_CTX(s), 40000), 1));
		DO((SSL_trace(1, TLS1_2_VERSION, SSL3_RT_ALERT, "\1\0", 2, s, text), 1));
		BIO_free(text);
		X509 *peer = SSL_get1_peer_certificate(c);
		drain();
		X509_free(peer);
		unsigned char out[16];
		DO(SSL_export_keying_material(c, out, sizeof out, "label", 5, 0, 0, 0));
		DO(SSL_export_keying_material_early(c, out, sizeof out, "label", 5, 0, 0));
		DO(SSL_key_update(c, SSL_KEY_UPDATE_REQUESTED));
		DO(SSL_new_session_ticket(s));
		DO(SSL_verify_client_post_handshake(s));
		on_session(ctx, c);
		DO(SSL_shutdown(c));
		DO(SSL_shutdown(s));
		DO(SSL_shutdown(c));
	}
	DO((SSL_free(c), SSL_free(s), 0));
	DO((SSL_CTX_free(ctx), 0));
}

int main(void) {
	credentials();
	on_context();
	on_ssl();
	on_connection(TLS1_3_VERSION);
	on_connection(TLS1_2_VERSION);
	X509_free(cert);
	X509_CRL_free(list);
	EVP_PKEY_free(key);
	puts(seen ? "seen" : "not seen");
	return 0;
}
