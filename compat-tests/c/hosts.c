/* The names that a certificate is checked for: SSL_set1_host and friends. */
#include "kit_verify.h"

static void names(void)
{
    static const char *const hosts[] = {
        "server.test", "SERVER.TEST", "server.test.", "other.test", "a.wild.test", "a.b.wild.test", "wild.test", ".wild.test", "x.WILD.test",
        "127.0.0.1", "127.0.0.2", "::1", "0:0:0:0:0:0:0:1", "*.wild.test", "server", "", "xn--a.wild.test",
    };
    size_t i;
    SSL_CTX *c = kit_client(), *s = kit_server("server-ec"), *cn = kit_server("server-cn"), *other = kit_server("server-other");

    SSL_CTX_set_verify(c, SSL_VERIFY_PEER, NULL);
    for (i = 0; i < COUNT(hosts); i++) {
        kit_say("\"%s\"", hosts[i]);
        kit_verified(c, s, hosts[i]);
    }
    kit_say("a common name, no alternative names");
    kit_verified(c, cn, "cnonly.test");
    kit_verified(c, cn, "server.test");
    kit_say("a common name that the alternative names do not repeat");
    kit_verified(c, other, "server.test");
    kit_verified(c, other, "other.test");
    SSL_CTX_free(c);
    SSL_CTX_free(s);
    SSL_CTX_free(cn);
    SSL_CTX_free(other);
}

static void several_hosts(void)
{
    SSL_CTX *c = kit_client();
    kit_pair p;

    SSL_CTX_set_verify(c, SSL_VERIFY_PEER, NULL);
    kit_pair_new(&p, c, NULL, 0);
    SHOW(SSL_set1_host(p.c, "nowhere.test"));
    SHOW(SSL_add1_host(p.c, "a.wild.test"));
    kit_shake_say(&p);
    STR(SSL_get0_peername(p.c));
    kit_pair_free(&p);
    kit_pair_new(&p, c, NULL, 0);
    SSL_set_hostflags(p.c, X509_CHECK_FLAG_NO_WILDCARDS);
    SHOW(SSL_set1_host(p.c, "a.wild.test"));
    kit_shake_say(&p);
    kit_pair_free(&p);
    kit_pair_new(&p, c, NULL, 0);
    SHOW(SSL_set1_host(p.c, "nowhere.test"));
    SHOW(SSL_set1_host(p.c, NULL)); /* takes it back */
    kit_shake_say(&p);
    kit_pair_free(&p);
    /* through the parameters, as curl and nginx do */
    kit_pair_new(&p, c, NULL, 0);
    {
        X509_VERIFY_PARAM *param = SSL_get0_param(p.c);

        SHOW(X509_VERIFY_PARAM_set1_host(param, "bad.test", 0));
    }
    kit_shake_say(&p);
    SHOW(SSL_get_verify_result(p.c));
    kit_pair_free(&p);
    kit_pair_new(&p, c, NULL, 0);
    SHOW(X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(p.c), "127.0.0.1"));
    kit_shake_say(&p);
    kit_pair_free(&p);
    kit_pair_new(&p, c, NULL, 0);
    SHOW(X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(p.c), "10.0.0.1"));
    kit_shake_say(&p);
    SHOW(SSL_get_verify_result(p.c));
    kit_pair_free(&p);
    /* with the callback the wrong name is a call like any other */
    SSL_CTX_set_verify(c, SSL_VERIFY_PEER, kit_on_verify);
    for (kit_verify_answer = 1; kit_verify_answer < 3; kit_verify_answer++) {
        kit_pair_new(&p, c, NULL, 0);
        SHOW(SSL_set1_host(p.c, "nowhere.test"));
        kit_shake_say(&p);
        SHOW(SSL_get_verify_result(p.c));
        kit_pair_free(&p);
    }
    SSL_CTX_free(c);
}

static const kit_case cases[] = {
    CASE(names), CASE(several_hosts),
};

KIT_MAIN(cases)
