// method.h: what is behind SSL_METHOD. The numbers are those of ossl.Method.

#ifndef PATINA_METHOD_H
#define PATINA_METHOD_H

#include <openssl/ssl.h>

enum {
	PATINA_METHOD_NONE,
	PATINA_METHOD_TLS,
	PATINA_METHOD_TLS_CLIENT,
	PATINA_METHOD_TLS_SERVER,
	PATINA_METHOD_TLS12,
	PATINA_METHOD_TLS12_CLIENT,
	PATINA_METHOD_TLS12_SERVER,
};

struct ssl_method_st {
	int kind;
};

#endif
