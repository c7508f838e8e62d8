/* Contexts and connections: library contexts, security levels, CA lists, what is not resumable, compression methods. */
#include "kit.h"

#include <openssl/comp.h>

static void new_ex(void)
{
    OSSL_LIB_CTX *lib = OSSL_LIB_CTX_new();
    static const char *const queries[] = { NULL, "", "provider=default", "?provider=nosuch", "provider=nosuch", "fips=yes", "provider=legacy", "a=b=c" };
    size_t i;

    for (i = 0; i < COUNT(queries); i++) {
        SSL_CTX *c = SSL_CTX_new_ex(NULL, queries[i], TLS_client_method()), *s = SSL_CTX_new_ex(lib, queries[i], TLS_server_method());
        kit_pair p;

        kit_say("query %s: %s, %s", queries[i] ? queries[i] : "NULL", c ? "set" : "NULL", s ? "set" : "NULL");
        kit_queue();
        if (c != NULL && s != NULL) {
            kit_use(s, "server-ec");
            kit_trust(c, "ca");
            kit_pair_new(&p, c, s, 0);
            SSL_set_verify(p.c, SSL_VERIFY_PEER, NULL);
            kit_shake_say(&p);
            kit_echo(&p, 1000);
            kit_pair_free(&p);
        }
        SSL_CTX_free(c);
        SSL_CTX_free(s);
    }
    PTR(SSL_CTX_new_ex(NULL, NULL, NULL));
    kit_queue();
    kit_say("fips by default: %d", EVP_default_properties_enable_fips(lib, 1));
    PTR(SSL_CTX_new_ex(lib, NULL, TLS_method()));
    kit_queue();
    OSSL_LIB_CTX_free(lib);
}

static int ours(STACK_OF(SSL_CIPHER) *list)
{
    int i, n = 0;

    for (i = 0; i < sk_SSL_CIPHER_num(list); i++)
        n += kit_ours(SSL_CIPHER_get_name(sk_SSL_CIPHER_value(list, i)));
    return n;
}

static void security_levels(void)
{
    SSL_CTX *c = kit_client();
    int level;

    for (level = -1; level < 7; level++) {
        kit_pair p;
        STACK_OF(SSL_CIPHER) *list;

        kit_pair_new(&p, c, NULL, 0);
        SSL_set_security_level(p.c, level);
        kit_say("level %d: %d, the context's %d", level, SSL_get_security_level(p.c), SSL_CTX_get_security_level(c));
        list = SSL_get1_supported_ciphers(p.c);
        kit_say("suites %d", ours(list));
        sk_SSL_CIPHER_free(list);
        kit_shake_say(&p);
        kit_pair_free(&p);

        kit_say("level %d on the server", level);
        kit_pair_new(&p, c, NULL, 0);
        SSL_set_security_level(p.s, level);
        kit_shake_say(&p);
        kit_pair_free(&p);
    }
    SSL_CTX_free(c);
}

static STACK_OF(X509_NAME) *names(const char *const *certs)
{
    STACK_OF(X509_NAME) *list = sk_X509_NAME_new_null();

    for (; *certs != NULL; certs++) {
        X509 *x = kit_cert(*certs);

        sk_X509_NAME_push(list, X509_NAME_dup(X509_get_subject_name(x)));
        X509_free(x);
    }
    return list;
}

static void say_names(const char *what, const STACK_OF(X509_NAME) *list)
{
    char line[200];
    int i;

    kit_say("%s: %d", what, list != NULL ? sk_X509_NAME_num(list) : -1);
    for (i = 0; list != NULL && i < sk_X509_NAME_num(list); i++)
        kit_say("  %s", X509_NAME_oneline(sk_X509_NAME_value(list, i), line, sizeof(line)));
}

static void ca_lists(void)
{
    /* set0_CA_list serves both roles; the client CA list goes before it on servers */
    static const char *const two[] = { "ca", "otherca", NULL }, *const one[] = { "rsaca", NULL }, *const none[] = { NULL };
    static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
    size_t v;
    int kind;

    for (v = 0; v < COUNT(versions); v++) {
        for (kind = 0; kind < 6; kind++) {
            SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
            kit_pair p;

            kit_say("%s, kind %d", kit_version_name(versions[v]), kind);
            kit_version(c, versions[v]);
            kit_use(c, "client-ec");
            kit_trust(s, "ca");
            SSL_CTX_set_verify(s, SSL_VERIFY_PEER, NULL);
            SSL_CTX_set0_CA_list(s, names(kind == 3 ? none : two));
            SSL_CTX_set0_CA_list(c, names(one));
            if (kind == 4)
                SSL_CTX_set_options(s, SSL_OP_DISABLE_TLSEXT_CA_NAMES);
            if (kind == 5)
                SSL_CTX_set_options(c, SSL_OP_DISABLE_TLSEXT_CA_NAMES);
            if (kind == 1)
                SSL_CTX_set_client_CA_list(s, names(one));
            kit_pair_new(&p, c, s, 0);
            if (kind == 2)
                SSL_set0_CA_list(p.s, names(one));
            say_names("the context's", SSL_CTX_get0_CA_list(s));
            say_names("the connection's", SSL_get0_CA_list(p.s));
            kit_shake_say(&p);
            say_names("the client has seen", SSL_get0_peer_CA_list(p.c));
            say_names("the server has seen", SSL_get0_peer_CA_list(p.s));
            SSL_CTX_set0_CA_list(s, NULL);
            say_names("taken away", SSL_CTX_get0_CA_list(s));
            kit_pair_free(&p);
            SSL_CTX_free(c);
            SSL_CTX_free(s);
        }
    }
}

