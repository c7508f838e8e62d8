// conf_cmd_c.c: the configuration commands themselves. Manual: SSL_CONF_cmd(3).
// Each does what a program would do with the public functions.

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/bio.h>
#include <openssl/conf.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "conf.h"

enum { C = SSL_CONF_FLAG_CLIENT, S = SSL_CONF_FLAG_SERVER, CERT = SSL_CONF_FLAG_CERTIFICATE };

// ON runs the form of a function for what the commands change; without either, there is nothing to do.
#define ON(c, of_ctx, of_ssl) ((c)->ctx ? (of_ctx) : (c)->ssl ? (of_ssl) : 1)

void patina_conf_option(SSL_CONF_CTX *c, uint64_t option, int on) {
	if (c->ctx) on ? SSL_CTX_set_options(c->ctx, option) : SSL_CTX_clear_options(c->ctx, option);
	else if (c->ssl) on ? SSL_set_options(c->ssl, option) : SSL_clear_options(c->ssl, option);
}

// A word of a list of options.
struct word {
	const char *name;
	unsigned roles; // 0: both
	uint64_t value;
	int inverted;
};

// Finds the word of a list element, "name", "+name" or "-name"; on tells which.
static const struct word *find_word(const SSL_CONF_CTX *c, const struct word *words, const char *elem, int len, int *on) {
	*on = 1;
	if (!elem) return NULL;
	if (len > 0 && (*elem == '+' || *elem == '-')) {
		*on = *elem == '+';
		elem++;
		len--;
	}
	for (const struct word *w = words; w->name; w++)
		if (strlen(w->name) == (size_t)len && !strncasecmp(w->name, elem, (size_t)len) &&
		    (!w->roles || (w->roles & c->flags)) && (c->flags & (C | S)))
			return w;
	return NULL;
}

static const struct word protocols[] = {
	{"ALL", 0, SSL_OP_NO_SSL_MASK, 1},      {"SSLv2", 0, SSL_OP_NO_SSLv2, 1},
	{"SSLv3", 0, SSL_OP_NO_SSLv3, 1},       {"TLSv1", 0, SSL_OP_NO_TLSv1, 1},
	{"TLSv1.1", 0, SSL_OP_NO_TLSv1_1, 1},   {"TLSv1.2", 0, SSL_OP_NO_TLSv1_2, 1},
	{"TLSv1.3", 0, SSL_OP_NO_TLSv1_3, 1},   {"DTLSv1", 0, SSL_OP_NO_DTLSv1, 1},
	{"DTLSv1.2", 0, SSL_OP_NO_DTLSv1_2, 1}, {0},
};

static const struct word options[] = {
	{"SessionTicket", 0, SSL_OP_NO_TICKET, 1},
	{"EmptyFragments", 0, SSL_OP_DONT_INSERT_EMPTY_FRAGMENTS, 1},
	{"Bugs", 0, SSL_OP_ALL, 0},
	{"Compression", 0, SSL_OP_NO_COMPRESSION, 1},
	{"ServerPreference", S, SSL_OP_CIPHER_SERVER_PREFERENCE, 0},
	{"NoResumptionOnRenegotiation", S, SSL_OP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION, 0},
	{"DHSingle", S, SSL_OP_SINGLE_DH_USE, 0},
	{"ECDHSingle", S, SSL_OP_SINGLE_ECDH_USE, 0},
	{"UnsafeLegacyRenegotiation", 0, SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION, 0},
	{"UnsafeLegacyServerConnect", 0, SSL_OP_LEGACY_SERVER_CONNECT, 0},
	{"ClientRenegotiation", 0, SSL_OP_ALLOW_CLIENT_RENEGOTIATION, 0},
	{"EncryptThenMac", 0, SSL_OP_NO_ENCRYPT_THEN_MAC, 1},
	{"NoRenegotiation", 0, SSL_OP_NO_RENEGOTIATION, 0},
	{"AllowNoDHEKEX", 0, SSL_OP_ALLOW_NO_DHE_KEX, 0},
	{"PrioritizeChaCha", 0, SSL_OP_PRIORITIZE_CHACHA, 0},
	{"MiddleboxCompat", 0, SSL_OP_ENABLE_MIDDLEBOX_COMPAT, 0},
	{"AntiReplay", 0, SSL_OP_NO_ANTI_REPLAY, 1},
	{"ExtendedMasterSecret", 0, SSL_OP_NO_EXTENDED_MASTER_SECRET, 1},
	{"CANames", 0, SSL_OP_DISABLE_TLSEXT_CA_NAMES, 1},
	{"KTLS", 0, SSL_OP_ENABLE_KTLS, 0},
	{0},
};

