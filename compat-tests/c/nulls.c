/*
 * What every function answers when it is given nothing but the object it is about: all other arguments are 0 or NULL. And, in
 * the last case, what it answers to no object at all, where it answers. A program that does so has an error, but one that
 * OpenSSL survives, so it must not die of ours: each call is made in a child of its own.
 *
 * The lists have every function that OpenSSL does not die of, but for those that are refused on purpose, and those whose answer
 * is a time or a size that the protocol leaves open. Functions are called by name, with more arguments than they take.
 */
#define _GNU_SOURCE
#include "kit.h"

#include <dlfcn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* What a function returns comes before its name: i a number, p a pointer (NULL or not), t text, v nothing. */
static const char *const of_context[] = {
    "p:BIO_new_buffer_ssl_connect", "p:BIO_new_ssl", "p:BIO_new_ssl_connect", "i:SSL_CTX_add1_to_CA_list",
    "i:SSL_CTX_add_client_CA", "i:SSL_CTX_add_client_custom_ext", "i:SSL_CTX_add_custom_ext",
    "i:SSL_CTX_add_server_custom_ext", "i:SSL_CTX_callback_ctrl", "i:SSL_CTX_check_private_key",
    "i:SSL_CTX_clear_options", "i:SSL_CTX_config", "i:SSL_CTX_ct_is_enabled", "i:SSL_CTX_ctrl",
    "i:SSL_CTX_dane_clear_flags", "i:SSL_CTX_dane_enable", "i:SSL_CTX_dane_set_flags", "i:SSL_CTX_enable_ct",
    "v:SSL_CTX_flush_sessions", "v:SSL_CTX_free", "p:SSL_CTX_get0_CA_list", "p:SSL_CTX_get0_certificate",
    "p:SSL_CTX_get0_ctlog_store", "p:SSL_CTX_get0_param", "p:SSL_CTX_get0_privatekey",
    "p:SSL_CTX_get0_security_ex_data", "p:SSL_CTX_get_cert_store", "p:SSL_CTX_get_ciphers",
    "p:SSL_CTX_get_client_CA_list", "p:SSL_CTX_get_client_cert_cb", "p:SSL_CTX_get_default_passwd_cb",
    "p:SSL_CTX_get_default_passwd_cb_userdata", "p:SSL_CTX_get_ex_data", "p:SSL_CTX_get_info_callback",
    "p:SSL_CTX_get_keylog_callback", "i:SSL_CTX_get_max_early_data", "i:SSL_CTX_get_num_tickets",
    "i:SSL_CTX_get_options", "i:SSL_CTX_get_quiet_shutdown", "p:SSL_CTX_get_record_padding_callback_arg",
    "i:SSL_CTX_get_recv_max_early_data", "p:SSL_CTX_get_security_callback", "i:SSL_CTX_get_security_level",
    "p:SSL_CTX_get_ssl_method", "i:SSL_CTX_get_timeout", "p:SSL_CTX_get_verify_callback",
    "i:SSL_CTX_get_verify_depth", "i:SSL_CTX_get_verify_mode", "i:SSL_CTX_has_client_custom_ext",
    "i:SSL_CTX_load_verify_dir", "i:SSL_CTX_load_verify_file", "i:SSL_CTX_load_verify_locations",
    "i:SSL_CTX_load_verify_store", "i:SSL_CTX_remove_session", "p:SSL_CTX_sess_get_get_cb",
    "p:SSL_CTX_sess_get_new_cb", "p:SSL_CTX_sess_get_remove_cb", "v:SSL_CTX_sess_set_get_cb",
    "v:SSL_CTX_sess_set_new_cb", "v:SSL_CTX_sess_set_remove_cb", "p:SSL_CTX_sessions", "v:SSL_CTX_set0_CA_list",
    "v:SSL_CTX_set0_ctlog_store", "v:SSL_CTX_set0_security_ex_data", "i:SSL_CTX_set0_tmp_dh_pkey",
    "v:SSL_CTX_set1_cert_store", "i:SSL_CTX_set1_param", "v:SSL_CTX_set_allow_early_data_cb",
    "i:SSL_CTX_set_alpn_protos", "v:SSL_CTX_set_alpn_select_cb", "i:SSL_CTX_set_async_callback",
    "i:SSL_CTX_set_async_callback_arg", "i:SSL_CTX_set_block_padding", "v:SSL_CTX_set_cert_cb",
    "v:SSL_CTX_set_cert_store", "v:SSL_CTX_set_cert_verify_callback", "i:SSL_CTX_set_cipher_list",
    "v:SSL_CTX_set_client_CA_list", "v:SSL_CTX_set_client_cert_cb", "i:SSL_CTX_set_client_cert_engine",
    "v:SSL_CTX_set_client_hello_cb", "v:SSL_CTX_set_cookie_generate_cb", "v:SSL_CTX_set_cookie_verify_cb",
    "i:SSL_CTX_set_ct_validation_callback", "i:SSL_CTX_set_ctlog_list_file", "i:SSL_CTX_set_default_ctlog_list_file",
    "v:SSL_CTX_set_default_passwd_cb", "v:SSL_CTX_set_default_passwd_cb_userdata",
    "v:SSL_CTX_set_default_read_buffer_len", "i:SSL_CTX_set_default_verify_dir", "i:SSL_CTX_set_default_verify_file",
    "i:SSL_CTX_set_default_verify_paths", "i:SSL_CTX_set_default_verify_store", "i:SSL_CTX_set_ex_data",
    "i:SSL_CTX_set_generate_session_id", "v:SSL_CTX_set_info_callback", "v:SSL_CTX_set_keylog_callback",
    "i:SSL_CTX_set_max_early_data", "v:SSL_CTX_set_msg_callback", "v:SSL_CTX_set_next_proto_select_cb",
    "v:SSL_CTX_set_next_protos_advertised_cb", "v:SSL_CTX_set_not_resumable_session_callback",
    "i:SSL_CTX_set_num_tickets", "i:SSL_CTX_set_options", "v:SSL_CTX_set_post_handshake_auth",
    "v:SSL_CTX_set_psk_client_callback", "v:SSL_CTX_set_psk_find_session_callback",
    "v:SSL_CTX_set_psk_server_callback", "v:SSL_CTX_set_psk_use_session_callback", "i:SSL_CTX_set_purpose",
    "v:SSL_CTX_set_quiet_shutdown", "v:SSL_CTX_set_record_padding_callback",
    "v:SSL_CTX_set_record_padding_callback_arg", "i:SSL_CTX_set_recv_max_early_data",
    "v:SSL_CTX_set_security_callback", "v:SSL_CTX_set_security_level", "i:SSL_CTX_set_session_id_context",
    "i:SSL_CTX_set_session_ticket_cb", "v:SSL_CTX_set_stateless_cookie_generate_cb",
    "v:SSL_CTX_set_stateless_cookie_verify_cb", "i:SSL_CTX_set_timeout", "i:SSL_CTX_set_tlsext_max_fragment_length",
    "i:SSL_CTX_set_tlsext_ticket_key_evp_cb", "v:SSL_CTX_set_tmp_dh_callback", "i:SSL_CTX_set_trust",
    "v:SSL_CTX_set_verify", "v:SSL_CTX_set_verify_depth", "i:SSL_CTX_up_ref", "i:SSL_CTX_use_PrivateKey",
    "i:SSL_CTX_use_PrivateKey_file", "i:SSL_CTX_use_RSAPrivateKey", "i:SSL_CTX_use_RSAPrivateKey_ASN1",
    "i:SSL_CTX_use_RSAPrivateKey_file", "i:SSL_CTX_use_cert_and_key", "i:SSL_CTX_use_certificate",
    "i:SSL_CTX_use_certificate_ASN1", "i:SSL_CTX_use_certificate_chain_file", "i:SSL_CTX_use_certificate_file",
    "i:SSL_CTX_use_psk_identity_hint", "i:SSL_CTX_use_serverinfo", "i:SSL_CTX_use_serverinfo_ex",
    "i:SSL_CTX_use_serverinfo_file", "p:SSL_new",
};