static int asked, resumable_answer;

static int not_resumable(SSL *ssl, int forward_secure)
{
    asked++;
    kit_say("not resumable callback: server %d, forward secure %d", SSL_is_server(ssl), forward_secure);
    return resumable_answer;
}

static int session_count;

static int new_session(SSL *ssl, SSL_SESSION *s)
{
    (void)ssl;
    (void)s;
    session_count++;
    return 0;
}

static void not_resumable_sessions(void)
{
    static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
    size_t v;
    int answer, tickets, on_ssl;

    for (v = 0; v < COUNT(versions); v++) {
        for (answer = 0; answer < 2; answer++) {
            for (tickets = 0; tickets < 2; tickets++) {
                for (on_ssl = 0; on_ssl < 2; on_ssl++) {
                    SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
                    SSL_SESSION *sess;
                    kit_pair p;

                    kit_say("%s, answer %d, tickets %d, on %s", kit_version_name(versions[v]), answer, tickets, on_ssl ? "SSL" : "SSL_CTX");
                    kit_version(c, versions[v]);
                    SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
                    SSL_CTX_sess_set_new_cb(c, new_session);
                    if (!tickets)
                        SSL_CTX_set_options(s, SSL_OP_NO_TICKET);
                    SSL_CTX_set_session_id_context(s, (const unsigned char *)"x", 1);
                    if (!on_ssl)
                        SSL_CTX_set_not_resumable_session_callback(s, not_resumable);
                    resumable_answer = answer;
                    session_count = asked = 0;
                    kit_pair_new(&p, c, s, 0);
                    if (on_ssl)
                        SSL_set_not_resumable_session_callback(p.s, not_resumable);
                    MUST(kit_shake(&p));
                    kit_settle(&p);
                    SHOW(asked);
                    SHOW(session_count > 0);
                    SHOW(SSL_CTX_sess_number(s) > 0);
                    sess = SSL_get1_session(p.c);
                    SHOW(SSL_SESSION_is_resumable(sess));
                    SHOW(SSL_SESSION_is_resumable(SSL_get_session(p.s)));
                    SSL_shutdown(p.c);
                    SSL_shutdown(p.s);
                    kit_pair_free(&p);
                    kit_pair_new(&p, c, s, 0);
                    SHOW(SSL_set_session(p.c, sess));
                    kit_shake_say(&p);
                    kit_say("reused %d", SSL_session_reused(p.c));
                    kit_pair_free(&p);
                    SSL_SESSION_free(sess);
                    SSL_CTX_free(c);
                    SSL_CTX_free(s);
                }
            }
        }
    }
}

static void compression_methods(void)
{
    STACK_OF(SSL_COMP) *list = SSL_COMP_get_compression_methods();
    int i;

    SHOW(sk_SSL_COMP_num(list));
    for (i = 0; i < sk_SSL_COMP_num(list); i++)
        kit_say("%d %s", SSL_COMP_get_id(sk_SSL_COMP_value(list, i)), SSL_COMP_get0_name(sk_SSL_COMP_value(list, i)));
}

static void reading_states(void)
{
    kit_pair p;
    BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
    unsigned char *rec, copy[300];
    long n, at;
    char buf[8];
    SSL *ssl;

    kit_pair_new(&p, NULL, NULL, 0);
    MUST(kit_shake(&p));
    kit_settle(&p);
    SSL_set0_rbio(p.c, in);
    SSL_set0_wbio(p.s, out);
    BIO_set_mem_eof_return(in, -1);
    MUST(SSL_write(p.s, "0123456789", 10) == 10);
    n = BIO_get_mem_data(out, (char **)&rec);
    MUST(n > 0 && n < (long)sizeof(copy));
    memcpy(copy, rec, (size_t)n);
    for (at = 0; at < n; at++) {
        MUST(BIO_write(in, copy + at, 1) == 1);
        kit_say("%ld bytes: %d, %s, %s", at + 1, SSL_read(p.c, buf, 4), SSL_rstate_string(p.c), SSL_rstate_string_long(p.c));
    }
    kit_say("with data left: %s", SSL_rstate_string_long(p.c));
    kit_pair_free(&p);
    ssl = SSL_new(kit_client());
    STR(SSL_rstate_string(ssl));
    STR(SSL_rstate_string_long(ssl));
    SSL_CTX_free(SSL_get_SSL_CTX(ssl));
    SSL_free(ssl);
}

static const kit_case cases[] = {
    CASE(new_ex), CASE(security_levels), CASE(ca_lists), CASE(not_resumable_sessions), CASE(compression_methods), CASE(reading_states),
};

KIT_MAIN(cases)
