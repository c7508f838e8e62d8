/*
 * What needs no connection: the texts of reasons and alerts, names of suites, groups and extensions, ex_data, and
 * the answers of topics that only the system's library has. The constants of the headers are compared by
 * include/headers_test.go.
 */
#include "kit.h"

/* Reasons below the alerts, and those that stand for alerts: SSL_R_*. */
enum { FIRST_REASON = 100, LAST_REASON = 1255 };

static void reasons(void)
{
    int i, n = 0;

    SHOW(OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS, NULL));
    for (i = FIRST_REASON; i <= LAST_REASON; i++) {
        const char *text = ERR_reason_error_string(ERR_PACK(ERR_LIB_SSL, 0, i));

        if (text != NULL) {
            kit_say("%d %s", i, text);
            n++;
        }
    }
    kit_say("%d reasons", n);
    STR(ERR_lib_error_string(ERR_PACK(ERR_LIB_SSL, 0, 1)));
}

static void start(void)
{
    SHOW(OPENSSL_init_ssl(0, NULL));
    SHOW(OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_SSL_STRINGS | OPENSSL_INIT_NO_LOAD_CONFIG, NULL));
    SHOW(OPENSSL_init_ssl(OPENSSL_INIT_SSL_DEFAULT, NULL));
    SHOW(ERR_load_SSL_strings());
    SHOW(ERR_load_SSL_strings());
    SHOW(SSL_library_init());
    SHOW(SSL_load_error_strings());
    SSL_add_ssl_module();
    kit_queue();
}

static void alerts(void)
{
    static const int levels[] = { 0, 1, 2, 3, 255, 256, 0x10001, -1 };
    size_t i;
    int d;

    for (i = 0; i < COUNT(levels); i++)
        kit_say("level %d: %s, %s", levels[i], SSL_alert_type_string(levels[i] * 256),
                SSL_alert_type_string_long(levels[i] * 256));
    for (d = 0; d < 256; d++)
        kit_say("description %d: %s, %s", d, SSL_alert_desc_string(d), SSL_alert_desc_string_long(d));
    STR(SSL_alert_desc_string_long(0x228));
    STR(SSL_alert_type_string_long(0x228));
}

static void no_cipher(void)
{
    int bits = 7;

    STR(SSL_CIPHER_get_name(NULL));
    STR(SSL_CIPHER_standard_name(NULL));
    STR(SSL_CIPHER_get_version(NULL));
    SHOW(SSL_CIPHER_get_bits(NULL, &bits));
    SHOW(bits);
    STR(OPENSSL_cipher_name(NULL));
    STR(OPENSSL_cipher_name(""));
    STR(OPENSSL_cipher_name("ECDHE-RSA-AES128-GCM-SHA256"));
    STR(OPENSSL_cipher_name("tls_aes_128_gcm_sha256"));
}

static void defaults(void)
{
    STR(OSSL_default_cipher_list());
    STR(OSSL_default_ciphersuites());
}

static void extensions(void)
{
    unsigned int i;

    for (i = 0; i <= 0x10010; i++)
        if (SSL_extension_supported(i))
            kit_say("extension %u", i);
}

static void groups(void)
{
    static const int nids[] = { NID_X9_62_prime256v1, NID_secp384r1, NID_secp521r1, NID_X25519, NID_X448, NID_ffdhe2048,
                                NID_ffdhe8192, NID_undef, NID_rsaEncryption, -1, TLSEXT_nid_unknown,
                                TLSEXT_nid_unknown | 23, TLSEXT_nid_unknown | 29, TLSEXT_nid_unknown | 0xffff };
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    SSL *s = SSL_new(ctx);
    size_t i;

    for (i = 0; i < COUNT(nids); i++)
        kit_str("group", SSL_group_to_name(s, nids[i]));
    SSL_free(s);
    SSL_CTX_free(ctx);
}

static void compression(void)
{
    STACK_OF(SSL_COMP) *list = SSL_COMP_get_compression_methods();
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    SSL *s = SSL_new(ctx);

    PTR(list);
    SHOW(sk_SSL_COMP_num(list));
    SHOW(list == SSL_COMP_get_compression_methods());
    SHOW(SSL_COMP_add_compression_method(200, NULL));
    STR(SSL_COMP_get_name(NULL));
    PTR(SSL_get_current_compression(s));
    PTR(SSL_get_current_expansion(s));
    SHOW(SSL_COMP_set0_compression_methods(NULL) == list);
    PTR(SSL_COMP_get_compression_methods());
    PTR(SSL_COMP_set0_compression_methods(list));
    SHOW(list == SSL_COMP_get_compression_methods());
    SSL_free(s);
    SSL_CTX_free(ctx);
}

static char freed[64];

static void note_free(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int idx, long argl, void *argp)
{
    (void)parent;
    (void)ad;
    (void)idx;
    snprintf(freed + strlen(freed), sizeof(freed) - strlen(freed), " %s=%ld/%s", (char *)argp, argl, ptr ? (char *)ptr : "NULL");
}

