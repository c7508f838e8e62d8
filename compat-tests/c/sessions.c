/* SSL_SESSION as an object: what it says, what can be set, copies, serialized forms, ids, references. */
#include "kit_sessions.h"

static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

static void properties(void)
{
    size_t v;
    int tickets;

    for (v = 0; v < COUNT(versions); v++)
        for (tickets = 0; tickets < 2; tickets++) {
            SSL_CTX *c, *s;
            kit_pair p;

            kit_resuming(&c, &s, versions[v]);
            if (!tickets)
                SSL_CTX_set_options(s, SSL_OP_NO_TICKET);
            kit_pair_new(&p, c, s, 0);
            kit_describe("before", SSL_get_session(p.c));
            MUST(kit_shake(&p));
            kit_describe("client, handshake done", SSL_get_session(p.c));
            kit_describe("server, handshake done", SSL_get_session(p.s));
            kit_settle(&p);
            kit_describe("client, later", SSL_get_session(p.c));
            kit_pair_free(&p);
            kit_release(c, s);
        }
}

static void setters(void)
{
    SSL_SESSION *x = SSL_SESSION_new();
    static const unsigned char id[33] = "0123456789abcdef0123456789abcdef";
    unsigned n = 0;
    const unsigned char *got;

    kit_describe("new", x);
    SHOW(SSL_SESSION_set1_id(x, id, 32));
    got = SSL_SESSION_get_id(x, &n);
    kit_say("%u %.*s", n, (int)n, got);
    SHOW(SSL_SESSION_set1_id(x, id, 33));
    SHOW(SSL_SESSION_set1_id(x, id, 0));
    SHOW(SSL_SESSION_set1_id_context(x, id, 32));
    SHOW(SSL_SESSION_set1_id_context(x, id, 33));
    got = SSL_SESSION_get0_id_context(x, &n);
    kit_say("%u %.*s", n, (int)n, got);
    SHOW(SSL_SESSION_set_protocol_version(x, TLS1_3_VERSION));
    SHOW(SSL_SESSION_get_protocol_version(x));
    SHOW(SSL_SESSION_set_time(x, 1000));
    SHOW(SSL_SESSION_get_time(x));
    SHOW(SSL_SESSION_set_timeout(x, 77));
    SHOW(SSL_SESSION_get_timeout(x));
    SHOW(SSL_SESSION_set_timeout(x, 0));
    SHOW(SSL_SESSION_get_timeout(x));
    SHOW(SSL_SESSION_set1_hostname(x, "a.test"));
    STR(SSL_SESSION_get0_hostname(x));
    SHOW(SSL_SESSION_set1_hostname(x, NULL));
    STR(SSL_SESSION_get0_hostname(x));
    SHOW(SSL_SESSION_set_max_early_data(x, 5));
    SHOW(SSL_SESSION_get_max_early_data(x));
    SHOW(SSL_SESSION_set1_master_key(x, id, 32));
    SHOW(SSL_SESSION_get_master_key(x, NULL, 0));
    SHOW(SSL_SESSION_set1_ticket_appdata(x, "data", 4));
    {
        void *data = NULL;
        size_t len = 0;

        SHOW(SSL_SESSION_get0_ticket_appdata(x, &data, &len));
        kit_say("%.*s", (int)len, (char *)data);
    }
    SHOW(SSL_SESSION_is_resumable(x));
    SHOW(SSL_SESSION_set_time(NULL, 1));
    SHOW(SSL_SESSION_get_time(NULL));
    SHOW(SSL_SESSION_set_timeout(NULL, 1));
    SHOW(SSL_SESSION_get_timeout(NULL));
    SSL_SESSION_free(x);
}

static void duplicate(void)
{
    SSL_CTX *c, *s;
    SSL_SESSION *a, *b;

    kit_resuming(&c, &s, TLS1_3_VERSION);
    a = kit_connect(c, s, NULL);
    b = SSL_SESSION_dup(a);
    PTR(b);
    kit_describe("copy", b);
    SSL_SESSION_free(kit_connect(c, s, b));
    SHOW(SSL_SESSION_up_ref(a));
    SSL_SESSION_free(a);
    SSL_SESSION_free(a);
    SSL_SESSION_free(b);
    kit_release(c, s);
}

