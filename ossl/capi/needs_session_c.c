// needs_session_c.c: what the step loop asks of the application about sessions and tickets.
// Manual: SSL_CTX_sess_set_get_cb(3), SSL_CTX_set_tlsext_ticket_key_cb(3), SSL_CTX_set_session_ticket_cb(3).

#define OPENSSL_SUPPRESS_DEPRECATED

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "loop.h"

enum { KEY_NAME = 16 };

static void forget_answer(SSL *s) {
	OPENSSL_free(s->answer);
	s->answer = 0;
	SSL_SESSION_free(s->answer_session);
	s->answer_session = 0;
}

// The cipher and the MAC that a ticket key callback sets up, of the older kind with HMAC_CTX or the newer.
struct ticket_keys {
	EVP_CIPHER_CTX *cipher;
	EVP_MAC_CTX *mac;
	HMAC_CTX *hmac;
};

static int keys_new(struct ticket_keys *k, SSL *s, int evp) {
	memset(k, 0, sizeof *k);
	k->cipher = EVP_CIPHER_CTX_new();
	if (evp) {
		EVP_MAC *mac = EVP_MAC_fetch(s->ctx->libctx, "HMAC", s->ctx->propq);
		k->mac = mac ? EVP_MAC_CTX_new(mac) : 0;
		EVP_MAC_free(mac);
	} else {
		k->hmac = HMAC_CTX_new();
	}
	return k->cipher && (k->mac || k->hmac);
}

static void keys_free(struct ticket_keys *k) {
	EVP_CIPHER_CTX_free(k->cipher);
	EVP_MAC_CTX_free(k->mac);
	HMAC_CTX_free(k->hmac);
}

static int ask_keys(SSL *s, struct patina_step *st, struct ticket_keys *k, unsigned char *name, unsigned char *iv, int seal) {
	if (k->mac)
		return ((int (*)(SSL *, unsigned char *, unsigned char *, EVP_CIPHER_CTX *, EVP_MAC_CTX *, int))st->fn)(s, name, iv, k->cipher,
		                                                                                                         k->mac, seal);
	return ((int (*)(SSL *, unsigned char *, unsigned char *, EVP_CIPHER_CTX *, HMAC_CTX *, int))st->fn)(s, name, iv, k->cipher,
	                                                                                                      k->hmac, seal);
}

static size_t mac_size(struct ticket_keys *k) { return k->mac ? EVP_MAC_CTX_get_mac_size(k->mac) : HMAC_size(k->hmac); }

static int compute_mac(struct ticket_keys *k, const unsigned char *data, size_t len, unsigned char *out) {
	if (k->mac) {
		size_t n;
		return EVP_MAC_update(k->mac, data, len) && EVP_MAC_final(k->mac, out, &n, EVP_MAX_MD_SIZE);
	}
	unsigned n;
	return HMAC_Update(k->hmac, data, len) && HMAC_Final(k->hmac, out, &n);
}

// A copy of what Go has shown: the scratch memory it lies in is used anew when a callback calls back.
static unsigned char *own(const struct patina_step *st) { return OPENSSL_memdup(st->data, st->data_len); }

// name | IV | ciphertext | MAC
static int seal_with(SSL *s, struct patina_step *st, struct ticket_keys *k, const unsigned char *plain, size_t len) {
	unsigned char name[KEY_NAME], iv[EVP_MAX_IV_LENGTH];
	int r = ask_keys(s, st, k, name, iv, 1);
	if (r <= 0) return r;
	int iv_len = EVP_CIPHER_CTX_get_iv_length(k->cipher), n = 0, last = 0;
	size_t mac_len = mac_size(k);
	if (iv_len < 0 || !mac_len) return -1;
	unsigned char *out = OPENSSL_malloc(KEY_NAME + (size_t)iv_len + len + EVP_MAX_BLOCK_LENGTH + EVP_MAX_MD_SIZE);
	if (!out) return -1;
	s->answer = out;
	memcpy(out, name, KEY_NAME);
	memcpy(out + KEY_NAME, iv, (size_t)iv_len);
	unsigned char *body = out + KEY_NAME + iv_len;
	if (!EVP_EncryptUpdate(k->cipher, body, &n, plain, (int)len) || !EVP_EncryptFinal(k->cipher, body + n, &last)) return -1;
	size_t sealed = KEY_NAME + (size_t)iv_len + (size_t)n + (size_t)last;
	if (!compute_mac(k, out, sealed, out + sealed)) return -1;
	st->bytes = out;
	st->bytes_len = sealed + mac_len;
	return r;
}

