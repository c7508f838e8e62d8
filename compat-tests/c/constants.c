/* Numbers and strings an application can ask for: defaults of fresh objects, macros as the headers have them, names. The
 * runner builds this topic a second time with our own headers: the output must be the same. */
#include "kit.h"

#define N(x) kit_say(#x " = 0x%llx", (unsigned long long)(x))
#define S(x) kit_say(#x " = %s", x)

static void macros(void)
{
    N(SSL_ERROR_NONE); N(SSL_ERROR_SSL); N(SSL_ERROR_WANT_READ); N(SSL_ERROR_WANT_WRITE); N(SSL_ERROR_WANT_X509_LOOKUP);
    N(SSL_ERROR_SYSCALL); N(SSL_ERROR_ZERO_RETURN); N(SSL_ERROR_WANT_CONNECT); N(SSL_ERROR_WANT_ACCEPT); N(SSL_ERROR_WANT_ASYNC);
    N(SSL_ERROR_WANT_ASYNC_JOB); N(SSL_ERROR_WANT_CLIENT_HELLO_CB); N(SSL_ERROR_WANT_RETRY_VERIFY);
    N(SSL_NOTHING); N(SSL_WRITING); N(SSL_READING); N(SSL_X509_LOOKUP); N(SSL_ASYNC_PAUSED); N(SSL_ASYNC_NO_JOBS);
    N(SSL_CLIENT_HELLO_CB); N(SSL_RETRY_VERIFY);
    N(SSL_ST_CONNECT); N(SSL_ST_ACCEPT); N(SSL_ST_MASK); N(SSL_CB_LOOP); N(SSL_CB_EXIT); N(SSL_CB_READ); N(SSL_CB_WRITE);
    N(SSL_CB_ALERT); N(SSL_CB_HANDSHAKE_START); N(SSL_CB_HANDSHAKE_DONE); N(SSL_CB_ACCEPT_LOOP); N(SSL_CB_CONNECT_EXIT);
    N(SSL_OP_NO_SSLv3); N(SSL_OP_NO_TLSv1); N(SSL_OP_NO_TLSv1_1); N(SSL_OP_NO_TLSv1_2); N(SSL_OP_NO_TLSv1_3); N(SSL_OP_ALL);
    N(SSL_OP_NO_TICKET); N(SSL_OP_CIPHER_SERVER_PREFERENCE); N(SSL_OP_IGNORE_UNEXPECTED_EOF); N(SSL_OP_NO_RENEGOTIATION);
    N(SSL_OP_PRIORITIZE_CHACHA); N(SSL_OP_NO_COMPRESSION); N(SSL_OP_SINGLE_DH_USE); N(SSL_OP_SINGLE_ECDH_USE);
    N(SSL_OP_NO_ANTI_REPLAY); N(SSL_OP_ENABLE_MIDDLEBOX_COMPAT); N(SSL_OP_ENABLE_KTLS); N(SSL_OP_ALLOW_NO_DHE_KEX);
    N(SSL_OP_NO_ENCRYPT_THEN_MAC); N(SSL_OP_LEGACY_SERVER_CONNECT); N(SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION);
    N(SSL_OP_NO_EXTENDED_MASTER_SECRET); N(SSL_OP_CLEANSE_PLAINTEXT); N(SSL_OP_DISABLE_TLSEXT_CA_NAMES);
    N(SSL_OP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION); N(SSL_OP_NO_QUERY_MTU); N(SSL_OP_COOKIE_EXCHANGE);
    N(SSL_OP_ALLOW_CLIENT_RENEGOTIATION); N(SSL_OP_NO_SSL_MASK); N(SSL_OP_NO_DTLS_MASK);
    N(SSL_MODE_ENABLE_PARTIAL_WRITE); N(SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER); N(SSL_MODE_AUTO_RETRY); N(SSL_MODE_NO_AUTO_CHAIN);
    N(SSL_MODE_RELEASE_BUFFERS); N(SSL_MODE_SEND_CLIENTHELLO_TIME); N(SSL_MODE_SEND_SERVERHELLO_TIME); N(SSL_MODE_SEND_FALLBACK_SCSV);
    N(SSL_MODE_ASYNC); N(SSL_VERIFY_NONE); N(SSL_VERIFY_PEER); N(SSL_VERIFY_FAIL_IF_NO_PEER_CERT); N(SSL_VERIFY_CLIENT_ONCE);
    N(SSL_VERIFY_POST_HANDSHAKE); N(SSL_SESS_CACHE_OFF); N(SSL_SESS_CACHE_CLIENT); N(SSL_SESS_CACHE_SERVER); N(SSL_SESS_CACHE_BOTH);
    N(SSL_SESS_CACHE_NO_AUTO_CLEAR); N(SSL_SESS_CACHE_NO_INTERNAL_LOOKUP); N(SSL_SESS_CACHE_NO_INTERNAL_STORE); N(SSL_SESS_CACHE_NO_INTERNAL);
    N(SSL_SESS_CACHE_UPDATE_TIME); N(SSL_SENT_SHUTDOWN); N(SSL_RECEIVED_SHUTDOWN); N(SSL_FILETYPE_PEM); N(SSL_FILETYPE_ASN1);
    N(SSL_MAX_SSL_SESSION_ID_LENGTH); N(SSL_MAX_SID_CTX_LENGTH); N(SSL_MAX_MASTER_KEY_LENGTH); N(SSL3_RT_MAX_PLAIN_LENGTH);
    N(SSL3_RT_MAX_ENCRYPTED_LENGTH); N(SSL_SESSION_CACHE_MAX_SIZE_DEFAULT); N(SSL_MAX_CERT_LIST_DEFAULT); N(TLS1_VERSION);
    N(TLS1_1_VERSION); N(TLS1_2_VERSION); N(TLS1_3_VERSION); N(SSL3_VERSION); N(DTLS1_VERSION); N(DTLS1_2_VERSION); N(TLS_MAX_VERSION);
    N(SSL_CTRL_SET_TMP_DH); N(SSL_CTRL_EXTRA_CHAIN_CERT); N(SSL_CTRL_MODE); N(SSL_CTRL_SET_SESS_CACHE_SIZE); N(SSL_CTRL_SET_TLSEXT_HOSTNAME);
    N(SSL_CTRL_SET_TLSEXT_TICKET_KEYS); N(SSL_CTRL_SET_GROUPS_LIST); N(SSL_CTRL_SET_MIN_PROTO_VERSION); N(SSL_CTRL_SET_MAX_PROTO_VERSION);
    N(SSL_TLSEXT_ERR_OK); N(SSL_TLSEXT_ERR_ALERT_WARNING); N(SSL_TLSEXT_ERR_ALERT_FATAL); N(SSL_TLSEXT_ERR_NOACK);
    N(SSL_CLIENT_HELLO_SUCCESS); N(SSL_CLIENT_HELLO_ERROR); N(SSL_CLIENT_HELLO_RETRY); N(SSL_AD_CLOSE_NOTIFY); N(SSL_AD_INTERNAL_ERROR);
    N(SSL_AD_NO_APPLICATION_PROTOCOL); N(SSL_R_WRONG_VERSION_NUMBER); N(SSL_R_UNEXPECTED_EOF_WHILE_READING); N(SSL_R_HTTP_REQUEST);
    N(SSL_R_NO_SHARED_CIPHER); N(SSL_R_CERTIFICATE_VERIFY_FAILED); N(SSL_R_TLSV1_ALERT_UNKNOWN_CA); N(SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED);
    N(SSL_EARLY_DATA_NOT_SENT); N(SSL_READ_EARLY_DATA_FINISH); N(SSL_KEY_UPDATE_NONE); N(SSL_BUILD_CHAIN_FLAG_NO_ROOT);
    N(SSL_CONF_FLAG_CMDLINE); N(SSL_CONF_FLAG_REQUIRE_PRIVATE); N(SSL_CONF_TYPE_NONE); N(OPENSSL_INIT_LOAD_SSL_STRINGS);
    N(TLSEXT_TYPE_application_layer_protocol_negotiation); N(TLSEXT_TYPE_key_share); N(TLSEXT_NAMETYPE_host_name);
    N(TLSEXT_STATUSTYPE_ocsp); N(TLS1_CK_ECDHE_RSA_WITH_AES_128_GCM_SHA256); N(TLS1_3_CK_AES_128_GCM_SHA256);
    N(TLS_ST_OK); N(SSL_SECOP_CIPHER_SUPPORTED); N(SSL_CERT_SET_NEXT); N(SSL_EXT_CLIENT_HELLO);
    S(TLS1_TXT_ECDHE_RSA_WITH_AES_128_GCM_SHA256); S(SSL_TXT_TLSV1_2); S(PEM_STRING_SSL_SESSION);
}

