/*
 * kit_customext.h: what the programs about custom extensions share.
 */
#ifndef COMPAT_KIT_CUSTOMEXT_H
#define COMPAT_KIT_CUSTOMEXT_H

#include "kit.h"

/* The message that a context is. */
static const char *context_name(unsigned context)
{
    switch (context) {
    case SSL_EXT_CLIENT_HELLO: return "ClientHello";
    case SSL_EXT_TLS1_2_SERVER_HELLO: return "ServerHello 1.2";
    case SSL_EXT_TLS1_3_SERVER_HELLO: return "ServerHello 1.3";
    case SSL_EXT_TLS1_3_ENCRYPTED_EXTENSIONS: return "EncryptedExtensions";
    case SSL_EXT_TLS1_3_HELLO_RETRY_REQUEST: return "HelloRetryRequest";
    case SSL_EXT_TLS1_3_CERTIFICATE: return "Certificate";
    case SSL_EXT_TLS1_3_NEW_SESSION_TICKET: return "NewSessionTicket";
    case SSL_EXT_TLS1_3_CERTIFICATE_REQUEST: return "CertificateRequest";
    }
    return "?";
}

#endif