static const struct word verify_modes[] = {
	{"Peer", C, SSL_VERIFY_PEER, 0},
	{"Request", S, SSL_VERIFY_PEER, 0},
	{"Require", S, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, 0},
	{"Once", S, SSL_VERIFY_PEER | SSL_VERIFY_CLIENT_ONCE, 0},
	{"RequestPostHandshake", S, SSL_VERIFY_PEER | SSL_VERIFY_POST_HANDSHAKE, 0},
	{"RequirePostHandshake", S, SSL_VERIFY_PEER | SSL_VERIFY_POST_HANDSHAKE | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, 0},
	{0},
};

static int set_word(SSL_CONF_CTX *c, const struct word *words, const char *elem, int len) {
	int on;
	const struct word *w = find_word(c, words, elem, len, &on);
	if (!w) return 0;
	patina_conf_option(c, w->value, on != w->inverted);
	return 1;
}

static int set_protocol(const char *elem, int len, void *c) { return set_word(c, protocols, elem, len); }

static int set_option(const char *elem, int len, void *c) { return set_word(c, options, elem, len); }

static int set_verify_mode(const char *elem, int len, void *arg) {
	SSL_CONF_CTX *c = arg;
	int on;
	const struct word *w = find_word(c, verify_modes, elem, len, &on);
	if (!w) return 0;
	if (!c->ctx && !c->ssl) return 1;
	int mode = ON(c, SSL_CTX_get_verify_mode(c->ctx), SSL_get_verify_mode(c->ssl));
	mode = on ? mode | (int)w->value : mode & ~(int)w->value;
	if (c->ctx) SSL_CTX_set_verify(c->ctx, mode, SSL_CTX_get_verify_callback(c->ctx));
	else SSL_set_verify(c->ssl, mode, SSL_get_verify_callback(c->ssl));
	return 1;
}

static int cmd_protocol(SSL_CONF_CTX *c, const char *v) { return CONF_parse_list(v, ',', 1, set_protocol, c); }

static int cmd_options(SSL_CONF_CTX *c, const char *v) { return CONF_parse_list(v, ',', 1, set_option, c); }

static int cmd_verify_mode(SSL_CONF_CTX *c, const char *v) { return CONF_parse_list(v, ',', 1, set_verify_mode, c); }

// Without an SSL_CTX or SSL these lists are looked at all the same.
static int cmd_sigalgs(SSL_CONF_CTX *c, const char *v) {
	return (int)(c->ssl ? SSL_set1_sigalgs_list(c->ssl, v) : SSL_CTX_set1_sigalgs_list(c->ctx, v));
}

static int cmd_client_sigalgs(SSL_CONF_CTX *c, const char *v) {
	return (int)(c->ssl ? SSL_set1_client_sigalgs_list(c->ssl, v) : SSL_CTX_set1_client_sigalgs_list(c->ctx, v));
}

static int cmd_groups(SSL_CONF_CTX *c, const char *v) {
	return (int)(c->ssl ? SSL_set1_groups_list(c->ssl, v) : SSL_CTX_set1_groups_list(c->ctx, v));
}

// One group, for servers of before groups were negotiated; "automatic" is what happens anyway.
static int cmd_ecdh_parameters(SSL_CONF_CTX *c, const char *v) {
	if ((c->flags & SSL_CONF_FLAG_FILE) && (!strcasecmp(v, "automatic") || !strcasecmp(v, "+automatic"))) return 1;
	if ((c->flags & SSL_CONF_FLAG_CMDLINE) && !strcmp(v, "auto")) return 1;
	return strchr(v, ':') ? 0 : cmd_groups(c, v);
}

static int cmd_cipher_string(SSL_CONF_CTX *c, const char *v) {
	return ON(c, SSL_CTX_set_cipher_list(c->ctx, v), SSL_set_cipher_list(c->ssl, v));
}

static int cmd_ciphersuites(SSL_CONF_CTX *c, const char *v) {
	return ON(c, SSL_CTX_set_ciphersuites(c->ctx, v), SSL_set_ciphersuites(c->ssl, v));
}