static void defaults(void)
{
    static const SSL_METHOD *(*const methods[])(void) = { TLS_method, TLS_client_method, TLS_server_method };
    size_t i;

    for (i = 0; i < COUNT(methods); i++) {
        SSL_CTX *ctx = SSL_CTX_new(methods[i]());
        SSL *ssl = SSL_new(ctx);

        kit_say("method %zu", i);
        N(SSL_CTX_get_options(ctx));
        N(SSL_get_options(ssl));
        N(SSL_CTX_get_mode(ctx));
        N(SSL_get_mode(ssl));
        SHOW(SSL_CTX_get_verify_mode(ctx));
        SHOW(SSL_CTX_get_verify_depth(ctx));
        SHOW(SSL_get_verify_depth(ssl));
        SHOW(SSL_CTX_get_timeout(ctx));
        SHOW(SSL_get_default_timeout(ssl));
        SHOW(SSL_CTX_get_session_cache_mode(ctx));
        SHOW(SSL_CTX_sess_get_cache_size(ctx));
        SHOW(SSL_CTX_get_read_ahead(ctx));
        SHOW(SSL_CTX_get_max_cert_list(ctx));
        SHOW(SSL_get_max_cert_list(ssl));
        SHOW(SSL_CTX_get_security_level(ctx));
        SHOW(SSL_get_security_level(ssl));
        SHOW(SSL_CTX_get_num_tickets(ctx));
        SHOW(SSL_CTX_get_quiet_shutdown(ctx));
        SHOW(SSL_CTX_get_max_early_data(ctx));
        SHOW(SSL_CTX_get_min_proto_version(ctx));
        SHOW(SSL_CTX_get_max_proto_version(ctx));
        PTR(SSL_CTX_get_cert_store(ctx));
        PTR(SSL_CTX_get0_param(ctx));
        PTR(SSL_CTX_get0_certificate(ctx));
        PTR(SSL_CTX_get0_privatekey(ctx));
        PTR(SSL_CTX_get_client_CA_list(ctx));
        kit_say("callbacks unset: %d %d %d %d %d", SSL_CTX_get_info_callback(ctx) == NULL, SSL_CTX_get_verify_callback(ctx) == NULL,
                SSL_CTX_sess_get_new_cb(ctx) == NULL, SSL_CTX_get_keylog_callback(ctx) == NULL, SSL_CTX_get_default_passwd_cb(ctx) == NULL);
        SHOW(SSL_get_shutdown(ssl));
        SHOW(SSL_get_quiet_shutdown(ssl));
        SHOW(SSL_get_verify_result(ssl));
        SHOW(SSL_get_state(ssl));
        SHOW(SSL_want(ssl));
        SHOW(SSL_in_init(ssl));
        SHOW(SSL_is_server(ssl));
        SHOW(SSL_is_dtls(ssl));
        SHOW(SSL_session_reused(ssl));
        SHOW(SSL_renegotiate_pending(ssl));
        SHOW(SSL_num_renegotiations(ssl));
        SHOW(SSL_total_renegotiations(ssl));
        SHOW(SSL_get_secure_renegotiation_support(ssl));
        SHOW(SSL_get_extms_support(ssl));
        SHOW(SSL_version(ssl));
        STR(SSL_get_version(ssl));
        STR(SSL_state_string(ssl));
        STR(SSL_state_string_long(ssl));
        STR(SSL_rstate_string(ssl));
        STR(SSL_rstate_string_long(ssl));
        STR(SSL_get_cipher_name(ssl));
        STR(SSL_get_cipher_version(ssl));
        STR(SSL_get_psk_identity(ssl));
        PTR(SSL_get_session(ssl));
        PTR(SSL_get_current_cipher(ssl));
        PTR(SSL_get_certificate(ssl));
        PTR(SSL_get_privatekey(ssl));
        PTR(SSL_get_rbio(ssl));
        PTR(SSL_get_current_compression(ssl));
        PTR(SSL_get_current_expansion(ssl));
        SHOW(SSL_get_finished(ssl, NULL, 0));
        SHOW(SSL_get_peer_finished(ssl, NULL, 0));
        SHOW(SSL_get_client_random(ssl, NULL, 0));
        SHOW(SSL_get_server_random(ssl, NULL, 0));
        SSL_free(ssl);
        SSL_CTX_free(ctx);
    }
}