static const char *const of_ssl[] = {
    "i:SSL_accept", "i:SSL_add1_host", "i:SSL_add1_to_CA_list", "i:SSL_add_client_CA", "i:SSL_alloc_buffers",
    "i:SSL_bytes_to_cipher_list", "i:SSL_callback_ctrl", "v:SSL_certs_clear", "i:SSL_check_chain",
    "i:SSL_check_private_key", "i:SSL_clear", "i:SSL_clear_options", "i:SSL_client_hello_get0_ciphers",
    "i:SSL_client_hello_get0_compression_methods", "i:SSL_client_hello_get0_ext",
    "i:SSL_client_hello_get0_legacy_version", "i:SSL_client_hello_get0_random", "i:SSL_client_hello_get0_session_id",
    "i:SSL_client_hello_get1_extensions_present", "i:SSL_client_hello_isv2", "i:SSL_client_version", "i:SSL_config",
    "i:SSL_connect", "i:SSL_ct_is_enabled", "i:SSL_ctrl", "i:SSL_dane_clear_flags", "i:SSL_dane_enable",
    "i:SSL_dane_set_flags", "i:SSL_dane_tlsa_add", "i:SSL_do_handshake", "p:SSL_dup", "i:SSL_enable_ct",
    "i:SSL_export_keying_material", "i:SSL_export_keying_material_early", "v:SSL_free", "i:SSL_free_buffers",
    "p:SSL_get0_CA_list", "i:SSL_get0_dane_authority", "i:SSL_get0_dane_tlsa", "p:SSL_get0_param",
    "p:SSL_get0_peer_CA_list", "p:SSL_get0_peer_certificate", "p:SSL_get0_peer_scts", "t:SSL_get0_peername",
    "p:SSL_get0_security_ex_data", "p:SSL_get0_verified_chain", "p:SSL_get1_peer_certificate", "p:SSL_get1_session",
    "p:SSL_get1_supported_ciphers", "p:SSL_get_SSL_CTX", "i:SSL_get_all_async_fds", "i:SSL_get_async_status",
    "p:SSL_get_certificate", "i:SSL_get_changed_async_fds", "t:SSL_get_cipher_list", "p:SSL_get_ciphers",
    "p:SSL_get_client_CA_list", "p:SSL_get_client_ciphers", "i:SSL_get_client_random", "p:SSL_get_current_cipher",
    "p:SSL_get_current_compression", "p:SSL_get_current_expansion", "p:SSL_get_default_passwd_cb",
    "p:SSL_get_default_passwd_cb_userdata", "i:SSL_get_default_timeout", "i:SSL_get_early_data_status",
    "i:SSL_get_error", "p:SSL_get_ex_data", "i:SSL_get_finished", "p:SSL_get_info_callback",
    "i:SSL_get_key_update_type", "i:SSL_get_max_early_data", "i:SSL_get_num_tickets", "i:SSL_get_options",
    "p:SSL_get_peer_cert_chain", "i:SSL_get_peer_finished", "i:SSL_get_peer_signature_type_nid",
    "p:SSL_get_pending_cipher", "p:SSL_get_privatekey", "t:SSL_get_psk_identity", "t:SSL_get_psk_identity_hint",
    "i:SSL_get_quiet_shutdown", "p:SSL_get_rbio", "i:SSL_get_read_ahead", "p:SSL_get_record_padding_callback_arg",
    "i:SSL_get_recv_max_early_data", "i:SSL_get_rfd", "p:SSL_get_security_callback", "i:SSL_get_security_level",
    "i:SSL_get_server_random", "t:SSL_get_servername", "i:SSL_get_servername_type", "p:SSL_get_session",
    "t:SSL_get_shared_ciphers", "i:SSL_get_shutdown", "i:SSL_get_signature_type_nid", "p:SSL_get_ssl_method",
    "i:SSL_get_state", "p:SSL_get_verify_callback", "i:SSL_get_verify_depth", "i:SSL_get_verify_mode",
    "i:SSL_get_verify_result", "t:SSL_get_version", "p:SSL_get_wbio", "i:SSL_get_wfd", "t:SSL_group_to_name",
    "i:SSL_has_matching_session_id", "i:SSL_has_pending", "i:SSL_in_before", "i:SSL_in_init",
    "i:SSL_is_init_finished", "i:SSL_is_server", "i:SSL_key_update", "i:SSL_new_session_ticket", "i:SSL_peek",
    "i:SSL_peek_ex", "i:SSL_pending", "i:SSL_read", "i:SSL_read_early_data", "i:SSL_read_ex",
    "i:SSL_renegotiate_pending", "t:SSL_rstate_string", "t:SSL_rstate_string_long", "i:SSL_sendfile",
    "i:SSL_session_reused", "v:SSL_set0_CA_list", "v:SSL_set0_rbio", "v:SSL_set0_security_ex_data",
    "i:SSL_set0_tmp_dh_pkey", "v:SSL_set0_wbio", "i:SSL_set1_host", "i:SSL_set1_param", "p:SSL_set_SSL_CTX",
    "v:SSL_set_accept_state", "v:SSL_set_allow_early_data_cb", "i:SSL_set_alpn_protos", "i:SSL_set_async_callback",
    "i:SSL_set_async_callback_arg", "v:SSL_set_bio", "i:SSL_set_block_padding", "v:SSL_set_cert_cb",
    "i:SSL_set_cipher_list", "v:SSL_set_client_CA_list", "v:SSL_set_connect_state",
    "i:SSL_set_ct_validation_callback", "v:SSL_set_debug", "v:SSL_set_default_passwd_cb",
    "v:SSL_set_default_passwd_cb_userdata", "v:SSL_set_default_read_buffer_len", "i:SSL_set_ex_data", "i:SSL_set_fd",
    "i:SSL_set_generate_session_id", "v:SSL_set_hostflags", "v:SSL_set_info_callback", "i:SSL_set_max_early_data",
    "v:SSL_set_msg_callback", "v:SSL_set_not_resumable_session_callback", "i:SSL_set_num_tickets",
    "i:SSL_set_options", "v:SSL_set_post_handshake_auth", "v:SSL_set_psk_client_callback",
    "v:SSL_set_psk_find_session_callback", "v:SSL_set_psk_server_callback", "v:SSL_set_psk_use_session_callback",
    "i:SSL_set_purpose", "v:SSL_set_quiet_shutdown", "v:SSL_set_read_ahead", "i:SSL_set_record_padding_callback",
    "v:SSL_set_record_padding_callback_arg", "i:SSL_set_recv_max_early_data", "i:SSL_set_rfd",
    "v:SSL_set_security_callback", "v:SSL_set_security_level", "i:SSL_set_session", "i:SSL_set_session_id_context",
    "v:SSL_set_shutdown", "i:SSL_set_tlsext_max_fragment_length", "v:SSL_set_tmp_dh_callback", "i:SSL_set_trust",
    "v:SSL_set_verify", "v:SSL_set_verify_depth", "v:SSL_set_verify_result", "i:SSL_set_wfd", "i:SSL_shutdown",
    "t:SSL_state_string", "t:SSL_state_string_long", "i:SSL_stateless", "i:SSL_up_ref", "i:SSL_use_PrivateKey",
    "i:SSL_use_PrivateKey_file", "i:SSL_use_RSAPrivateKey", "i:SSL_use_RSAPrivateKey_ASN1",
    "i:SSL_use_RSAPrivateKey_file", "i:SSL_use_cert_and_key", "i:SSL_use_certificate", "i:SSL_use_certificate_ASN1",
    "i:SSL_use_certificate_chain_file", "i:SSL_use_certificate_file", "i:SSL_use_psk_identity_hint",
    "i:SSL_verify_client_post_handshake", "i:SSL_version", "i:SSL_waiting_for_async", "i:SSL_want", "i:SSL_write",
    "i:SSL_write_early_data", "i:SSL_write_ex",
};