static int note_dup(CRYPTO_EX_DATA *to, const CRYPTO_EX_DATA *from, void **from_d, int idx, long argl, void *argp)
{
    (void)to;
    (void)from;
    (void)idx;
    (void)argl;
    kit_say("dup %s of %s", (char *)argp, *from_d ? (char *)*from_d : "NULL");
    *from_d = "copied";
    return 1;
}

static void ex_data(void)
{
    static char a[] = "a", b[] = "b";
    int of_ssl = SSL_get_ex_new_index(1, "ssl", NULL, note_dup, note_free);
    int of_ctx = SSL_CTX_get_ex_new_index(2, "ctx", NULL, NULL, note_free);
    int of_session = SSL_SESSION_get_ex_new_index(3, "session", NULL, note_dup, note_free);
    int later;
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    SSL *s = SSL_new(ctx);
    SSL_SESSION *session = SSL_SESSION_new(), *copy;

    SHOW(of_ssl > 0);
    SHOW(of_ctx > 0);
    SHOW(of_session > 0);
    PTR(SSL_get_ex_data(s, of_ssl));
    SHOW(SSL_set_ex_data(s, of_ssl, a));
    STR(SSL_get_ex_data(s, of_ssl));
    SHOW(SSL_set_ex_data(s, of_ssl, b));
    STR(SSL_get_ex_data(s, of_ssl));
    SHOW(SSL_CTX_set_ex_data(ctx, of_ctx, a));
    STR(SSL_CTX_get_ex_data(ctx, of_ctx));
    SHOW(SSL_SESSION_set_ex_data(session, of_session, b));
    STR(SSL_SESSION_get_ex_data(session, of_session));
    SHOW(SSL_set_app_data(s, b));
    STR(SSL_get_app_data(s));
    PTR(SSL_get_ex_data(s, of_ssl + 100));
    PTR(SSL_get_ex_data(s, -1));
    SHOW(SSL_set_ex_data(s, -1, a));
    SHOW(SSL_set_ex_data(s, of_ssl + 100, a));
    STR(SSL_get_ex_data(s, of_ssl + 100));
    SHOW(SSL_get_ex_data_X509_STORE_CTX_idx() >= 0);
    SHOW(SSL_get_ex_data_X509_STORE_CTX_idx() == SSL_get_ex_data_X509_STORE_CTX_idx());
    later = SSL_get_ex_new_index(4, "later", NULL, NULL, note_free);
    SHOW(SSL_set_ex_data(s, later, a));
    copy = SSL_SESSION_dup(session);
    STR(copy ? SSL_SESSION_get_ex_data(copy, of_session) : "no copy");
    SSL_SESSION_free(copy);
    kit_say("freed:%s", freed);
    *freed = 0;
    SSL_SESSION_free(session);
    kit_say("freed:%s", freed);
    *freed = 0;
    SSL_free(s);
    kit_say("freed:%s", freed);
    *freed = 0;
    SSL_CTX_free(ctx);
    kit_say("freed:%s", freed);
}

static void not_there(void)
{
    const unsigned char *proto = (const unsigned char *)"";
    unsigned int protolen = 5;
    size_t n = 5, m = 5;
    int status = 9;
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    SSL *s = SSL_new(ctx);

    SHOW(SSL_is_dtls(s));
    SSL_get0_next_proto_negotiated(s, &proto, &protolen);
    PTR(proto);
    SHOW(protolen);
    PTR(SSL_get_srtp_profiles(s));
    PTR(SSL_get_selected_srtp_profile(s));
    STR(SSL_get_srp_username(s));
    STR(SSL_get_srp_userinfo(s));
    PTR(SSL_get_srp_N(s));
    PTR(SSL_get_srp_g(s));
    SHOW(SSL_SRP_CTX_init(s));
    SHOW(SSL_SRP_CTX_free(s));
    SHOW(SSL_CTX_SRP_CTX_init(ctx));
    SHOW(SSL_CTX_SRP_CTX_free(ctx));
    SHOW(SSL_waiting_for_async(s));
    SHOW(SSL_get_all_async_fds(s, NULL, &n));
    SHOW(n);
    SHOW(SSL_get_changed_async_fds(s, NULL, &n, NULL, &m));
    SHOW(SSL_get_async_status(s, &status));
    SHOW(status);
    SHOW(SSL_set_async_callback(s, NULL));
    SHOW(SSL_CTX_set_async_callback(ctx, NULL));
    SHOW(SSL_ct_is_enabled(s));
    SHOW(SSL_CTX_ct_is_enabled(ctx));
    PTR(SSL_get0_peer_scts(s));
    SHOW(SSL_enable_ct(s, SSL_CT_VALIDATION_PERMISSIVE));
    SHOW(SSL_CTX_enable_ct(ctx, 7));
    SHOW(SSL_set_ct_validation_callback(s, NULL, NULL));
    SSL_CTX_set0_ctlog_store(ctx, NULL);
    SSL_set_debug(s, 1);
    kit_queue();
    SSL_free(s);
    SSL_CTX_free(ctx);
}

static const kit_case cases[] = {
    CASE(reasons),    CASE(start),  CASE(alerts),      CASE(no_cipher), CASE(defaults),
    CASE(extensions), CASE(groups), CASE(compression), CASE(ex_data),   CASE(not_there),
};

KIT_MAIN(cases)