static int bound(SSL_CONF_CTX *c, const char *v, int max) {
	static const struct {
		const char *name;
		int version;
	} versions[] = {
		{"None", 0}, {"SSLv3", SSL3_VERSION}, {"TLSv1", TLS1_VERSION}, {"TLSv1.1", TLS1_1_VERSION},
		{"TLSv1.2", TLS1_2_VERSION}, {"TLSv1.3", TLS1_3_VERSION}, {"DTLSv1", DTLS1_VERSION}, {"DTLSv1.2", DTLS1_2_VERSION},
	};
	if (!c->ctx && !c->ssl) return 0;
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		if (strcmp(versions[i].name, v)) continue;
		int version = versions[i].version;
		if (version > TLS1_3_VERSION) return 1; // a bound of DTLS does not concern TLS
		if (max) return (int)ON(c, SSL_CTX_set_max_proto_version(c->ctx, version), SSL_set_max_proto_version(c->ssl, version));
		return (int)ON(c, SSL_CTX_set_min_proto_version(c->ctx, version), SSL_set_min_proto_version(c->ssl, version));
	}
	return 0;
}

static int cmd_min_protocol(SSL_CONF_CTX *c, const char *v) { return bound(c, v, 0); }

static int cmd_max_protocol(SSL_CONF_CTX *c, const char *v) { return bound(c, v, 1); }

static int cmd_certificate(SSL_CONF_CTX *c, const char *v) {
	int ok = ON(c, SSL_CTX_use_certificate_chain_file(c->ctx, v), SSL_use_certificate_chain_file(c->ssl, v));
	struct patina_certs *certs = c->ctx ? c->ctx->certs : c->ssl ? c->ssl->certs : NULL;
	if (ok > 0 && certs && (c->flags & SSL_CONF_FLAG_REQUIRE_PRIVATE)) {
		char **file = &c->cert_files[certs->current];
		OPENSSL_free(*file);
		if (!(*file = OPENSSL_strdup(v))) return 0;
	}
	return ok;
}

int patina_conf_private_key(SSL_CONF_CTX *c, const char *v) {
	if (!(c->flags & CERT)) return -2;
	return ON(c, SSL_CTX_use_PrivateKey_file(c->ctx, v, SSL_FILETYPE_PEM), SSL_use_PrivateKey_file(c->ssl, v, SSL_FILETYPE_PEM));
}

static int cmd_server_info(SSL_CONF_CTX *c, const char *v) { return c->ctx ? SSL_CTX_use_serverinfo_file(c->ctx, v) : 1; }

// The store that a command fills, made when it is first needed. It belongs to what the commands change.
static X509_STORE *store_of(SSL_CONF_CTX *c, int verify) {
	X509_STORE *st = NULL;
	if (verify) (void)ON(c, SSL_CTX_get0_verify_cert_store(c->ctx, &st), SSL_get0_verify_cert_store(c->ssl, &st));
	else (void)ON(c, SSL_CTX_get0_chain_cert_store(c->ctx, &st), SSL_get0_chain_cert_store(c->ssl, &st));
	if (st) return st;
	if (!(st = X509_STORE_new())) return NULL;
	long ok = verify ? ON(c, SSL_CTX_set0_verify_cert_store(c->ctx, st), SSL_set0_verify_cert_store(c->ssl, st))
	                 : ON(c, SSL_CTX_set0_chain_cert_store(c->ctx, st), SSL_set0_chain_cert_store(c->ssl, st));
	if (ok > 0) return st;
	X509_STORE_free(st);
	return NULL;
}

// fill puts certificates into the verify or chain store by a libcrypto function. The store is set again afterwards, so
// that it is read anew.
static int fill(SSL_CONF_CTX *c, int verify, int (*load)(X509_STORE *, const char *), const char *v) {
	if (!c->ctx && !c->ssl) return 1;
	X509_STORE *st = store_of(c, verify);
	if (!st || !load(st, v)) return 0;
	if (verify) return (int)ON(c, SSL_CTX_set1_verify_cert_store(c->ctx, st), SSL_set1_verify_cert_store(c->ssl, st));
	return (int)ON(c, SSL_CTX_set1_chain_cert_store(c->ctx, st), SSL_set1_chain_cert_store(c->ssl, st));
}

