// methods_c.c: SSL_METHOD. Manual: SSL_CTX_new(3).

#include "method.h"

#define METHOD(name, kind)                                \
	const SSL_METHOD *name(void) {                        \
		static const struct ssl_method_st method = {kind}; \
		return &method;                                   \
	}

METHOD(TLS_method, PATINA_METHOD_TLS)
METHOD(TLS_client_method, PATINA_METHOD_TLS_CLIENT)
METHOD(TLS_server_method, PATINA_METHOD_TLS_SERVER)
METHOD(TLSv1_2_method, PATINA_METHOD_TLS12)
METHOD(TLSv1_2_client_method, PATINA_METHOD_TLS12_CLIENT)
METHOD(TLSv1_2_server_method, PATINA_METHOD_TLS12_SERVER)
