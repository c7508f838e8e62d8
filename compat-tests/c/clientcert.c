/* Client certificates: which one is sent, what the server knows of it, now and when the session is resumed, and refusals. */
#include "kit.h"

static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

static const char *cn(const X509 *x)
{
    static char name[100];

    if (x == NULL || X509_NAME_get_text_by_NID(X509_get_subject_name(x), NID_commonName, name, sizeof(name)) < 0)
        return "none";
    return name;
}

/* What either side knows of the other's certificate. */
static void known(kit_pair *p)
{
    X509 *x = SSL_get1_peer_certificate(p->s);
    STACK_OF(X509) *chain = SSL_get_peer_cert_chain(p->s), *verified = SSL_get0_verified_chain(p->s);
    int nid = 0;

    kit_say("the server sees %s, chain of %d, verified %d, result %ld", cn(x), chain ? sk_X509_num(chain) : -1,
            verified ? sk_X509_num(verified) : -1, SSL_get_verify_result(p->s));
    X509_free(x);
    kit_say("the client has sent %s", cn(SSL_get_certificate(p->c)));
    SHOW(SSL_get_peer_signature_nid(p->s, &nid));
    SHOW(nid);
    nid = 0;
    SHOW(SSL_get_signature_type_nid(p->c, &nid));
    SHOW(nid);
}

static SSL_CTX *asking(int mode)
{
    SSL_CTX *s = kit_server("server-ec");

    kit_trust(s, "ca");
    SSL_CTX_set_verify(s, mode, NULL);
    SSL_CTX_set_session_id_context(s, (const unsigned char *)"clientcert", 10);
    return s;
}

static void resumption(void)
{
    /* the certificate is part of the session; a server that now requires one does not resume one without */
    static const int modes[] = { SSL_VERIFY_PEER, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT };
    size_t v, m;
    int tickets, with;

    for (v = 0; v < COUNT(versions); v++)
        for (m = 0; m < COUNT(modes); m++)
            for (tickets = 0; tickets < 2; tickets++)
                for (with = 0; with < 2; with++) {
                    SSL_CTX *c = kit_client(), *s = asking(SSL_VERIFY_PEER);
                    SSL_SESSION *sess;
                    kit_pair p;

                    kit_say("%s, then mode %d, tickets %d, certificate %d", kit_version_name(versions[v]), modes[m], tickets, with);
                    kit_version(c, versions[v]);
                    if (!tickets)
                        SSL_CTX_set_options(s, SSL_OP_NO_TICKET);
                    if (with)
                        kit_use(c, "client-ec");
                    kit_shaken(&p, c, s);
                    kit_settle(&p);
                    known(&p);
                    sess = SSL_get1_session(p.c);
                    kit_say("in the server's session: %s", cn(SSL_SESSION_get0_peer(SSL_get_session(p.s))));
                    SSL_shutdown(p.c);
                    SSL_shutdown(p.s);
                    kit_pair_free(&p);
                    kit_pair_new(&p, c, s, 0);
                    MUST(SSL_set_session(p.c, sess));
                    SSL_set_verify(p.s, modes[m], NULL);
                    kit_shake_say(&p);
                    kit_settle(&p);
                    kit_say("reused %d", SSL_session_reused(p.c));
                    known(&p);
                    kit_pair_free(&p);
                    SSL_SESSION_free(sess);
                    SSL_CTX_free(c);
                    SSL_CTX_free(s);
                }
}

static void choice(void)
{
    /* of several certificates the one that the server's list of schemes allows */
    static const char *const lists[] = { NULL, "ECDSA+SHA256", "RSA-PSS+SHA256", "RSA-PSS+SHA256:ECDSA+SHA256", "ed25519", "RSA+SHA256",
                                         "ECDSA+SHA384" };
    size_t v, i;

    for (v = 0; v < COUNT(versions); v++)
        for (i = 0; i < COUNT(lists); i++) {
            SSL_CTX *c = kit_client(), *s = asking(SSL_VERIFY_PEER);
            kit_pair p;

            kit_say("%s, server takes %s", kit_version_name(versions[v]), lists[i] ? lists[i] : "all");
            kit_version(c, versions[v]);
            kit_use(c, "client-ec");
            kit_use(c, "client-rsa");
            if (lists[i] != NULL)
                SHOW(SSL_CTX_set1_client_sigalgs_list(s, lists[i]));
            kit_pair_new(&p, c, s, 0);
            kit_shake_say(&p);
            known(&p);
            kit_pair_free(&p);
            SSL_CTX_free(c);
            SSL_CTX_free(s);
        }
}