static const char *const of_session[] = {
    "p:SSL_SESSION_dup", "v:SSL_SESSION_free", "p:SSL_SESSION_get0_cipher", "t:SSL_SESSION_get0_hostname",
    "p:SSL_SESSION_get0_id_context", "p:SSL_SESSION_get0_peer", "i:SSL_SESSION_get_compress_id",
    "p:SSL_SESSION_get_ex_data", "p:SSL_SESSION_get_id", "i:SSL_SESSION_get_master_key",
    "i:SSL_SESSION_get_max_early_data", "i:SSL_SESSION_get_max_fragment_length", "i:SSL_SESSION_get_protocol_version",
    "i:SSL_SESSION_get_ticket_lifetime_hint", "i:SSL_SESSION_get_timeout", "i:SSL_SESSION_has_ticket",
    "i:SSL_SESSION_is_resumable", "i:SSL_SESSION_set1_alpn_selected", "i:SSL_SESSION_set1_hostname",
    "i:SSL_SESSION_set1_id", "i:SSL_SESSION_set1_id_context", "i:SSL_SESSION_set1_master_key",
    "i:SSL_SESSION_set1_ticket_appdata", "i:SSL_SESSION_set_cipher", "i:SSL_SESSION_set_ex_data",
    "i:SSL_SESSION_set_max_early_data", "i:SSL_SESSION_set_protocol_version", "i:SSL_SESSION_set_timeout",
    "i:SSL_SESSION_up_ref",
};

