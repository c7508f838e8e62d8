/* DANE: its functions, their values and errors; settings that matter to it; sessions; copies. */
#include "kit_dane.h"

static const unsigned char zeros[64];

static void enable(void)
{
    SSL_CTX *c = kit_client();
    SSL *ssl = SSL_new(c);
    char longest[300];

    SHOW(SSL_dane_enable(ssl, "server.test"));
    SHOW(SSL_dane_tlsa_add(ssl, 3, 1, 1, zeros, 32));
    SHOW(SSL_get0_dane_authority(ssl, NULL, NULL));
    SHOW(SSL_get0_dane_tlsa(ssl, NULL, NULL, NULL, NULL, NULL));
    PTR(SSL_get0_dane(ssl));
    SHOW(SSL_CTX_dane_enable(c));
    SHOW(SSL_CTX_dane_enable(c));
    SHOW(SSL_dane_enable(ssl, "server.test"));
    SHOW(SSL_dane_enable(ssl, "server.test"));
    STR(SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name));
    STR(X509_VERIFY_PARAM_get0_host(SSL_get0_param(ssl), 0));
    SHOW(SSL_add1_host(ssl, "also.test"));
    STR(X509_VERIFY_PARAM_get0_host(SSL_get0_param(ssl), 1));
    SHOW(SSL_set1_host(ssl, "else.test"));
    STR(X509_VERIFY_PARAM_get0_host(SSL_get0_param(ssl), 0));
    STR(X509_VERIFY_PARAM_get0_host(SSL_get0_param(ssl), 1));
    SHOW(SSL_get0_dane_authority(ssl, NULL, NULL));
    SHOW(SSL_get0_dane_tlsa(ssl, NULL, NULL, NULL, NULL, NULL));
    SSL_free(ssl);

    ssl = SSL_new(c);
    SHOW(SSL_set_tlsext_host_name(ssl, "first.test"));
    SHOW(SSL_set1_host(ssl, "first.test"));
    SHOW(SSL_dane_enable(ssl, "server.test"));
    STR(SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name));
    STR(X509_VERIFY_PARAM_get0_host(SSL_get0_param(ssl), 0));
    SSL_free(ssl);

    ssl = SSL_new(c);
    SHOW(SSL_set1_host(ssl, "first.test"));
    SHOW(SSL_dane_enable(ssl, NULL));
    STR(SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name));
    STR(X509_VERIFY_PARAM_get0_host(SSL_get0_param(ssl), 0));
    SSL_free(ssl);

    ssl = SSL_new(c);
    SHOW(SSL_dane_enable(ssl, ""));
    SHOW(SSL_dane_tlsa_add(ssl, 3, 1, 1, zeros, 32));
    memset(longest, 'a', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    SHOW(SSL_dane_enable(ssl, longest));
    SHOW(SSL_dane_enable(ssl, "10.1.2.3"));
    STR(SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name));
    STR(X509_VERIFY_PARAM_get0_host(SSL_get0_param(ssl), 0));
    SSL_free(ssl);
    SSL_CTX_free(c);
}

/* What libcrypto's parsers say of a record that is malformed is not compared: Go reads it. */
static void try_add(SSL *ssl, int usage, int selector, int mtype, const unsigned char *data, size_t len, const char *what)
{
    int r = SSL_dane_tlsa_add(ssl, (uint8_t)usage, (uint8_t)selector, (uint8_t)mtype, data, len);
    unsigned long error;

    kit_say("%d %d %d, %s: %d", usage, selector, mtype, what, r);
    while ((error = ERR_get_error()) != 0)
        if (ERR_GET_LIB(error) == ERR_LIB_SSL)
            kit_say("%s", ERR_reason_error_string(error) != NULL ? ERR_reason_error_string(error) : "no text");
}

