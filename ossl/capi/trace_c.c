// trace_c.c: SSL_trace, a message callback that shows to people what passes. Manual: SSL_set_msg_callback(3).
// Go makes the text (ossl/trace.go). It is written here, to the application's BIO; certificates and names that Go has
// found well formed are printed by libcrypto.

#include <stdlib.h>

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "gate.h"
#include "handle.h"
#include "_cgo_export.h"

enum part_kind { PART_TEXT, PART_ALERT, PART_CERTIFICATE, PART_NAME };

enum { PART_HEAD = 5 }; // kind and length

static void print_alert(BIO *out, const uint8_t *p) {
	BIO_printf(out, "    Level=%s(%d), description=%s(%d)\n", SSL_alert_type_string_long(p[0] << 8), p[0],
	           SSL_alert_desc_string_long(p[1]), p[1]);
}

static void print_certificate(BIO *out, const uint8_t *p, long len) {
	const uint8_t *end = p + len;
	X509 *x = d2i_X509(NULL, &p, len);
	if (x) {
		BIO_puts(out, "\n------details-----\n");
		X509_print_ex(out, x, XN_FLAG_ONELINE, 0);
		PEM_write_bio_X509(out, x);
		BIO_puts(out, "------------------\n");
		X509_free(x);
	} else {
		BIO_puts(out, "<UNPARSABLE CERTIFICATE>\n");
	}
	if (p != end) BIO_puts(out, "<TRAILING GARBAGE AFTER CERTIFICATE>\n");
}

static void print_name(BIO *out, const uint8_t *p, long len) {
	X509_NAME *name = d2i_X509_NAME(NULL, &p, len);
	if (name) {
		X509_NAME_print_ex(out, name, 0, XN_FLAG_ONELINE);
		BIO_puts(out, "\n");
		X509_NAME_free(name);
	} else {
		BIO_puts(out, "<UNPARSABLE DN>\n");
	}
}

static void print_part(BIO *out, int kind, const uint8_t *p, uint32_t len) {
	switch (kind) {
	case PART_TEXT: BIO_write(out, p, (int)len); break;
	case PART_ALERT: print_alert(out, p); break;
	case PART_CERTIFICATE: print_certificate(out, p, (long)len); break;
	case PART_NAME: print_name(out, p, (long)len); break;
	}
}

void SSL_trace(int write_p, int version, int content_type, const void *buf, size_t msglen, SSL *ssl, void *arg) {
	uint8_t *parts = NULL;
	size_t len = 0;
	(void)version; // that of the connection counts
	patina_enter();
	int ok = patina_go_trace(ssl, write_p != 0, content_type, (uint8_t *)buf, msglen, &parts, &len);
	patina_leave();
	for (size_t at = 0; ok && at < len;) {
		const uint8_t *p = parts + at;
		uint32_t n = (uint32_t)p[1] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 8 | p[4];
		print_part(arg, p[0], p + PART_HEAD, n);
		at += PART_HEAD + n;
	}
	free(parts);
}