static int open_with(SSL *s, struct patina_step *st, struct ticket_keys *k, unsigned char *ticket, size_t len) {
	// The callback is given the name and the IV as they stand in the ticket.
	if (len < KEY_NAME + EVP_MAX_IV_LENGTH) return 0;
	int r = ask_keys(s, st, k, ticket, ticket + KEY_NAME, 0);
	if (r <= 0) return r;
	int iv_len = EVP_CIPHER_CTX_get_iv_length(k->cipher), n = 0, last = 0;
	size_t mac_len = mac_size(k);
	if (iv_len < 0 || !mac_len) return -1;
	size_t head = KEY_NAME + (size_t)iv_len;
	if (len <= head + mac_len) return 0;
	size_t sealed = len - mac_len;
	unsigned char mac[EVP_MAX_MD_SIZE];
	if (!compute_mac(k, ticket, sealed, mac)) return -1;
	if (CRYPTO_memcmp(mac, ticket + sealed, mac_len)) return 0;
	if (!(s->answer = OPENSSL_malloc(sealed - head + EVP_MAX_BLOCK_LENGTH))) return -1;
	if (!EVP_DecryptUpdate(k->cipher, s->answer, &n, ticket + head, (int)(sealed - head))) return 0;
	if (EVP_DecryptFinal(k->cipher, s->answer + n, &last) <= 0) {
		ERR_clear_error();
		return 0;
	}
	st->bytes = s->answer;
	st->bytes_len = (size_t)n + (size_t)last;
	return r;
}

static int ticket(SSL *s, struct patina_step *st) {
	struct ticket_keys k;
	unsigned char *data = own(st);
	size_t len = st->data_len;
	int r = -1;
	if (keys_new(&k, s, st->num) && data)
		r = st->need == PATINA_NEED_TICKET_SEAL ? seal_with(s, st, &k, data, len) : open_with(s, st, &k, data, len);
	keys_free(&k);
	OPENSSL_clear_free(data, len);
	st->value = r;
	return 1;
}

static int app_data(SSL *s, struct patina_step *st) {
	SSL_SESSION *session = st->session;
	st->session = 0;
	if (st->num < 0) {
		st->value = ((SSL_CTX_generate_session_ticket_fn)st->fn)(s, (void *)st->arg);
	} else {
		unsigned char name[KEY_NAME];
		size_t n = st->data_len < KEY_NAME ? st->data_len : KEY_NAME;
		if (n) memcpy(name, st->data, n);
		st->value = ((SSL_CTX_decrypt_session_ticket_fn)st->fn)(s, session, name, n, st->num, (void *)st->arg);
	}
	SSL_SESSION_free(session);
	return 1;
}

static int session_new(SSL *s, struct patina_step *st) {
	SSL_SESSION *session = st->session;
	st->session = 0;
	st->value = ((int (*)(SSL *, SSL_SESSION *))st->fn)(s, session);
	if (st->value) return 1;
	// The callback has not kept the reference. What it has put on the session stays as long as the connection.
	if (session->ex_data.sk) {
		SSL_SESSION *was = s->session;
		s->session = session;
		session = was;
	}
	SSL_SESSION_free(session);
	return 1;
}

static int session_get(SSL *s, struct patina_step *st) {
	int copy = 1;
	unsigned char id[SSL_MAX_SSL_SESSION_ID_LENGTH];
	size_t n = st->data_len < sizeof id ? st->data_len : sizeof id;
	if (n) memcpy(id, st->data, n);
	SSL_SESSION *session = ((SSL_SESSION *(*)(SSL *, const unsigned char *, int, int *))st->fn)(s, id, (int)n, &copy);
	if (session && !copy) s->answer_session = session; // its reference is ours now
	st->session_answer = session;
	return 1;
}

static int session_remove(SSL *s, struct patina_step *st) {
	SSL_SESSION *session = st->session;
	st->session = 0;
	((void (*)(SSL_CTX *, SSL_SESSION *))st->fn)(s->session_ctx, session);
	SSL_SESSION_free(session);
	return 1;
}

static int session_id(SSL *s, struct patina_step *st) {
	unsigned len = SSL_MAX_SSL_SESSION_ID_LENGTH;
	if (!(s->answer = OPENSSL_zalloc(len))) return 1;
	st->value = ((GEN_SESSION_CB)st->fn)(s, s->answer, &len) != 0;
	st->bytes = s->answer;
	st->bytes_len = len > SSL_MAX_SSL_SESSION_ID_LENGTH ? 0 : len;
	SSL_SESSION *seen = SSL_get_session(s); // by the callback, perhaps, without the ID
	if (seen && st->value) SSL_SESSION_set1_id(seen, s->answer, (unsigned)st->bytes_len);
	return 1;
}

int patina_perform_session(SSL *s, struct patina_step *st) {
	forget_answer(s);
	st->answer = st->need;
	st->value = 0;
	switch (st->need) {
	case PATINA_NEED_SESSION_NEW: return session_new(s, st);
	case PATINA_NEED_SESSION_GET: return session_get(s, st);
	case PATINA_NEED_SESSION_REMOVE: return session_remove(s, st);
	case PATINA_NEED_TICKET_OPEN:
	case PATINA_NEED_TICKET_SEAL: return ticket(s, st);
	case PATINA_NEED_TICKET_APPDATA: return app_data(s, st);
	case PATINA_NEED_SESSION_ID: return session_id(s, st);
	}
	return 1;
}