static void refusals(void)
{
    /* a TLS 1.3 client has finished before it hears of it: it does when it reads */
    static const char *const names[] = { "client-untrusted", "client-expired", "client-serveronly", NULL };
    size_t v, i;

    for (v = 0; v < COUNT(versions); v++)
        for (i = 0; i < COUNT(names); i++) {
            SSL_CTX *c = kit_client(), *s = asking(SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT);
            char buf[8];
            kit_pair p;

            kit_say("%s, %s", kit_version_name(versions[v]), names[i] ? names[i] : "no certificate");
            kit_version(c, versions[v]);
            if (names[i] != NULL)
                kit_use(c, names[i]);
            kit_pair_new(&p, c, s, 0);
            kit_shake_say(&p);
            IO(p.c, SSL_write(p.c, "request", 7));
            IO(p.c, SSL_read(p.c, buf, sizeof(buf)));
            IO(p.c, SSL_read(p.c, buf, sizeof(buf)));
            IO(p.c, SSL_write(p.c, "more", 4));
            IO(p.c, SSL_shutdown(p.c));
            SHOW(SSL_get_shutdown(p.c));
            IO(p.s, SSL_read(p.s, buf, sizeof(buf)));
            kit_say("%s", SSL_state_string_long(p.s));
            kit_say("result %ld: %s", SSL_get_verify_result(p.s), X509_verify_cert_error_string(SSL_get_verify_result(p.s)));
            kit_say("stats: accept %ld, good %ld", SSL_CTX_sess_accept(s), SSL_CTX_sess_accept_good(s));
            kit_pair_free(&p);
            SSL_CTX_free(c);
            SSL_CTX_free(s);
        }
}

/* the client's certificate by callback, once with pauses */
static int calls, pauses;

static int give(SSL *ssl, X509 **x, EVP_PKEY **key)
{
    const STACK_OF(X509_NAME) *list = SSL_get_client_CA_list(ssl);

    calls++;
    kit_say("client certificate callback, call %d, %d names", calls, list ? sk_X509_NAME_num(list) : -1);
    if (pauses-- > 0)
        return -1;
    if (SSL_get_app_data(ssl) != NULL)
        return 0;
    *x = kit_cert("client-rsa");
    *key = kit_key("client-rsa");
    return 1;
}

static void by_callback(void)
{
    size_t v;
    int pause, none;

    for (v = 0; v < COUNT(versions); v++)
        for (pause = 0; pause < 2; pause++)
            for (none = 0; none < 2; none++) {
                SSL_CTX *c = kit_client(), *s = asking(SSL_VERIFY_PEER);
                STACK_OF(X509_NAME) *list = SSL_load_client_CA_file(kit_file("ca.pem"));
                kit_pair p;

                kit_say("%s, pauses %d, none %d", kit_version_name(versions[v]), pause, none);
                kit_version(c, versions[v]);
                SSL_CTX_set_client_CA_list(s, list);
                SSL_CTX_set_client_cert_cb(c, give);
                SHOW(SSL_CTX_get_client_cert_cb(c) == give);
                calls = 0;
                pauses = pause;
                kit_pair_new(&p, c, s, 0);
                if (none)
                    SSL_set_app_data(p.c, (void *)"none");
                SSL_do_handshake(p.c);
                SSL_do_handshake(p.s);
                IO(p.c, SSL_do_handshake(p.c));
                SHOW(SSL_want(p.c));
                kit_shake_say(&p);
                SHOW(calls);
                known(&p);
                kit_pair_free(&p);
                SSL_CTX_free(c);
                SSL_CTX_free(s);
            }
}

static void types(void)
{
    /* SSL_get0_certificate_types: of a TLS 1.2 server's request */
    size_t v;

    for (v = 0; v < COUNT(versions); v++) {
        SSL_CTX *c = kit_client(), *s = asking(SSL_VERIFY_PEER);
        const unsigned char *t = NULL;
        size_t n;
        kit_pair p;

        kit_say("%s", kit_version_name(versions[v]));
        kit_version(c, versions[v]);
        kit_use(c, "client-ec");
        kit_shaken(&p, c, s);
        n = SSL_get0_certificate_types(p.c, &t);
        for (; n > 0; n--, t++)
            if (*t == TLS_CT_RSA_SIGN || *t == TLS_CT_ECDSA_SIGN)
                kit_say("type %d", *t);
        SHOW(SSL_get0_certificate_types(p.s, &t));
        kit_pair_free(&p);
        SSL_CTX_free(c);
        SSL_CTX_free(s);
    }
}

static const kit_case cases[] = {
    CASE(resumption), CASE(choice), CASE(refusals), CASE(by_callback), CASE(types),
};

KIT_MAIN(cases)
