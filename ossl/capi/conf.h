// conf.h: SSL_CONF_CTX and its commands.

#ifndef PATINA_CONF_H
#define PATINA_CONF_H

#include <stddef.h>

#include "handle.h"

struct ssl_conf_ctx_st {
	unsigned flags; // SSL_CONF_FLAG_...
	char *prefix;
	size_t prefix_len;
	SSL_CTX *ctx; // what the commands change: one of these, or neither
	SSL *ssl;
	STACK_OF(X509_NAME) *ca_names;     // of RequestCAFile and the like, until SSL_CONF_CTX_finish
	char *cert_files[PATINA_SLOTS];    // of Certificate: where SSL_CONF_CTX_finish looks for keys not given
};

// A command. It returns 1 or more when it succeeds, 0 when its value is bad, -2 when it is not for this context.
struct patina_conf_cmd {
	const char *file, *command_line; // its names; NULL where it has none
	unsigned needs;                  // SSL_CONF_FLAG_CLIENT, _SERVER, _CERTIFICATE: only for those
	int value_type;                  // SSL_CONF_TYPE_...
	int (*run)(SSL_CONF_CTX *, const char *value);
	// of SSL_CONF_TYPE_NONE:
	uint64_t option;
	int clear;      // the command clears the option
	int cert_flag;  // the option is one of SSL_CTX_set_cert_flags
};

// The command of a name without its prefix, NULL if it is not known or not allowed (conf_cmd_c.c).
PATINA_HIDDEN const struct patina_conf_cmd *patina_conf_find(const SSL_CONF_CTX *c, const char *name);
// Sets or clears options of what the commands change.
PATINA_HIDDEN void patina_conf_option(SSL_CONF_CTX *c, uint64_t option, int on);
// PrivateKey, also for SSL_CONF_CTX_finish.
PATINA_HIDDEN int patina_conf_private_key(SSL_CONF_CTX *c, const char *file);
// Applies the system_default section of libcrypto's configuration to a new SSL_CTX.
PATINA_HIDDEN void patina_conf_system_default(SSL_CTX *ctx);

#endif