static void records(void)
{
    SSL_CTX *c = kit_client();
    SSL *ssl;
    int usage, selector, mtype;
    size_t cert_len, key_len;
    unsigned char *cert = dane_data("ca", 0, NULL, 0, &cert_len), *key = dane_data("ca", 1, NULL, 0, &key_len), *longer;
    static const size_t lengths[] = { 0, 1, 20, 31, 32, 33, 63, 64 };
    size_t i;

    MUST(SSL_CTX_dane_enable(c) == 1);
    ssl = SSL_new(c);
    MUST(SSL_dane_enable(ssl, "server.test") == 1);
    for (usage = 0; usage < 6; usage++)
        for (selector = 0; selector < 3; selector++)
            for (mtype = 0; mtype < 4; mtype++) {
                try_add(ssl, usage, selector, mtype, zeros, 32, "32 zeros");
                try_add(ssl, usage, selector, mtype, zeros, 64, "64 zeros");
                try_add(ssl, usage, selector, mtype, cert, cert_len, "a certificate");
                try_add(ssl, usage, selector, mtype, key, key_len, "a key");
            }
    try_add(ssl, 255, 255, 255, zeros, 32, "255");
    for (i = 0; i < COUNT(lengths); i++) {
        try_add(ssl, 3, 1, 1, zeros, lengths[i], "zeros");
        try_add(ssl, 3, 1, 2, zeros, lengths[i], "zeros");
        try_add(ssl, 3, 1, 0, zeros, lengths[i], "zeros");
        try_add(ssl, 3, 0, 0, zeros, lengths[i], "zeros");
        try_add(ssl, 3, 1, 1, NULL, lengths[i], "NULL");
        try_add(ssl, 3, 1, 2, NULL, lengths[i], "NULL");
        try_add(ssl, 3, 1, 0, NULL, lengths[i], "NULL");
        try_add(ssl, 2, 0, 0, NULL, lengths[i], "NULL");
    }
    try_add(ssl, 3, 1, 1, zeros, (size_t)1 << 40, "far too long");
    try_add(ssl, 3, 1, 0, zeros, (size_t)1 << 31, "far too long");
    try_add(ssl, 9, 1, 0, zeros, (size_t)1 << 31, "far too long");
    /* something behind, something missing, something wrong */
    for (usage = 0; usage < 4; usage++) {
        longer = OPENSSL_zalloc(cert_len + 1);
        memcpy(longer, cert, cert_len);
        try_add(ssl, usage, 0, 0, longer, cert_len + 1, "a certificate and a byte");
        try_add(ssl, usage, 0, 0, longer, cert_len - 1, "a certificate but for a byte");
        memcpy(longer, key, key_len);
        longer[key_len] = 0;
        try_add(ssl, usage, 1, 0, longer, key_len + 1, "a key and a byte");
        try_add(ssl, usage, 1, 0, longer, key_len - 1, "a key but for a byte");
        longer[10] ^= 0x40; /* within the algorithm's OID */
        try_add(ssl, usage, 1, 0, longer, key_len, "a key of no known kind");
        OPENSSL_free(longer);
    }
    SSL_free(ssl);
    SSL_CTX_free(c);
    OPENSSL_free(cert);
    OPENSSL_free(key);
}

static void flags(void)
{
    SSL_CTX *c = kit_client();
    SSL *before = SSL_new(c), *ssl;

    SHOW(SSL_CTX_dane_set_flags(c, DANE_FLAG_NO_DANE_EE_NAMECHECKS));
    SHOW(SSL_CTX_dane_set_flags(c, 6));
    SHOW(SSL_CTX_dane_clear_flags(c, 2));
    SHOW(SSL_CTX_dane_clear_flags(c, 0));
    ssl = SSL_new(c);
    SHOW(SSL_dane_set_flags(before, 0));
    SHOW(SSL_dane_set_flags(ssl, 8));
    SHOW(SSL_dane_clear_flags(ssl, DANE_FLAG_NO_DANE_EE_NAMECHECKS));
    SHOW(SSL_dane_clear_flags(ssl, 0));
    SHOW(SSL_CTX_dane_clear_flags(c, 0));
    SSL_free(ssl);
    SSL_free(before);
    SSL_CTX_free(c);
}

/* Names, with and without their being checked. */
static void names(void)
{
    static const char *const server[] = { "server-ec", "server-other", "server-cn" };
    int usage, how;
    size_t i;

    for (i = 0; i < COUNT(server); i++)
        for (usage = 1; usage < 4; usage++)
            for (how = 0; how < 5; how++) {
                SSL_CTX *c = dane_client(), *s = kit_server(server[i]);
                kit_pair p;

                kit_say("%s, usage %d, how %d", server[i], usage, how);
                if (how == 1)
                    SSL_CTX_dane_set_flags(c, DANE_FLAG_NO_DANE_EE_NAMECHECKS);
                dane_begin(&p, c, s, "server.test");
                if (how == 2)
                    SSL_dane_set_flags(p.c, DANE_FLAG_NO_DANE_EE_NAMECHECKS);
                if (how == 3)
                    SHOW(SSL_add1_host(p.c, "other.test"));
                if (how == 4) {
                    SHOW(SSL_set1_host(p.c, NULL));
                    SHOW(SSL_set1_host(p.c, "127.0.0.1"));
                }
                MUST(dane_add(p.c, usage, 1, 1, usage == 2 ? "int" : server[i]) == 1);
                dane_tell(&p);
                kit_pair_free(&p);
                SSL_CTX_free(c);
                SSL_CTX_free(s);
            }
}