static const char *const of_nothing[] = {
    "p:BIO_f_ssl", "p:BIO_new_buffer_ssl_connect", "p:BIO_new_ssl", "p:BIO_new_ssl_connect",
    "i:BIO_ssl_copy_session_id", "v:BIO_ssl_shutdown", "i:ERR_load_SSL_strings", "t:OPENSSL_cipher_name",
    "i:OPENSSL_init_ssl", "t:OSSL_default_cipher_list", "t:OSSL_default_ciphersuites", "i:PEM_read_bio_SSL_SESSION",
    "i:PEM_write_SSL_SESSION", "i:PEM_write_bio_SSL_SESSION", "i:SSL_CIPHER_get_bits", "i:SSL_CIPHER_get_cipher_nid",
    "t:SSL_CIPHER_get_name", "t:SSL_CIPHER_get_version", "t:SSL_CIPHER_standard_name",
    "i:SSL_COMP_add_compression_method", "p:SSL_COMP_get_compression_methods", "t:SSL_COMP_get_name",
    "v:SSL_CONF_CTX_free", "p:SSL_CONF_CTX_new", "i:SSL_CONF_cmd", "i:SSL_CONF_cmd_value_type",
    "i:SSL_CTX_add1_to_CA_list", "i:SSL_CTX_add_client_CA", "i:SSL_CTX_check_private_key", "i:SSL_CTX_config",
    "i:SSL_CTX_ctrl", "v:SSL_CTX_free", "p:SSL_CTX_get_ciphers", "i:SSL_CTX_get_timeout",
    "i:SSL_CTX_load_verify_locations", "p:SSL_CTX_new", "p:SSL_CTX_new_ex", "i:SSL_CTX_remove_session",
    "i:SSL_CTX_set_client_cert_engine", "i:SSL_CTX_set_timeout", "i:SSL_CTX_use_PrivateKey",
    "i:SSL_CTX_use_PrivateKey_file", "i:SSL_CTX_use_RSAPrivateKey", "i:SSL_CTX_use_RSAPrivateKey_ASN1",
    "i:SSL_CTX_use_RSAPrivateKey_file", "i:SSL_CTX_use_certificate", "i:SSL_CTX_use_certificate_chain_file",
    "i:SSL_CTX_use_certificate_file", "i:SSL_CTX_use_serverinfo", "i:SSL_CTX_use_serverinfo_ex",
    "i:SSL_CTX_use_serverinfo_file", "v:SSL_SESSION_free",
    "i:SSL_SESSION_get_timeout", "p:SSL_SESSION_new", "i:SSL_SESSION_print", "i:SSL_SESSION_print_fp",
    "i:SSL_SESSION_print_keylog", "i:SSL_SESSION_set_timeout", "i:SSL_add1_to_CA_list", "i:SSL_add_client_CA",
    "i:SSL_add_dir_cert_subjects_to_stack", "t:SSL_alert_desc_string", "t:SSL_alert_desc_string_long",
    "t:SSL_alert_type_string", "t:SSL_alert_type_string_long", "i:SSL_bytes_to_cipher_list",
    "i:SSL_check_private_key", "i:SSL_config", "p:SSL_dup_CA_list", "i:SSL_extension_supported", "v:SSL_free",
    "p:SSL_get0_peer_certificate", "p:SSL_get1_peer_certificate", "p:SSL_get1_supported_ciphers",
    "t:SSL_get_cipher_list", "p:SSL_get_ciphers", "p:SSL_get_client_ciphers", "i:SSL_get_client_random",
    "i:SSL_get_ex_data_X509_STORE_CTX_idx", "p:SSL_get_peer_cert_chain", "t:SSL_get_psk_identity",
    "t:SSL_get_psk_identity_hint", "i:SSL_get_server_random", "p:SSL_load_client_CA_file",
    "p:SSL_load_client_CA_file_ex", "p:SSL_new", "v:SSL_set_debug", "i:SSL_use_PrivateKey",
    "i:SSL_use_PrivateKey_file", "i:SSL_use_RSAPrivateKey", "i:SSL_use_RSAPrivateKey_ASN1",
    "i:SSL_use_RSAPrivateKey_file", "i:SSL_use_certificate", "i:SSL_use_certificate_chain_file",
    "i:SSL_use_certificate_file", "i:SSL_use_psk_identity_hint", "p:TLS_client_method", "p:TLS_method",
    "p:TLS_server_method", "p:TLSv1_2_client_method", "p:TLSv1_2_method", "p:TLSv1_2_server_method",
};

