// conf_c.c: configuration commands: contexts, names, prefixes, and the ssl_conf sections of libcrypto's configuration.
// Manual: SSL_CONF_cmd(3), SSL_CONF_CTX_new(3), SSL_CONF_cmd_argv(3), SSL_CTX_config(3).

#include <string.h>
#include <strings.h>

#include <openssl/err.h>

#include "conf.h"
#include "method.h"

SSL_CONF_CTX *SSL_CONF_CTX_new(void) { return OPENSSL_zalloc(sizeof(SSL_CONF_CTX)); }

// What the commands kept until the end.
static void forget(SSL_CONF_CTX *c) {
	for (int i = 0; i < PATINA_SLOTS; i++) {
		OPENSSL_free(c->cert_files[i]);
		c->cert_files[i] = NULL;
	}
	sk_X509_NAME_pop_free(c->ca_names, X509_NAME_free);
	c->ca_names = NULL;
}

void SSL_CONF_CTX_free(SSL_CONF_CTX *c) {
	if (!c) return;
	forget(c);
	OPENSSL_free(c->prefix);
	OPENSSL_free(c);
}

int SSL_CONF_CTX_finish(SSL_CONF_CTX *c) {
	struct patina_certs *certs = c->ctx ? c->ctx->certs : c->ssl ? c->ssl->certs : NULL;
	int ok = 1;
	// A certificate without a key: the key may stand in the same file.
	for (int i = 0; ok && certs && i < PATINA_SLOTS; i++)
		if (c->cert_files[i] && (c->flags & SSL_CONF_FLAG_REQUIRE_PRIVATE) && !(certs->slot[i] && certs->slot[i]->key))
			ok = patina_conf_private_key(c, c->cert_files[i]) > 0;
	if (!ok) return 0;
	if (c->ca_names && (c->ssl || c->ctx)) {
		if (c->ssl) SSL_set0_CA_list(c->ssl, c->ca_names);
		else SSL_CTX_set0_CA_list(c->ctx, c->ca_names);
		c->ca_names = NULL;
	}
	forget(c);
	return 1;
}

unsigned int SSL_CONF_CTX_set_flags(SSL_CONF_CTX *c, unsigned int flags) { return c->flags |= flags; }

unsigned int SSL_CONF_CTX_clear_flags(SSL_CONF_CTX *c, unsigned int flags) { return c->flags &= ~flags; }

int SSL_CONF_CTX_set1_prefix(SSL_CONF_CTX *c, const char *pre) {
	char *copy = NULL;
	if (pre && !(copy = OPENSSL_strdup(pre))) return 0;
	OPENSSL_free(c->prefix);
	c->prefix = copy;
	c->prefix_len = copy ? strlen(copy) : 0;
	return 1;
}

void SSL_CONF_CTX_set_ssl(SSL_CONF_CTX *c, SSL *ssl) {
	c->ssl = ssl;
	c->ctx = NULL;
}

void SSL_CONF_CTX_set_ssl_ctx(SSL_CONF_CTX *c, SSL_CTX *ctx) {
	c->ctx = ctx;
	c->ssl = NULL;
}

// Skips the prefix, or without one the dash of a command line; NULL if the name has none.
static const char *without_prefix(const SSL_CONF_CTX *c, const char *name) {
	if (!name) return NULL;
	if (!c->prefix) {
		if (!(c->flags & SSL_CONF_FLAG_CMDLINE)) return name;
		return name[0] == '-' && name[1] ? name + 1 : NULL;
	}
	if (strlen(name) <= c->prefix_len) return NULL;
	if ((c->flags & SSL_CONF_FLAG_CMDLINE) && strncmp(name, c->prefix, c->prefix_len)) return NULL;
	if ((c->flags & SSL_CONF_FLAG_FILE) && strncasecmp(name, c->prefix, c->prefix_len)) return NULL;
	return name + c->prefix_len;
}

enum { UNKNOWN_COMMAND = -2, BAD_VALUE = -3 };