static void after_handshake(void)
{
    int version;

    for (version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
        SSL_CTX *c = kit_client();
        kit_pair p;
        int side;

        kit_version(c, version);
        MUST(SSL_CTX_set_ciphersuites(c, "TLS_AES_128_GCM_SHA256"));
        MUST(SSL_CTX_set_cipher_list(c, "ECDHE-ECDSA-AES128-GCM-SHA256"));
        kit_shaken(&p, c, NULL);
        for (side = 0; side < 2; side++) {
            SSL *ssl = side ? p.s : p.c;
            unsigned char a[64], b[64], out[40], out2[40];

            kit_say("%s, %s", kit_version_name(version), side ? "server" : "client");
            SHOW(SSL_get_state(ssl));
            SHOW(SSL_in_init(ssl));
            SHOW(SSL_in_before(ssl));
            SHOW(SSL_is_init_finished(ssl));
            STR(SSL_state_string(ssl));
            STR(SSL_rstate_string_long(ssl));
            SHOW(SSL_get_finished(ssl, a, sizeof(a)));
            SHOW(SSL_get_peer_finished(ssl, b, sizeof(b)));
            SHOW(SSL_get_finished(ssl, a, 5));
            SHOW(SSL_get_client_random(ssl, a, sizeof(a)));
            SHOW(SSL_get_client_random(ssl, NULL, 0));
            SHOW(SSL_get_server_random(ssl, a, 10));
            SHOW(SSL_SESSION_get_master_key(SSL_get_session(ssl), a, sizeof(a)));
            SHOW(SSL_get_secure_renegotiation_support(ssl));
            SHOW(SSL_get_extms_support(ssl));
            SHOW(SSL_session_reused(ssl));
            SHOW(SSL_export_keying_material(ssl, out, sizeof(out), "EXPERIMENTAL x", 14, NULL, 0, 0));
            SHOW(SSL_export_keying_material(side ? p.c : p.s, out2, sizeof(out2), "EXPERIMENTAL x", 14, NULL, 0, 0));
            kit_say("both have the same %d", memcmp(out, out2, sizeof(out)) == 0);
            SHOW(SSL_export_keying_material(ssl, out2, sizeof(out2), "EXPERIMENTAL x", 14, (const unsigned char *)"c", 1, 1));
            kit_say("with a context another %d", memcmp(out, out2, sizeof(out)) != 0);
            SHOW(SSL_export_keying_material(ssl, out2, sizeof(out2), "client finished", 15, NULL, 0, 0));
            SHOW(SSL_export_keying_material_early(ssl, out2, sizeof(out2), "EXPERIMENTAL x", 14, NULL, 0));
            SHOW(SSL_renegotiate_pending(ssl));
            SHOW(SSL_get_default_timeout(ssl));
            SHOW(SSL_get_verify_result(ssl));
            SHOW(SSL_client_version(ssl));
        }
        {
            unsigned char a[64], b[64];
            size_t n = SSL_get_finished(p.c, a, sizeof(a)), m = SSL_get_peer_finished(p.s, b, sizeof(b));

            kit_say("the client's finished is the server's peer's %d", n == m && memcmp(a, b, n) == 0);
            n = SSL_get_finished(p.s, a, sizeof(a));
            m = SSL_get_peer_finished(p.c, b, sizeof(b));
            kit_say("and the other way round %d", n == m && memcmp(a, b, n) == 0);
        }
        kit_pair_free(&p);
        SSL_CTX_free(c);
    }
}

