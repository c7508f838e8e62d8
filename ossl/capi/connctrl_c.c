// connctrl_c.c: the commands of SSL_ctrl about what has been agreed on. Manual: SSL_CTX_set_tlsext_status_cb(3),
// SSL_get_peer_tmp_key(3), SSL_CTX_set1_groups(3).

#include <openssl/err.h>
#include <openssl/evp.h>

#include "callbacks.h"
#include "gate.h"
#include "_cgo_export.h"

static long fact(SSL *s, int cmd, long larg) {
	patina_enter();
	long r = patina_go_ssl_fact(s, cmd, larg);
	patina_leave();
	return r;
}

// The OCSP response: on clients that of the server, on servers what is to be stapled. Owned by the SSL.
static long get_response(SSL *s, unsigned char **out) {
	*out = s->ocsp;
	if (s->view.role == 2 || s->ocsp) return s->ocsp ? s->ocsp_len : -1;
	unsigned char *data = 0;
	patina_enter();
	long n = patina_go_ssl_staple(s, &data);
	patina_leave();
	if (n < 0) return -1;
	*out = s->ocsp = data;
	s->ocsp_len = n;
	return n;
}

static long set_response(SSL *s, unsigned char *data, long len) {
	OPENSSL_free(s->ocsp);
	s->ocsp = data;
	s->ocsp_len = len;
	patina_enter();
	patina_go_ssl_set_staple(s, data, data ? len : 0);
	patina_leave();
	return 1;
}

// Lists of numbers: how many there are, filled into out if it is not NULL.
static long list(SSL *s, int cmd, int *out) {
	int numbers[64];
	enum { ROOM = sizeof numbers / sizeof *numbers };
	patina_enter();
	long n = patina_go_ssl_numbers(s, cmd, numbers, ROOM);
	patina_leave();
	for (long i = 0; out && i < n && i < ROOM; i++) out[i] = numbers[i];
	return n;
}

// A key of the group of this handshake, without a public value: what programs ask of it is its type and size.
static long temporary_key(SSL *s, EVP_PKEY **out, int own) {
	if (!s->view.begun) return 0;
	// In TLS 1.2 OpenSSL keeps the server's key alone, on the client. A resumed handshake has no key exchange.
	if (s->view.version == TLS1_2_VERSION && (own || s->view.role == 2 || s->view.resumed)) return 0;
	int nid = (int)fact(s, SSL_CTRL_GET_NEGOTIATED_GROUP, 0);
	if (nid == NID_undef) return 0;
	*out = 0;
	if (nid == NID_X25519) {
		static const unsigned char base[32] = {9};
		*out = EVP_PKEY_new_raw_public_key_ex(s->ctx->libctx, "X25519", s->ctx->propq, base, sizeof base);
	} else if (nid == NID_X9_62_prime256v1 || nid == NID_secp384r1 || nid == NID_secp521r1) {
		EVP_PKEY_CTX *gen = EVP_PKEY_CTX_new_from_name(s->ctx->libctx, "EC", s->ctx->propq);
		if (gen && EVP_PKEY_paramgen_init(gen) > 0 && EVP_PKEY_CTX_set_group_name(gen, OBJ_nid2sn(nid)) > 0)
			EVP_PKEY_paramgen(gen, out);
		EVP_PKEY_CTX_free(gen);
	}
	return *out != 0;
}

static long client_cert_types(SSL *s, const unsigned char **out) {
	if (out && s->view.cert_types_len) *out = s->view.cert_types;
	return s->view.cert_types_len;
}

// Kept in the SSL, as programs keep the pointer.
static long point_formats(SSL *s, const unsigned char **out) {
	const uint8_t *formats;
	size_t n;
	if (!patina_fact(s, PATINA_FACT_POINT_FORMATS, &formats, &n)) return 0;
	OPENSSL_free(s->point_formats);
	s->point_formats = OPENSSL_memdup(formats, n);
	*out = s->point_formats;
	return s->point_formats ? (long)n : 0;
}

long patina_connection_ctrl(SSL *s, int cmd, long larg, void *parg, int *known) {
	*known = 1;
	switch (cmd) {
	case SSL_CTRL_SET_RETRY_VERIFY:
		s->want = SSL_RETRY_VERIFY; // patina_verify looks at it behind the callback
		return 1;
	case SSL_CTRL_SET_TLSEXT_DEBUG_ARG:
		patina_set_callback(PATINA_SSL(s), PATINA_CB_EXTENSION_DEBUG_ARG, (uintptr_t)parg, 0);
		return 1;
	case SSL_CTRL_GET_TLSEXT_STATUS_REQ_EXTS:
	case SSL_CTRL_GET_TLSEXT_STATUS_REQ_IDS:
		*(void **)parg = 0;
		return 1;
	case SSL_CTRL_SET_TLSEXT_STATUS_REQ_EXTS:
	case SSL_CTRL_SET_TLSEXT_STATUS_REQ_IDS:
		return parg == 0; // responder IDs and request extensions are not sent (RFC 6066, section 8, lets servers ignore them)
	case SSL_CTRL_GET_TLSEXT_STATUS_REQ_OCSP_RESP:
		return get_response(s, parg);
	case SSL_CTRL_SET_TLSEXT_STATUS_REQ_OCSP_RESP:
		return set_response(s, parg, larg);
	case SSL_CTRL_GET_GROUPS:
		return list(s, cmd, parg);
	case SSL_CTRL_GET_SHARED_GROUP:
	case SSL_CTRL_GET_NEGOTIATED_GROUP:
		return fact(s, cmd, larg);
	case SSL_CTRL_GET_PEER_SIGNATURE_NID:
	case SSL_CTRL_GET_SIGNATURE_NID: {
		long nid = fact(s, cmd, 0);
		if (nid < 0) return 0;
		*(int *)parg = (int)nid;
		return 1;
	}
	case SSL_CTRL_GET_PEER_TMP_KEY:
	case SSL_CTRL_GET_TMP_KEY:
		return temporary_key(s, parg, cmd == SSL_CTRL_GET_TMP_KEY);
	case SSL_CTRL_GET_CLIENT_CERT_TYPES:
		return client_cert_types(s, parg);
	case SSL_CTRL_GET_EC_POINT_FORMATS:
		return point_formats(s, parg);
	case SSL_CTRL_GET_RAW_CIPHERLIST: {
		patina_enter();
		long n = patina_go_ssl_raw_ciphers(s, parg);
		patina_leave();
		return n;
	}
	}
	*known = 0;
	return 0;
}