static int cmd_chain_path(SSL_CONF_CTX *c, const char *v) { return fill(c, 0, X509_STORE_load_path, v); }
static int cmd_chain_file(SSL_CONF_CTX *c, const char *v) { return fill(c, 0, X509_STORE_load_file, v); }
static int cmd_chain_store(SSL_CONF_CTX *c, const char *v) { return fill(c, 0, X509_STORE_load_store, v); }
static int cmd_verify_path(SSL_CONF_CTX *c, const char *v) { return fill(c, 1, X509_STORE_load_path, v); }
static int cmd_verify_file(SSL_CONF_CTX *c, const char *v) { return fill(c, 1, X509_STORE_load_file, v); }
static int cmd_verify_store(SSL_CONF_CTX *c, const char *v) { return fill(c, 1, X509_STORE_load_store, v); }

static int cmd_request(SSL_CONF_CTX *c, int (*add)(STACK_OF(X509_NAME) *, const char *), const char *v) {
	if (!c->ca_names && !(c->ca_names = sk_X509_NAME_new_null())) return 0;
	return add(c->ca_names, v);
}

static int cmd_request_file(SSL_CONF_CTX *c, const char *v) { return cmd_request(c, SSL_add_file_cert_subjects_to_stack, v); }
static int cmd_request_path(SSL_CONF_CTX *c, const char *v) { return cmd_request(c, SSL_add_dir_cert_subjects_to_stack, v); }
static int cmd_request_store(SSL_CONF_CTX *c, const char *v) { return cmd_request(c, SSL_add_store_cert_subjects_to_stack, v); }

// The parameters are read and given on, as OpenSSL does, whether a suite will use them or not.
static int cmd_dh_parameters(SSL_CONF_CTX *c, const char *v) {
	if (!c->ctx && !c->ssl) return 1;
	EVP_PKEY *params = NULL;
	BIO *in = BIO_new(BIO_s_file());
	if (in && BIO_read_filename(in, v) > 0) params = PEM_read_bio_Parameters(in, NULL);
	BIO_free(in);
	if (!params) return 0;
	if (ON(c, SSL_CTX_set0_tmp_dh_pkey(c->ctx, params), SSL_set0_tmp_dh_pkey(c->ssl, params)) > 0) return 1;
	EVP_PKEY_free(params);
	return 0;
}

static int cmd_record_padding(SSL_CONF_CTX *c, const char *v) {
	int n = atoi(v);
	if (n < 0 || (!c->ctx && !c->ssl)) return 0;
	return ON(c, SSL_CTX_set_block_padding(c->ctx, (size_t)n), SSL_set_block_padding(c->ssl, (size_t)n));
}

static int cmd_num_tickets(SSL_CONF_CTX *c, const char *v) {
	int n = atoi(v);
	if (n < 0 || (!c->ctx && !c->ssl)) return 0;
	return ON(c, SSL_CTX_set_num_tickets(c->ctx, (size_t)n), SSL_set_num_tickets(c->ssl, (size_t)n));
}

#define SWITCH(name, needs, option, clear) {NULL, name, needs, SSL_CONF_TYPE_NONE, NULL, option, clear, 0}
#define STRING(file, line, needs, run) {file, line, needs, SSL_CONF_TYPE_STRING, run, 0, 0, 0}
#define PATH(file, line, needs, kind, run) {file, line, CERT | (needs), SSL_CONF_TYPE_##kind, run, 0, 0, 0}