static void control_numbers(void)
{
    /* commands that do not exist, and those that have been taken out, give 0 */
    SSL_CTX *ctx = kit_client();
    SSL *ssl = SSL_new(ctx);
    int i;

    for (i = 150; i < 220; i++) {
        kit_say("%d: %ld %ld", i, SSL_CTX_ctrl(ctx, i, 0, NULL), SSL_ctrl(ssl, i, 0, NULL));
        kit_queue();
    }
    SHOW(SSL_CTX_ctrl(ctx, -1, 0, NULL));
    SHOW(SSL_ctrl(ssl, 9999, 0, NULL));
    SHOW(SSL_CTX_callback_ctrl(ctx, 9999, NULL));
    SHOW(SSL_callback_ctrl(ssl, 9999, NULL));
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

static void macro_functions(void)
{
    SSL_CTX *ctx = kit_server("server-ec");
    SSL *ssl = SSL_new(ctx);

    SHOW(SSL_CTX_need_tmp_RSA(ctx));
    SHOW(SSL_CTX_set_ecdh_auto(ctx, 1));
    SHOW(SSL_CTX_set_dh_auto(ctx, 1));
    SHOW(SSL_CTX_set_tmp_ecdh(ctx, NULL));
    SHOW(SSL_num_renegotiations(ssl));
    SHOW(SSL_clear_num_renegotiations(ssl));
    SHOW(SSL_CTX_set_max_cert_list(ctx, 5000));
    SHOW(SSL_CTX_get_max_cert_list(ctx));
    SHOW(SSL_set_max_cert_list(ssl, 6000));
    SHOW(SSL_get_max_cert_list(ssl));
    SHOW(SSL_CTX_set_read_ahead(ctx, 1));
    SHOW(SSL_CTX_set_tlsext_max_fragment_length(ctx, TLSEXT_max_fragment_length_512));
    SHOW(SSL_CTX_set_tlsext_max_fragment_length(ctx, 9));
    SHOW(SSL_CTX_set_max_early_data(ctx, 100));
    SHOW(SSL_CTX_get_max_early_data(ctx));
    SHOW(SSL_set_max_early_data(ssl, 200));
    SHOW(SSL_get_max_early_data(ssl));
    SHOW(SSL_CTX_set_recv_max_early_data(ctx, 300));
    SHOW(SSL_CTX_set_block_padding(ctx, 16384));
    SHOW(SSL_CTX_set_block_padding(ctx, 16385));
    SSL_CTX_set_default_read_buffer_len(ctx, 1000);
    SHOW(SSL_get_peer_signature_nid(ssl, NULL));
    SHOW(SSL_renegotiate(ssl));
    SHOW(SSL_renegotiate_abbreviated(ssl));
    SHOW(SSL_COMP_get_compression_methods() != NULL);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

static void renegotiation(void)
{
    /* in TLS 1.3 there is none; before, ours refuses (doc.go) what the options below forbid on both */
    int version;

    for (version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
        SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
        kit_pair p;

        kit_version(c, version);
        SSL_CTX_set_options(c, SSL_OP_NO_RENEGOTIATION);
        SSL_CTX_set_options(s, SSL_OP_NO_RENEGOTIATION);
        kit_shaken(&p, c, s);
        kit_say("%s", kit_version_name(version));
        SHOW(SSL_renegotiate(p.c));
        SHOW(SSL_renegotiate(p.s));
        SHOW(SSL_renegotiate_abbreviated(p.c));
        SHOW(SSL_renegotiate_pending(p.c));
        kit_echo(&p, 10);
        kit_pair_free(&p);
        SSL_CTX_free(c);
        SSL_CTX_free(s);
    }
}

/* Ours says no to SSL_renegotiate, and to the SSL_do_handshake behind it, once; then all goes on. */
static void renegotiation_asked(void)
{
    int server;

    for (server = 0; server < 2; server++) {
        SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
        kit_pair p;
        SSL *ssl;

        kit_version(c, TLS1_2_VERSION);
        kit_shaken(&p, c, s);
        ssl = server ? p.s : p.c;
        kit_say("asked for: %d", SSL_renegotiate(ssl));
        kit_queue();
        kit_say("begun: %d", SSL_do_handshake(ssl));
        kit_queue();
        kit_pair_free(&p);

        kit_shaken(&p, c, s);
        ssl = server ? p.s : p.c;
        SSL_set_options(ssl, SSL_OP_NO_RENEGOTIATION);
        SHOW(SSL_renegotiate(ssl));
        kit_queue();
        IO(ssl, SSL_do_handshake(ssl));
        kit_echo(&p, 10);
        kit_pair_free(&p);
        SSL_CTX_free(c);
        SSL_CTX_free(s);
    }
}

static void versions_of_library(void)
{
    N(OPENSSL_VERSION_NUMBER >> 20);
    kit_say("%d", strncmp(OpenSSL_version(OPENSSL_VERSION), "OpenSSL 3.0.", 12));
    SHOW(SSL_library_init());
    SSL_load_error_strings();
    SHOW(OpenSSL_add_ssl_algorithms());
    STR(OSSL_default_cipher_list());
    STR(OSSL_default_ciphersuites());
    STR(SSL_alert_type_string_long(SSL3_AL_FATAL << 8));
}

static const kit_case cases[] = {
    CASE(macros), CASE(defaults), CASE(after_handshake), CASE(control_numbers), CASE(macro_functions), CASE(renegotiation), CASE(renegotiation_asked),
    CASE(versions_of_library),
};

KIT_MAIN(cases)
