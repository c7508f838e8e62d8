// sessprint_c.c: a session in words. Manual: SSL_SESSION_print(3).

#include <openssl/bio.h>
#include <openssl/err.h>

#include "handle.h"
#include "gate.h"
#include "session.h"
#include "_cgo_export.h"

static int hex(BIO *out, const unsigned char *b, size_t n) {
	for (size_t i = 0; i < n; i++)
		if (BIO_printf(out, "%02X", b[i]) <= 0) return 0;
	return 1;
}

// The name of a version; 1.3 is told apart by its number.
static const char *version_name(int version) {
	switch (version) {
	case TLS1_2_VERSION: return "TLSv1.2";
	case TLS1_3_VERSION: return "TLSv1.3";
	}
	return "unknown";
}

static int print_names(BIO *out, const SSL_SESSION *s) {
	const SSL_CIPHER *c = SSL_SESSION_get0_cipher(s);
	if (BIO_printf(out, "SSL-Session:\n    Protocol  : %s\n", version_name(SSL_SESSION_get_protocol_version(s))) <= 0) return 0;
	return BIO_printf(out, "    Cipher    : %s\n", c ? SSL_CIPHER_get_name(c) : "0000") > 0;
}

static int print_identity(BIO *out, const SSL_SESSION *s) {
	unsigned int n;
	const unsigned char *b = SSL_SESSION_get_id(s, &n);
	if (BIO_puts(out, "    Session-ID: ") <= 0 || !hex(out, b, n)) return 0;
	b = SSL_SESSION_get0_id_context(s, &n);
	return BIO_puts(out, "\n    Session-ID-ctx: ") > 0 && hex(out, b, n);
}

static int print_secret(BIO *out, const SSL_SESSION *s) {
	unsigned char key[SSL_MAX_MASTER_KEY_LENGTH];
	size_t n = SSL_SESSION_get_master_key(s, key, sizeof(key));
	int tls13 = SSL_SESSION_get_protocol_version(s) == TLS1_3_VERSION;
	int ok = BIO_puts(out, tls13 ? "\n    Resumption PSK: " : "\n    Master-Key: ") > 0 && hex(out, key, n);
	OPENSSL_cleanse(key, sizeof(key));
	return ok;
}

// What the peers are known by that is no certificate.
static int print_name(BIO *out, const SSL_SESSION *s, const char *what, int part) {
	size_t n;
	patina_enter();
	char *name = patina_go_session_bytes((SSL_SESSION *)s, part, &n);
	patina_leave();
	int ok = BIO_printf(out, "\n    %s: %s", what, name ? name : "None") > 0;
	OPENSSL_free(name);
	return ok;
}

static int print_ticket(BIO *out, const SSL_SESSION *s) {
	const unsigned char *ticket;
	size_t n;
	unsigned long hint = SSL_SESSION_get_ticket_lifetime_hint(s);
	if (hint && BIO_printf(out, "\n    TLS session ticket lifetime hint: %lu (seconds)", hint) <= 0) return 0;
	SSL_SESSION_get0_ticket(s, &ticket, &n);
	return !ticket || !n ||
	       (BIO_puts(out, "\n    TLS session ticket:\n") > 0 && BIO_dump_indent(out, (const char *)ticket, (int)n, 4) > 0);
}

static int print_rest(BIO *out, const SSL_SESSION *s) {
	int verify = (int)patina_session_number(s, PATINA_SESSION_VERIFY_RESULT);
	int ems = patina_session_number(s, PATINA_SESSION_EMS) != 0;
	long at = SSL_SESSION_get_time(s), timeout = SSL_SESSION_get_timeout(s);
	if (at && BIO_printf(out, "\n    Start Time: %ld", at) <= 0) return 0;
	if (timeout && BIO_printf(out, "\n    Timeout   : %ld (sec)", timeout) <= 0) return 0;
	if (BIO_printf(out, "\n    Verify return code: %d (%s)\n", verify, X509_verify_cert_error_string(verify)) <= 0) return 0;
	if (BIO_printf(out, "    Extended master secret: %s\n", ems ? "yes" : "no") <= 0) return 0;
	return SSL_SESSION_get_protocol_version(s) != TLS1_3_VERSION ||
	       BIO_printf(out, "    Max Early Data: %u\n", SSL_SESSION_get_max_early_data(s)) > 0;
}

int SSL_SESSION_print(BIO *out, const SSL_SESSION *s) {
	return patina_is_session(s) && print_names(out, s) && print_identity(out, s) && print_secret(out, s) &&
	       print_name(out, s, "PSK identity", PATINA_SESSION_PSK_IDENTITY) && print_name(out, s, "PSK identity hint", PATINA_SESSION_PSK_HINT) &&
	       print_name(out, s, "SRP username", PATINA_SESSION_SRP_USER) &&
	       print_ticket(out, s) && print_rest(out, s);
}

int SSL_SESSION_print_fp(FILE *fp, const SSL_SESSION *s) {
	BIO *out = BIO_new_fp(fp, BIO_NOCLOSE);
	if (!out) {
		ERR_raise(ERR_LIB_SSL, ERR_R_BUF_LIB);
		return 0;
	}
	int ok = SSL_SESSION_print(out, s);
	BIO_free(out);
	return ok;
}

// A line that tools for looking into recorded connections read.
int SSL_SESSION_print_keylog(BIO *out, const SSL_SESSION *s) {
	unsigned char key[SSL_MAX_MASTER_KEY_LENGTH];
	unsigned int n;
	if (!patina_is_session(s)) return 0;
	const unsigned char *id = SSL_SESSION_get_id(s, &n);
	size_t len = SSL_SESSION_get_master_key(s, key, sizeof(key));
	int ok = n && len && BIO_puts(out, "RSA Session-ID:") > 0 && hex(out, id, n) && BIO_puts(out, " Master-Key:") > 0 &&
	         hex(out, key, len) && BIO_puts(out, "\n") > 0;
	OPENSSL_cleanse(key, sizeof(key));
	return ok;
}