/* A call that takes longer hangs. */
#define SECONDS 20

typedef intptr_t (*any_function)(const void *, intptr_t, intptr_t, intptr_t, intptr_t, intptr_t, intptr_t, intptr_t, intptr_t);

static void answer(char kind, const char *name, intptr_t r)
{
    switch (kind) {
    case 'i':
        kit_show(name, (int)r);
        break;
    case 'p':
        kit_ptr(name, (const void *)r);
        break;
    case 't':
        kit_str(name, (const char *)r);
        break;
    default:
        kit_say("%s", name);
    }
}

/* ssl is object where it is an SSL that outlives the call. */
static void call(const char *row, const void *object, SSL *ssl)
{
    const char *name = row + 2;
    any_function f = (any_function)dlsym(RTLD_DEFAULT, name);
    int status;
    pid_t child;

    MUST(f != NULL);
    fflush(stdout);
    MUST((child = fork()) >= 0);
    if (child == 0) {
        alarm(SECONDS);
        ERR_clear_error();
        answer(row[0], name, f(object, 0, 0, 0, 0, 0, 0, 0, 0));
        kit_queue();
        if (ssl != NULL && strcmp(name, "SSL_free") != 0)
            kit_say("  state %d, want %d, shutdown %d", SSL_get_state(ssl), SSL_want(ssl), SSL_get_shutdown(ssl));
        fflush(stdout);
        _exit(0);
    }
    MUST(waitpid(child, &status, 0) == child);
    if (WIFSIGNALED(status))
        kit_say("%s: signal %d", name, WTERMSIG(status));
}

