/* SSL_clear(3): what of a connection is still known afterwards, and what of it the next one starts with. */
#include "kit.h"

static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

static SSL_SESSION *kept;

static int on_new(SSL *ssl, SSL_SESSION *session)
{
    (void)ssl;
    SSL_SESSION_free(kept);
    kept = session;
    return 1;
}

static int on_alpn(SSL *ssl, const unsigned char **out, unsigned char *outlen, const unsigned char *in, unsigned int inlen, void *arg)
{
    (void)ssl;
    (void)inlen;
    (void)arg;
    *out = in + 1;
    *outlen = in[0];
    return SSL_TLSEXT_ERR_OK;
}

static int on_status(SSL *ssl, void *arg)
{
    unsigned char *r = OPENSSL_memdup("staple", 6);

    (void)arg;
    SSL_set_tlsext_status_ocsp_resp(ssl, r, 6);
    return SSL_TLSEXT_ERR_OK;
}

static int zero(const unsigned char *b, size_t n)
{
    while (n > 0)
        if (b[--n] != 0)
            return 0;
    return 1;
}

static void subject(const char *text, X509 *x)
{
    char buf[200];

    kit_say("%s: %s", text, x != NULL ? X509_NAME_oneline(X509_get_subject_name(x), buf, sizeof(buf)) : "none");
}