/* Matching types of the program's own, and their order. */
static void matching_types(void)
{
    SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
    unsigned char *data;
    size_t len;
    kit_pair p;
    SSL *ssl;

    /* before SSL_CTX_dane_enable, which then has nothing to do */
    SHOW(SSL_CTX_dane_mtype_set(c, EVP_sha384(), 5, 7));
    ssl = SSL_new(c);
    SHOW(SSL_dane_enable(ssl, "server.test"));
    try_add(ssl, 3, 1, 5, zeros, 48, "48 zeros");
    try_add(ssl, 3, 1, 1, zeros, 32, "32 zeros");
    SHOW(SSL_CTX_dane_enable(c));
    try_add(ssl, 3, 1, 1, zeros, 32, "32 zeros");
    SSL_free(ssl);
    SSL_CTX_free(c);

    c = dane_client();
    SHOW(SSL_CTX_dane_mtype_set(c, EVP_sha384(), 0, 7));
    SHOW(SSL_CTX_dane_mtype_set(c, NULL, 0, 7));
    SHOW(SSL_CTX_dane_mtype_set(c, EVP_sha384(), 3, 7));
    SHOW(SSL_CTX_dane_mtype_set(c, EVP_sha1(), 255, 0));
    SHOW(SSL_CTX_dane_mtype_set(c, NULL, 2, 9));
    kit_say("SHA2-384 by ordinal 7 before SHA2-256");
    dane_begin(&p, c, s, "server.test");
    try_add(p.c, 3, 1, 2, zeros, 64, "64 zeros");
    try_add(p.c, 3, 1, 254, zeros, 20, "20 zeros");
    try_add(p.c, 3, 1, 3, zeros, 48, "48 zeros");
    SHOW(dane_add(p.c, 3, 1, 1, "server-ec"));
    dane_tell(&p);
    kit_pair_free(&p);

    kit_say("SHA2-384 matches");
    dane_begin(&p, c, s, "server.test");
    SHOW(dane_add_bad(p.c, 3, 1, 1, "server-ec"));
    data = dane_data("server-ec", 1, EVP_sha384(), 0, &len);
    try_add(p.c, 3, 1, 3, data, len, "SHA2-384");
    OPENSSL_free(data);
    dane_tell(&p);
    kit_pair_free(&p);

    kit_say("SHA-1, alone");
    dane_begin(&p, c, s, "server.test");
    data = dane_data("server-ec", 0, EVP_sha1(), 0, &len);
    try_add(p.c, 3, 0, 255, data, len, "SHA-1");
    OPENSSL_free(data);
    dane_tell(&p);
    kit_pair_free(&p);

    kit_say("a type that goes after the record has been added");
    dane_begin(&p, c, s, "server.test");
    SHOW(dane_add(p.c, 3, 1, 1, "server-ec"));
    SHOW(SSL_CTX_dane_mtype_set(c, NULL, 1, 0));
    dane_tell(&p);
    kit_pair_free(&p);

    kit_say("an order that changes after the records have been added");
    SHOW(SSL_CTX_dane_mtype_set(c, EVP_sha256(), 1, 1));
    SHOW(SSL_CTX_dane_mtype_set(c, EVP_sha512(), 2, 2));
    dane_begin(&p, c, s, "server.test");
    SHOW(dane_add_bad(p.c, 3, 1, 2, "server-ec"));
    SHOW(dane_add(p.c, 3, 1, 1, "server-ec"));
    SHOW(SSL_CTX_dane_mtype_set(c, EVP_sha256(), 1, 3));
    dane_tell(&p);
    kit_pair_free(&p);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

/* Without a record that can be used, the peer is verified as ever. */
static void unusable(void)
{
    static const char *const server[] = { "server-ec", "server-untrusted", "server-other" };
    size_t i;

    for (i = 0; i < COUNT(server); i++) {
        SSL_CTX *c = dane_client(), *s = kit_server(server[i]);
        kit_pair p;

        kit_say("%s", server[i]);
        dane_begin(&p, c, s, "server.test");
        try_add(p.c, 3, 1, 7, zeros, 32, "an unknown type");
        dane_tell(&p);
        kit_pair_free(&p);
        SSL_CTX_free(c);
        SSL_CTX_free(s);
    }
}

/* SSL_dup, SSL_clear, another SSL_CTX. */
static void copies(void)
{
    SSL_CTX *c = dane_client(), *s = kit_server("server-untrusted"), *plain = kit_client();
    kit_pair p;
    SSL *copy, *old;

    dane_begin(&p, c, s, "server.test");
    SSL_dane_set_flags(p.c, DANE_FLAG_NO_DANE_EE_NAMECHECKS);
    copy = SSL_dup(p.c);
    SHOW(SSL_dane_set_flags(copy, 0));
    SHOW(SSL_dane_enable(copy, "server.test"));
    SSL_free(copy);
    SHOW(dane_add_bad(p.c, 3, 1, 1, "server-untrusted"));
    SHOW(dane_add(p.c, 3, 1, 1, "server-untrusted"));
    SHOW(dane_add(p.c, 2, 0, 0, "ca"));
    copy = SSL_dup(p.c);
    PTR(copy);
    SHOW(SSL_dane_enable(copy, "server.test"));
    SHOW(SSL_dane_set_flags(copy, 0));
    STR(X509_VERIFY_PARAM_get0_host(SSL_get0_param(copy), 0));
    STR(SSL_get_servername(copy, TLSEXT_NAMETYPE_host_name));
    old = p.c;
    SSL_up_ref(old);
    dane_tell(&p);
    kit_pair_free(&p);
    SSL_free(old);

    kit_say("the copy");
    kit_pair_new(&p, c, s, 0);
    SSL_set_bio(copy, SSL_get_rbio(p.c), SSL_get_wbio(p.c));
    BIO_up_ref(SSL_get_rbio(copy));
    old = p.c;
    p.c = copy;
    SSL_set_connect_state(copy);
    dane_tell(&p);
    kit_say("cleared");
    SHOW(SSL_clear(copy));
    SHOW(SSL_get0_dane_authority(copy, NULL, NULL));
    SHOW(SSL_get0_dane_tlsa(copy, NULL, NULL, NULL, NULL, NULL));
    SHOW(SSL_dane_enable(copy, "server.test"));
    p.c = old;
    SSL_free(copy);
    kit_pair_free(&p);

    kit_say("an SSL_CTX without DANE");
    dane_begin(&p, c, s, "server.test");
    PTR(SSL_set_SSL_CTX(p.c, plain));
    SHOW(dane_add(p.c, 3, 1, 1, "server-untrusted"));
    dane_tell(&p);
    kit_pair_free(&p);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
    SSL_CTX_free(plain);
}

static void resumption(void)
{
    static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
    size_t v;

    for (v = 0; v < COUNT(versions); v++) {
        SSL_CTX *c = dane_client(), *s = kit_server("server-untrusted");
        SSL_SESSION *session;
        kit_pair p;
        int with;

        kit_version(c, versions[v]);
        dane_begin(&p, c, s, "server.test");
        SHOW(dane_add(p.c, 3, 1, 1, "server-untrusted"));
        dane_tell(&p);
        kit_settle(&p);
        session = SSL_get1_session(p.c);
        SSL_shutdown(p.c);
        kit_pair_free(&p);
        for (with = 0; with < 3; with++) {
            kit_pair_new(&p, c, s, 0);
            SHOW(SSL_set_tlsext_host_name(p.c, "server.test"));
            if (with > 0)
                SHOW(SSL_dane_enable(p.c, "server.test"));
            if (with == 1)
                SHOW(dane_add(p.c, 3, 1, 1, "server-untrusted"));
            if (with == 2)
                SHOW(dane_add_bad(p.c, 3, 1, 1, "server-untrusted"));
            SHOW(SSL_set_session(p.c, session));
            dane_tell(&p);
            SHOW(SSL_session_reused(p.c));
            kit_settle(&p);
            SSL_SESSION_free(session);
            session = SSL_get1_session(p.c);
            SSL_shutdown(p.c);
            kit_pair_free(&p);
        }
        SSL_SESSION_free(session);
        SSL_CTX_free(c);
        SSL_CTX_free(s);
    }
}

static const kit_case cases[] = {
    CASE(enable), CASE(records), CASE(flags), CASE(names), CASE(matching_types), CASE(unusable), CASE(copies),
    CASE(resumption),
};

KIT_MAIN(cases)
