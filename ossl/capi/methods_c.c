// methods_c.c: SSL_METHOD. Manual: SSL_CTX_new(3).

#include "method.h"

static const struct ssl_method_st methods[] = {
	{PATINA_METHOD_NONE},         {PATINA_METHOD_TLS},          {PATINA_METHOD_TLS_CLIENT}, {PATINA_METHOD_TLS_SERVER},
	{PATINA_METHOD_TLS12},        {PATINA_METHOD_TLS12_CLIENT}, {PATINA_METHOD_TLS12_SERVER},
};

const SSL_METHOD *TLS_method(void) { return &methods[PATINA_METHOD_TLS]; }
const SSL_METHOD *TLS_client_method(void) { return &methods[PATINA_METHOD_TLS_CLIENT]; }
const SSL_METHOD *TLS_server_method(void) { return &methods[PATINA_METHOD_TLS_SERVER]; }
const SSL_METHOD *TLSv1_2_method(void) { return &methods[PATINA_METHOD_TLS12]; }
const SSL_METHOD *TLSv1_2_client_method(void) { return &methods[PATINA_METHOD_TLS12_CLIENT]; }
const SSL_METHOD *TLSv1_2_server_method(void) { return &methods[PATINA_METHOD_TLS12_SERVER]; }