static void look(const char *who, SSL *ssl)
{
    unsigned char buf[64] = { 0 };
    const unsigned char *p = NULL;
    unsigned int n = 0;
    const SSL_CIPHER *c = SSL_get_current_cipher(ssl), *pending = SSL_get_pending_cipher(ssl);
    SSL_SESSION *session = SSL_get_session(ssl);
    X509 *peer = SSL_get1_peer_certificate(ssl);
    STACK_OF(X509) *chain = SSL_get_peer_cert_chain(ssl), *verified = SSL_get0_verified_chain(ssl);
    EVP_PKEY *tmp = NULL;
    char shared[200];
    int nid = -1;

    kit_say("%s: %s, of the client %#x, %s, pending %s", who, SSL_get_version(ssl), (unsigned)SSL_client_version(ssl),
            c != NULL ? SSL_CIPHER_get_name(c) : "none", pending != NULL ? SSL_CIPHER_get_name(pending) : "none");
    kit_say("state \"%s\" %s, in init %d, before %d, finished %d, server %d", SSL_state_string_long(ssl), SSL_state_string(ssl),
            SSL_in_init(ssl), SSL_in_before(ssl), SSL_is_init_finished(ssl), SSL_is_server(ssl));
    kit_say("shutdown %d, want %d, rstate %s, pending %d, has %d, reused %d", SSL_get_shutdown(ssl), SSL_want(ssl), SSL_rstate_string(ssl),
            SSL_pending(ssl), SSL_has_pending(ssl), SSL_session_reused(ssl));
    kit_say("session %d, resumable %d, its peer %d", session != NULL, session != NULL && SSL_SESSION_is_resumable(session),
            session != NULL && SSL_SESSION_get0_peer(session) != NULL);
    subject("peer", peer);
    kit_say("chain %d, verified %d, result %ld, name %s", chain != NULL ? sk_X509_num(chain) : -1,
            verified != NULL ? sk_X509_num(verified) : -1, SSL_get_verify_result(ssl),
            SSL_get0_peername(ssl) != NULL ? SSL_get0_peername(ssl) : "none");
    SSL_get0_alpn_selected(ssl, &p, &n);
    kit_say("protocol \"%.*s\", name %s, type %d", (int)n, p != NULL ? (const char *)p : "",
            SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name) != NULL ? SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name) : "none",
            SSL_get_servername_type(ssl));
    kit_say("finished %zu, of the peer %zu", SSL_get_finished(ssl, buf, sizeof(buf)), SSL_get_peer_finished(ssl, buf, sizeof(buf)));
    memset(buf, 0, sizeof(buf));
    SSL_get_client_random(ssl, buf, 32);
    SSL_get_server_random(ssl, buf + 32, 32);
    kit_say("randoms zero: %d %d", zero(buf, 32), zero(buf + 32, 32));
    if (session != NULL) /* OpenSSL looks for it in the session of none */
        kit_say("group %ld", (long)SSL_get_negotiated_group(ssl));
    kit_say("shared group %d, suites of the client %d, shared %s", (int)SSL_get_shared_group(ssl, 0),
            SSL_get_client_ciphers(ssl) != NULL,
            SSL_get_shared_ciphers(ssl, shared, sizeof(shared)) != NULL ? "some" : "none");
    kit_say("peer's key %d", (int)SSL_get_peer_tmp_key(ssl, &tmp));
    EVP_PKEY_free(tmp);
    kit_say("signature %d", (int)SSL_get_signature_nid(ssl, &nid));
    kit_say("peer's signature %d, type %d", (int)SSL_get_peer_signature_nid(ssl, &nid), SSL_get_peer_signature_type_nid(ssl, &nid));
    kit_say("schemes %d, shared %d", SSL_get_sigalgs(ssl, -1, NULL, NULL, NULL, NULL, NULL) > 0,
            SSL_get_shared_sigalgs(ssl, -1, NULL, NULL, NULL, NULL, NULL) > 0);
    kit_say("names of the peer %d, of ours %d", SSL_get0_peer_CA_list(ssl) != NULL ? sk_X509_NAME_num(SSL_get0_peer_CA_list(ssl)) : -1,
            SSL_get0_CA_list(ssl) != NULL ? sk_X509_NAME_num(SSL_get0_CA_list(ssl)) : -1);
    p = NULL;
    kit_say("staple %ld, type %ld", SSL_get_tlsext_status_ocsp_resp(ssl, &p), (long)SSL_get_tlsext_status_type(ssl));
    kit_say("extms %d, secure renegotiation %d, key update %d", (int)SSL_get_extms_support(ssl),
            SSL_version(ssl) == TLS1_3_VERSION ? -1 : (int)SSL_get_secure_renegotiation_support(ssl),
            SSL_get_key_update_type(ssl));
    kit_say("early %d, tickets %zu, certificate types %d", SSL_get_early_data_status(ssl), SSL_get_num_tickets(ssl),
            SSL_get0_certificate_types(ssl, &p) > 0);
    if (SSL_is_init_finished(ssl)) /* OpenSSL looks for the suite of none */
        kit_say("export %d", SSL_export_keying_material(ssl, buf, 16, "label", 5, NULL, 0, 0));
    kit_say("bio %d %d, mode of verification %d", SSL_get_rbio(ssl) != NULL, SSL_get_wbio(ssl) != NULL, SSL_get_verify_mode(ssl));
    ERR_clear_error();
    X509_free(peer);
}

static SSL_CTX *client(int version)
{
    SSL_CTX *ctx = kit_client();

    kit_version(ctx, version);
    kit_use(ctx, "client-ec");
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(ctx, on_new);
    SSL_CTX_set_alpn_protos(ctx, (const unsigned char *)"\x02h2", 3);
    return ctx;
}

static SSL_CTX *server(void)
{
    SSL_CTX *ctx = kit_server("server-ec");

    kit_trust(ctx, "ca");
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_client_CA_list(ctx, SSL_load_client_CA_file(kit_file("ca.pem")));
    SSL_CTX_set_alpn_select_cb(ctx, on_alpn, NULL);
    SSL_CTX_set_tlsext_status_cb(ctx, on_status);
    MUST(SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"clear", 5));
    return ctx;
}

static void begin(kit_pair *p, SSL_CTX *c, SSL_CTX *s)
{
    kit_pair_new(p, c, s, 0);
    MUST(SSL_set_tlsext_host_name(p->c, "server.test"));
    MUST(SSL_set1_host(p->c, "server.test"));
    MUST(SSL_set_tlsext_status_type(p->c, TLSEXT_STATUSTYPE_ocsp));
}