static const struct patina_conf_cmd commands[] = {
	SWITCH("no_ssl3", 0, SSL_OP_NO_SSLv3, 0),
	SWITCH("no_tls1", 0, SSL_OP_NO_TLSv1, 0),
	SWITCH("no_tls1_1", 0, SSL_OP_NO_TLSv1_1, 0),
	SWITCH("no_tls1_2", 0, SSL_OP_NO_TLSv1_2, 0),
	SWITCH("no_tls1_3", 0, SSL_OP_NO_TLSv1_3, 0),
	SWITCH("bugs", 0, SSL_OP_ALL, 0),
	SWITCH("no_comp", 0, SSL_OP_NO_COMPRESSION, 0),
	SWITCH("comp", 0, SSL_OP_NO_COMPRESSION, 1),
	SWITCH("ecdh_single", S, SSL_OP_SINGLE_ECDH_USE, 0),
	SWITCH("no_ticket", 0, SSL_OP_NO_TICKET, 0),
	SWITCH("serverpref", S, SSL_OP_CIPHER_SERVER_PREFERENCE, 0),
	SWITCH("legacy_renegotiation", 0, SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION, 0),
	SWITCH("client_renegotiation", S, SSL_OP_ALLOW_CLIENT_RENEGOTIATION, 0),
	SWITCH("legacy_server_connect", C, SSL_OP_LEGACY_SERVER_CONNECT, 0),
	SWITCH("no_legacy_server_connect", C, SSL_OP_LEGACY_SERVER_CONNECT, 1),
	SWITCH("no_renegotiation", 0, SSL_OP_NO_RENEGOTIATION, 0),
	SWITCH("no_resumption_on_reneg", S, SSL_OP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION, 0),
	SWITCH("allow_no_dhe_kex", 0, SSL_OP_ALLOW_NO_DHE_KEX, 0),
	SWITCH("prioritize_chacha", S, SSL_OP_PRIORITIZE_CHACHA, 0),
	SWITCH("no_middlebox", 0, SSL_OP_ENABLE_MIDDLEBOX_COMPAT, 1),
	SWITCH("anti_replay", S, SSL_OP_NO_ANTI_REPLAY, 1),
	SWITCH("no_anti_replay", S, SSL_OP_NO_ANTI_REPLAY, 0),
	SWITCH("no_etm", 0, SSL_OP_NO_ENCRYPT_THEN_MAC, 0),
	{NULL, "strict", 0, SSL_CONF_TYPE_NONE, NULL, SSL_CERT_FLAG_TLS_STRICT, 0, 1},
	STRING("SignatureAlgorithms", "sigalgs", 0, cmd_sigalgs),
	STRING("ClientSignatureAlgorithms", "client_sigalgs", 0, cmd_client_sigalgs),
	STRING("Curves", "curves", 0, cmd_groups),
	STRING("Groups", "groups", 0, cmd_groups),
	STRING("ECDHParameters", "named_curve", S, cmd_ecdh_parameters),
	STRING("CipherString", "cipher", 0, cmd_cipher_string),
	STRING("Ciphersuites", "ciphersuites", 0, cmd_ciphersuites),
	STRING("Protocol", NULL, 0, cmd_protocol),
	STRING("MinProtocol", "min_protocol", 0, cmd_min_protocol),
	STRING("MaxProtocol", "max_protocol", 0, cmd_max_protocol),
	STRING("Options", NULL, 0, cmd_options),
	STRING("VerifyMode", NULL, 0, cmd_verify_mode),
	PATH("Certificate", "cert", 0, FILE, cmd_certificate),
	PATH("PrivateKey", "key", 0, FILE, patina_conf_private_key),
	PATH("ServerInfoFile", NULL, S, FILE, cmd_server_info),
	PATH("ChainCAPath", "chainCApath", 0, DIR, cmd_chain_path),
	PATH("ChainCAFile", "chainCAfile", 0, FILE, cmd_chain_file),
	PATH("ChainCAStore", "chainCAstore", 0, STORE, cmd_chain_store),
	PATH("VerifyCAPath", "verifyCApath", 0, DIR, cmd_verify_path),
	PATH("VerifyCAFile", "verifyCAfile", 0, FILE, cmd_verify_file),
	PATH("VerifyCAStore", "verifyCAstore", 0, STORE, cmd_verify_store),
	PATH("RequestCAFile", "requestCAFile", 0, FILE, cmd_request_file),
	PATH("ClientCAFile", NULL, S, FILE, cmd_request_file),
	PATH("RequestCAPath", NULL, 0, DIR, cmd_request_path),
	PATH("ClientCAPath", NULL, S, DIR, cmd_request_path),
	PATH("RequestCAStore", "requestCAStore", 0, STORE, cmd_request_store),
	PATH("ClientCAStore", NULL, S, STORE, cmd_request_store),
	PATH("DHParameters", "dhparam", S, FILE, cmd_dh_parameters),
	STRING("RecordPadding", "record_padding", 0, cmd_record_padding),
	STRING("NumTickets", "num_tickets", S, cmd_num_tickets),
};

const struct patina_conf_cmd *patina_conf_find(const SSL_CONF_CTX *c, const char *name) {
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		const struct patina_conf_cmd *cmd = &commands[i];
		if ((cmd->needs & c->flags) != cmd->needs) continue;
		if ((c->flags & SSL_CONF_FLAG_CMDLINE) && cmd->command_line && !strcmp(cmd->command_line, name)) return cmd;
		if ((c->flags & SSL_CONF_FLAG_FILE) && cmd->file && !strcasecmp(cmd->file, name)) return cmd;
	}
	return NULL;
}