/* Functions that OpenSSL dies of in these states, given as in the names of the cases below. */
static const struct {
    const char *name, *states;
} deadly[] = {
    { "SSL_get_peer_signature_type_nid", "CD" }, /* writes where there is a signature */
    { "SSL_get_signature_type_nid", "ST" },
    { "SSL_write_ex", "CDST" },
};

static void all_of_ssl(SSL *ssl, char state)
{
    size_t i, k;

    for (i = 0; i < COUNT(of_ssl); i++) {
        for (k = 0; k < COUNT(deadly) && strcmp(deadly[k].name, of_ssl[i] + 2) != 0; k++)
            ;
        if (k == COUNT(deadly) || strchr(deadly[k].states, state) == NULL)
            call(of_ssl[i], ssl, ssl);
    }
}

static void one_ssl(void (*role)(SSL *), char state)
{
    SSL_CTX *ctx = kit_server("server-ec");
    SSL *ssl = SSL_new(ctx);

    if (role != NULL)
        role(ssl);
    all_of_ssl(ssl, state);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

static void connected(int version, int server, char state)
{
    kit_pair p;

    kit_pair_of(&p, version, 0);
    MUST(kit_shake(&p));
    kit_settle(&p);
    all_of_ssl(server ? p.s : p.c, state);
    kit_pair_free(&p);
}

static void fresh(void) { one_ssl(NULL, 'f'); }
static void client(void) { one_ssl(SSL_set_connect_state, 'c'); }
static void server(void) { one_ssl(SSL_set_accept_state, 's'); }
static void client13(void) { connected(TLS1_3_VERSION, 0, 'C'); }
static void server13(void) { connected(TLS1_3_VERSION, 1, 'S'); }
static void client12(void) { connected(TLS1_2_VERSION, 0, 'D'); }
static void server12(void) { connected(TLS1_2_VERSION, 1, 'T'); }

static void context(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    size_t i;

    for (i = 0; i < COUNT(of_context); i++)
        call(of_context[i], ctx, NULL);
    SSL_CTX_free(ctx);
}

static void all_of_session(SSL_SESSION *session)
{
    size_t i;

    for (i = 0; i < COUNT(of_session); i++)
        call(of_session[i], session, NULL);
    SSL_SESSION_free(session);
}

static void session_of(int version)
{
    kit_pair p;

    kit_pair_of(&p, version, 0);
    MUST(kit_shake(&p));
    kit_settle(&p);
    all_of_session(SSL_get1_session(p.c));
    kit_pair_free(&p);
}

static void session_empty(void) { all_of_session(SSL_SESSION_new()); }
static void session13(void) { session_of(TLS1_3_VERSION); }
static void session12(void) { session_of(TLS1_2_VERSION); }

static void nothing(void)
{
    size_t i;

    MUST(OPENSSL_init_ssl(0, NULL) == 1);
    for (i = 0; i < COUNT(of_nothing); i++)
        call(of_nothing[i], NULL, NULL);
}

int main(int argc, char **argv)
{
    static const kit_case cases[] = {
        CASE(context), CASE(fresh), CASE(client), CASE(server), CASE(client13), CASE(server13), CASE(client12),
        CASE(server12), CASE(session_empty), CASE(session13), CASE(session12), CASE(nothing),
    };
    static const struct rlimit none;

    setrlimit(RLIMIT_CORE, &none);
    return kit_main(argc, argv, cases, COUNT(cases));
}