static void again(kit_pair *p)
{
    BIO *a, *b;

    MUST(BIO_new_bio_pair(&a, 0, &b, 0) == 1);
    SSL_set_bio(p->c, a, a);
    SSL_set_bio(p->s, b, b);
    kit_shake_say(p);
    kit_negotiated(p);
    look("client again", p->c);
    look("server again", p->s);
    kit_echo(p, 100);
}

/* After an orderly end, and in the middle of a connection. */
static void ended(int orderly, int resumed)
{
    size_t v;

    for (v = 0; v < COUNT(versions); v++) {
        SSL_CTX *c = client(versions[v]), *s = server();
        kit_pair p;

        begin(&p, c, s);
        if (resumed) {
            MUST(kit_shake(&p));
            kit_settle(&p);
            SSL_shutdown(p.c);
            SSL_shutdown(p.s);
            kit_pair_free(&p);
            begin(&p, c, s);
            MUST(SSL_set_session(p.c, kept));
        }
        MUST(kit_shake(&p));
        kit_settle(&p);
        look("client", p.c);
        look("server", p.s);
        if (orderly) {
            SSL_shutdown(p.c);
            SSL_shutdown(p.s);
            SSL_shutdown(p.c);
        }
        SHOW(SSL_clear(p.c));
        SHOW(SSL_clear(p.s));
        look("client cleared", p.c);
        look("server cleared", p.s);
        SHOW(SSL_clear(p.c));
        SHOW(SSL_clear(p.s));
        again(&p);
        kit_pair_free(&p);
        SSL_CTX_free(c);
        SSL_CTX_free(s);
        SSL_SESSION_free(kept);
        kept = NULL;
    }
}

static void orderly(void) { ended(1, 0); }
static void in_the_middle(void) { ended(0, 0); }
static void orderly_resumed(void) { ended(1, 1); }
static void in_the_middle_resumed(void) { ended(0, 1); }

/* Only one side has closed. */
static void half(void)
{
    size_t v;

    for (v = 0; v < COUNT(versions); v++) {
        SSL_CTX *c = client(versions[v]), *s = server();
        kit_pair p;
        char b;

        begin(&p, c, s);
        MUST(kit_shake(&p));
        kit_settle(&p);
        SSL_shutdown(p.s);
        SSL_read(p.c, &b, 1);
        SHOW(SSL_clear(p.c));
        SHOW(SSL_clear(p.s));
        look("client cleared", p.c);
        look("server cleared", p.s);
        kit_pair_free(&p);
        SSL_CTX_free(c);
        SSL_CTX_free(s);
        SSL_SESSION_free(kept);
        kept = NULL;
    }
}

/* A client that has refused the server, and a handshake that has only begun. */
static void failed(void)
{
    size_t v;
    int how;

    for (v = 0; v < COUNT(versions); v++)
        for (how = 0; how < 2; how++) {
            SSL_CTX *c = client(versions[v]), *s = server();
            kit_pair p;

            begin(&p, c, s);
            if (how == 0) {
                MUST(SSL_set1_host(p.c, "other.test"));
                MUST(!kit_shake(&p));
            } else {
                SSL_do_handshake(p.c);
                SSL_do_handshake(p.s);
            }
            ERR_clear_error();
            SHOW(SSL_clear(p.c));
            SHOW(SSL_clear(p.s));
            look("client cleared", p.c);
            look("server cleared", p.s);
            MUST(SSL_set1_host(p.c, "server.test"));
            again(&p);
            kit_pair_free(&p);
            SSL_CTX_free(c);
            SSL_CTX_free(s);
            SSL_SESSION_free(kept);
            kept = NULL;
        }
}

static const kit_case cases[] = {
    CASE(orderly), CASE(in_the_middle), CASE(orderly_resumed), CASE(in_the_middle_resumed), CASE(half), CASE(failed),
};

KIT_MAIN(cases)