static void serialized(void)
{
    size_t v;
    int tickets, form;
    static const char *const forms[] = { "DER", "PEM", "BIO of ASN.1" };

    for (v = 0; v < COUNT(versions); v++)
        for (tickets = 0; tickets < 2; tickets++)
            for (form = 0; form < 3; form++) {
                SSL_CTX *c, *s;
                SSL_SESSION *a, *b = NULL, *after;
                BIO *mem = BIO_new(BIO_s_mem());

                kit_resuming(&c, &s, versions[v]);
                if (!tickets)
                    SSL_CTX_set_options(s, SSL_OP_NO_TICKET);
                kit_say("tickets %d, %s", tickets, forms[form]);
                a = kit_connect(c, s, NULL);
                if (form == 0) {
                    int n = i2d_SSL_SESSION(a, NULL), n2;
                    unsigned char *der = malloc((size_t)n + 1), *w = der, *again, *w2;
                    const unsigned char *r = der;

                    n2 = i2d_SSL_SESSION(a, &w);
                    kit_say("lengths agree %d, pointer moved %d, begins with %02x", n == n2, w == der + n, der[0]);
                    b = d2i_SSL_SESSION(NULL, &r, n);
                    kit_say("all taken %d", r == der + n);
                    PTR(b);
                    again = malloc((size_t)n + 1);
                    w2 = again;
                    kit_say("encodes to the same %d", b != NULL && i2d_SSL_SESSION(b, &w2) == n && memcmp(der, again, (size_t)n) == 0);
                    r = der;
                    PTR(d2i_SSL_SESSION(NULL, &r, n - 1));
                    ERR_clear_error();
                    free(again);
                    free(der);
                } else if (form == 1) {
                    char *text;
                    long n;

                    SHOW(PEM_write_bio_SSL_SESSION(mem, a));
                    n = BIO_get_mem_data(mem, &text);
                    kit_say("%.*s", n > 37 ? 37 : (int)n, text);
                    b = PEM_read_bio_SSL_SESSION(mem, NULL, NULL, NULL);
                } else {
                    SHOW(i2d_SSL_SESSION_bio(mem, a) > 0);
                    b = d2i_SSL_SESSION_bio(mem, NULL);
                }
                PTR(b);
                kit_describe("original", a);
                kit_describe("read back", b);
                after = kit_connect(c, s, b);
                SSL_SESSION_free(after);
                SSL_SESSION_free(a);
                SSL_SESSION_free(b);
                BIO_free(mem);
                kit_release(c, s);
            }
}

static void bad_serialized(void)
{
    static const unsigned char bad[][8] = {
        { 0 }, { 0x30, 0x00 }, { 0x30, 0x80, 0, 0 }, { 0x30, 0x03, 2, 1, 9 }, { 0x30, 0x06, 2, 1, 1, 2, 1, 3 }, { 0x04, 0x01, 0x41 },
    };
    static const long lens[] = { 1, 2, 4, 5, 8, 3 };
    size_t i;
    const unsigned char *p;

    for (i = 0; i < COUNT(bad); i++) {
        SSL_SESSION *x;

        p = bad[i];
        x = d2i_SSL_SESSION(NULL, &p, lens[i]);
        kit_say("%zu: %s", i, x == NULL ? "NULL" : "set");
        kit_say("an error on the queue: %d", ERR_peek_error() != 0);
        ERR_clear_error();
    }
    p = bad[0];
    PTR(d2i_SSL_SESSION(NULL, &p, 0) == NULL ? NULL : "set");
    ERR_clear_error();
    SHOW(i2d_SSL_SESSION(NULL, NULL));
}

static int own_id(SSL *ssl, unsigned char *id, unsigned *len)
{
    static unsigned char counter;

    (void)ssl;
    kit_say("generate an id of %u", *len);
    memset(id, 'i', *len);
    id[0] = counter++;
    return 1;
}

static int bad_id(SSL *ssl, unsigned char *id, unsigned *len)
{
    (void)ssl;
    (void)id;
    (void)len;
    return 0;
}

static void own_ids(void)
{
    SSL_CTX *c, *s;
    SSL_SESSION *a;
    unsigned n = 0;
    kit_pair p;

    kit_resuming(&c, &s, TLS1_2_VERSION);
    SSL_CTX_set_options(s, SSL_OP_NO_TICKET);
    SHOW(SSL_CTX_set_generate_session_id(s, own_id));
    a = kit_connect(c, s, NULL);
    kit_say("second byte %c", SSL_SESSION_get_id(a, &n)[1]);
    kit_pair_new(&p, c, s, 0);
    SHOW(SSL_has_matching_session_id(p.s, SSL_SESSION_get_id(a, &n), n));
    SHOW(SSL_has_matching_session_id(p.s, (const unsigned char *)"no", 2));
    SHOW(SSL_set_generate_session_id(p.s, bad_id));
    kit_shake_say(&p);
    kit_pair_free(&p);
    SSL_SESSION_free(kit_connect(c, s, a));
    SSL_SESSION_free(a);
    kit_release(c, s);
}

static int freed;

static void on_free(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int idx, long argl, void *argp)
{
    (void)parent;
    (void)ad;
    (void)idx;
    (void)argl;
    (void)argp;
    if (ptr != NULL)
        freed++;
}

static void references(void)
{
    /* every session is freed when the last owner lets go: counted by an ex_data destructor */
    int idx = SSL_SESSION_get_ex_new_index(0, NULL, NULL, NULL, on_free);
    size_t v;

    for (v = 0; v < COUNT(versions); v++) {
        SSL_CTX *c, *s;
        SSL_SESSION *x;
        kit_pair p;

        kit_resuming(&c, &s, versions[v]);
        freed = 0;
        kit_shaken(&p, c, s);
        x = SSL_get1_session(p.c);
        SHOW(SSL_SESSION_set_ex_data(x, idx, &freed));
        SHOW(SSL_SESSION_set_ex_data(SSL_get_session(p.s), idx, &freed));
        kit_say("held by both: %d", freed);
        kit_pair_free(&p);
        kit_say("connections freed: %d", freed);
        SSL_CTX_flush_sessions(s, 0);
        kit_say("cache flushed: %d", freed);
        SSL_SESSION_free(x);
        kit_say("reference freed: %d", freed);
        kit_release(c, s);
    }
}

static const kit_case cases[] = {
    CASE(properties), CASE(setters), CASE(duplicate), CASE(serialized), CASE(bad_serialized), CASE(own_ids),
    CASE(references),
};

KIT_MAIN(cases)