int SSL_CONF_cmd(SSL_CONF_CTX *c, const char *name, const char *value) {
	if (!name) {
		ERR_raise(ERR_LIB_SSL, SSL_R_INVALID_NULL_CMD_NAME);
		return 0;
	}
	const char *bare = without_prefix(c, name);
	const struct patina_conf_cmd *cmd = bare ? patina_conf_find(c, bare) : NULL;
	if (!cmd) {
		if (c->flags & SSL_CONF_FLAG_SHOW_ERRORS)
			ERR_raise_data(ERR_LIB_SSL, SSL_R_UNKNOWN_CMD_NAME, "cmd=%s", bare ? bare : name);
		return UNKNOWN_COMMAND;
	}
	if (cmd->value_type == SSL_CONF_TYPE_NONE) {
		if (!cmd->cert_flag) patina_conf_option(c, cmd->option, !cmd->clear);
		else if (c->ctx) SSL_CTX_set_cert_flags(c->ctx, (long)cmd->option);
		else if (c->ssl) SSL_set_cert_flags(c->ssl, (long)cmd->option);
		return 1;
	}
	int r = BAD_VALUE;
	if (value) {
		r = cmd->run(c, value);
		if (r > 0) return 2;
		if (r != UNKNOWN_COMMAND) r = 0;
	}
	if (c->flags & SSL_CONF_FLAG_SHOW_ERRORS)
		ERR_raise_data(ERR_LIB_SSL, SSL_R_BAD_VALUE, "cmd=%s, value=%s", bare, value ? value : "<EMPTY>");
	return r;
}

int SSL_CONF_cmd_argv(SSL_CONF_CTX *c, int *pargc, char ***pargv) {
	if (pargc && *pargc == 0) return 0;
	const char *name = (*pargv)[0];
	if (!name) return 0;
	c->flags &= ~(unsigned)SSL_CONF_FLAG_FILE;
	c->flags |= SSL_CONF_FLAG_CMDLINE;
	int used = SSL_CONF_cmd(c, name, !pargc || *pargc > 1 ? (*pargv)[1] : NULL);
	if (used > 0) {
		*pargv += used;
		if (pargc) *pargc -= used;
		return used;
	}
	if (used == UNKNOWN_COMMAND) return 0;
	return used == 0 ? -1 : used;
}

int SSL_CONF_cmd_value_type(SSL_CONF_CTX *c, const char *name) {
	const char *bare = without_prefix(c, name);
	const struct patina_conf_cmd *cmd = bare ? patina_conf_find(c, bare) : NULL;
	return cmd ? cmd->value_type : SSL_CONF_TYPE_UNKNOWN;
}

// libcrypto's side of the ssl_conf module: exported, in no header.
typedef struct ssl_conf_cmd_st SSL_CONF_CMD;
extern const SSL_CONF_CMD *conf_ssl_get(size_t section, const char **name, size_t *count);
extern int conf_ssl_name_find(const char *name, size_t *section);
extern void conf_ssl_get_cmd(const SSL_CONF_CMD *list, size_t i, char **command, char **value);

// Which roles the method of a context has.
static unsigned roles(const SSL_METHOD *m) {
	switch (m->kind) {
	case PATINA_METHOD_TLS_CLIENT:
	case PATINA_METHOD_TLS12_CLIENT: return SSL_CONF_FLAG_CLIENT;
	case PATINA_METHOD_TLS_SERVER:
	case PATINA_METHOD_TLS12_SERVER: return SSL_CONF_FLAG_SERVER;
	}
	return SSL_CONF_FLAG_CLIENT | SSL_CONF_FLAG_SERVER;
}

// Runs the commands of a section. Those of the system's default may not name certificates, and it need not exist.
static int configure(SSL *s, SSL_CTX *ctx, const char *name, int system) {
	size_t section, count;
	if (!s && !ctx) {
		ERR_raise(ERR_LIB_SSL, ERR_R_PASSED_NULL_PARAMETER);
		return 0;
	}
	if (!name && system) name = "system_default";
	if (!name || !conf_ssl_name_find(name, &section)) {
		if (!system) ERR_raise_data(ERR_LIB_SSL, SSL_R_INVALID_CONFIGURATION_NAME, "name=%s", name ? name : "<NULL>");
		return 0;
	}
	const SSL_CONF_CMD *list = conf_ssl_get(section, &name, &count);
	SSL_CONF_CTX *c = SSL_CONF_CTX_new();
	if (!c) return 0;
	c->flags = SSL_CONF_FLAG_FILE | roles(s ? s->method : ctx->method);
	if (!system) c->flags |= SSL_CONF_FLAG_CERTIFICATE | SSL_CONF_FLAG_REQUIRE_PRIVATE;
	c->ssl = s;
	c->ctx = ctx;
	int ok = 1;
	for (size_t i = 0; i < count; i++) {
		char *command, *value;
		conf_ssl_get_cmd(list, i, &command, &value);
		if (SSL_CONF_cmd(c, command, value) <= 0) ok = 0;
	}
	if (!SSL_CONF_CTX_finish(c)) ok = 0;
	SSL_CONF_CTX_free(c);
	return ok;
}

int SSL_config(SSL *s, const char *name) { return configure(s, NULL, name, 0); }

int SSL_CTX_config(SSL_CTX *ctx, const char *name) { return configure(NULL, ctx, name, 0); }

void patina_conf_system_default(SSL_CTX *ctx) { configure(NULL, ctx, NULL, 1); }
