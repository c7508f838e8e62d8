/* What the callbacks about sessions are shown, and when: external caches with and without copies, removals, timeouts, session
 * IDs of tickets, counters, and all that a ticket key callback may answer. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "kit.h"

#include <openssl/core_names.h>
#include <openssl/hmac.h>
#include <time.h>

static void counters(SSL_CTX *ctx)
{
    kit_say("sessions %ld; connect %ld good %ld again %ld; accept %ld good %ld again %ld; hits %ld, of callbacks %ld, misses %ld, "
            "timeouts %ld, full %ld",
            SSL_CTX_sess_number(ctx), SSL_CTX_sess_connect(ctx), SSL_CTX_sess_connect_good(ctx), SSL_CTX_sess_connect_renegotiate(ctx),
            SSL_CTX_sess_accept(ctx), SSL_CTX_sess_accept_good(ctx), SSL_CTX_sess_accept_renegotiate(ctx), SSL_CTX_sess_hits(ctx),
            SSL_CTX_sess_cb_hits(ctx), SSL_CTX_sess_misses(ctx), SSL_CTX_sess_timeouts(ctx), SSL_CTX_sess_cache_full(ctx));
}

static unsigned id_length(const SSL_SESSION *session)
{
    unsigned n = 0;

    if (session != NULL)
        SSL_SESSION_get_id(session, &n);
    return n;
}

static void on_remove(SSL_CTX *ctx, SSL_SESSION *session)
{
    (void)ctx;
    /* in no order, where several are */
    kit_say("removed: %s, ID of %u", kit_version_name(SSL_SESSION_get_protocol_version(session)), id_length(session));
}

/* The external cache: one session, and how it is given away. */
static SSL_SESSION *kept;
static int keeps, copies;

static int on_new(SSL *ssl, SSL_SESSION *session)
{
    kit_say("new: server %d, ID of %u, ticket %d", SSL_is_server(ssl), id_length(session), SSL_SESSION_has_ticket(session));
    if (!keeps || kept != NULL)
        return 0;
    kept = session;
    return 1;
}

static SSL_SESSION *on_get(SSL *ssl, const unsigned char *id, int n, int *copy)
{
    (void)id;
    kit_say("get: server %d, ID of %d, copy %d", SSL_is_server(ssl), n, *copy);
    *copy = copies;
    if (kept != NULL && !copies)
        SSL_SESSION_up_ref(kept);
    return kept;
}

static void resume(SSL_CTX *c, SSL_CTX *s, SSL_SESSION *session, const char *other_context, int shut)
{
    kit_pair p;

    kit_pair_new(&p, c, s, 0);
    if (other_context != NULL)
        MUST(SSL_set_session_id_context(p.s, (const unsigned char *)other_context, (unsigned)strlen(other_context)));
    SHOW(SSL_set_session(p.c, session));
    kit_shake_say(&p);
    kit_settle(&p);
    kit_negotiated(&p);
    kit_say("ID of %u, server's of %u", id_length(SSL_get_session(p.c)), id_length(SSL_get_session(p.s)));
    kit_say("lifetime hint %lu", SSL_get_session(p.c) != NULL ? SSL_SESSION_get_ticket_lifetime_hint(SSL_get_session(p.c)) : 0);
    counters(s);
    if (shut) {
        SSL_shutdown(p.c);
        SSL_shutdown(p.s);
    }
    kit_pair_free(&p);
    counters(s);
}

static SSL_SESSION *first(SSL_CTX *c, SSL_CTX *s)
{
    SSL_SESSION *session;
    kit_pair p;

    kit_pair_new(&p, c, s, 0);
    MUST(kit_shake(&p));
    kit_settle(&p);
    session = SSL_get1_session(p.c);
    SHOW(SSL_SESSION_get_timeout(session));
    SHOW(SSL_SESSION_get_timeout(SSL_get_session(p.s)));
    SHOW(SSL_SESSION_get_ticket_lifetime_hint(session));
    SHOW(SSL_SESSION_is_resumable(session));
    SHOW(SSL_SESSION_is_resumable(SSL_get_session(p.s)));
    SSL_shutdown(p.c);
    SSL_shutdown(p.s);
    kit_pair_free(&p);
    return session;
}

static void external(int version)
{
    static const int modes[] = {
        SSL_SESS_CACHE_SERVER, SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL, SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL_LOOKUP,
        SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL_STORE, SSL_SESS_CACHE_OFF, SSL_SESS_CACHE_CLIENT, SSL_SESS_CACHE_BOTH,
    };
    size_t m;
    int way;

    for (m = 0; m < COUNT(modes); m++) {
        for (way = 0; way < 8; way++) {
            SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
            SSL_SESSION *session;

            kept = NULL;
            copies = way & 1;
            keeps = way >> 1 & 1;
            kit_say("mode 0x%x, copies %d, keeps %d, tickets %d", modes[m], copies, keeps, way >> 2);
            kit_version(c, version);
            SSL_CTX_set_session_cache_mode(s, modes[m]);
            if (!(way >> 2))
                SSL_CTX_set_options(s, SSL_OP_NO_TICKET);
            MUST(SSL_CTX_set_session_id_context(s, (const unsigned char *)"abc", 3));
            SSL_CTX_sess_set_new_cb(s, on_new);
            SSL_CTX_sess_set_get_cb(s, on_get);
            SSL_CTX_sess_set_remove_cb(s, on_remove);
            session = first(c, s);
            if (version == TLS1_2_VERSION || kept == NULL) { /* in TLS 1.3 the client's is another one than the one that is kept */
                resume(c, s, session, NULL, 1);
                resume(c, s, session, NULL, 0);
                resume(c, s, session, "other", 1);
            }
            SHOW(SSL_CTX_remove_session(s, kept));
            SHOW(SSL_CTX_remove_session(s, session));
            SHOW(SSL_CTX_add_session(s, session));
            SHOW(SSL_CTX_add_session(s, session));
            counters(s);
            SSL_CTX_flush_sessions(s, (long)time(NULL) + 10);
            counters(s);
            SSL_CTX_flush_sessions(s, (long)time(NULL) + 100000);
            counters(s);
            SHOW(SSL_CTX_add_session(s, session));
            SSL_CTX_flush_sessions(s, 0);
            counters(s);
            SSL_SESSION_free(session);
            SSL_SESSION_free(kept);
            SSL_CTX_free(c);
            SSL_CTX_free(s);
        }
    }
}

static void external12(void) { external(TLS1_2_VERSION); }
static void external13(void) { external(TLS1_3_VERSION); }

/* How a connection ends, and whose: what becomes of the session, with an ID of its own or that of a ticket. */
static void ends(void)
{
    static const char *const how[] = { "not shut down", "shut down", "shut down quietly", "cleared" };
    int version, tickets, server;
    size_t h, turn;

    for (server = 0; server < 2; server++)
        for (h = 0; h < COUNT(how); h++)
            for (version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++)
                for (tickets = 0; tickets < 2; tickets++) {
                    SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
                    SSL_SESSION *session;

                    kit_say("%s, tickets %d, %s, by the %s", kit_version_name(version), tickets, how[h], server ? "server" : "client");
                    kit_version(c, version);
                    if (!tickets)
                        SSL_CTX_set_options(s, SSL_OP_NO_TICKET);
                    SSL_CTX_sess_set_remove_cb(s, on_remove);
                    SSL_CTX_sess_set_remove_cb(c, on_remove);
                    SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_CLIENT);
                    session = first(c, s);
                    for (turn = 0; turn < 2; turn++) {
                        kit_pair p;
                        SSL *ssl;
                        const unsigned char *id;
                        unsigned n;

                        kit_pair_new(&p, c, s, 0);
                        MUST(SSL_set_session(p.c, session));
                        MUST(kit_shake(&p));
                        kit_settle(&p);
                        kit_negotiated(&p);
                        id = SSL_SESSION_get_id(SSL_get_session(p.s), &n);
                        kit_say("ID of %u, known %d, the client's of %u", n, SSL_has_matching_session_id(p.s, id, n),
                                id_length(SSL_get_session(p.c)));
                        ssl = server ? p.s : p.c;
                        SSL_set_quiet_shutdown(ssl, h == 2);
                        if (h == 1 || h == 2)
                            SHOW(SSL_shutdown(ssl));
                        if (h == 3)
                            SHOW(SSL_clear(ssl));
                        kit_pair_free(&p);
                        SHOW(SSL_SESSION_is_resumable(session));
                    }
                    SSL_SESSION_free(session);
                    SSL_CTX_free(c);
                    SSL_CTX_free(s);
                }
}

static void timeouts(void)
{
    static const long seconds[] = { 0, 1, 100, 0x7fffffff };
    size_t i;
    int version, tickets;

    for (version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++)
        for (tickets = 0; tickets < 2; tickets++)
            for (i = 0; i < COUNT(seconds); i++) {
                SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
                SSL_SESSION *session;

                kit_say("%s, tickets %d, %ld seconds", kit_version_name(version), tickets, seconds[i]);
                kit_version(c, version);
                if (!tickets)
                    SSL_CTX_set_options(s, SSL_OP_NO_TICKET);
                SHOW(SSL_CTX_set_timeout(s, seconds[i]));
                SHOW(SSL_CTX_get_timeout(s));
                SSL_CTX_sess_set_remove_cb(s, on_remove);
                session = first(c, s);
                SHOW(SSL_SESSION_set_timeout(session, 500));
                SHOW(SSL_SESSION_get_timeout(session));
                SHOW(SSL_SESSION_set_time(session, 100));
                SHOW(SSL_SESSION_get_time(session));
                resume(c, s, session, NULL, 1);
                SSL_SESSION_free(session);
                SSL_CTX_free(c);
                SSL_CTX_free(s);
            }
}

/* What the ticket key callbacks answer, by whether they encrypt. */
static int answers[2];
static const unsigned char key_name[16] = { 1, 2, 3 }, hmac_key[32] = { 4 }, aes_key[32] = { 5 };

static int ticket_cipher(unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher, int encrypt)
{
    kit_say("ticket key: encrypt %d, answer %d", encrypt, answers[encrypt]);
    if (encrypt) {
        memcpy(name, key_name, sizeof(key_name));
        memset(iv, 7, 16);
    } else if (memcmp(name, key_name, sizeof(key_name)) != 0) {
        kit_say("of another name");
        return 0;
    }
    return EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, aes_key, iv, encrypt);
}

static int with_hmac(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher, HMAC_CTX *hmac, int encrypt)
{
    (void)ssl;
    if (!ticket_cipher(name, iv, cipher, encrypt))
        return 0;
    MUST(HMAC_Init_ex(hmac, hmac_key, sizeof(hmac_key), EVP_sha256(), NULL));
    return answers[encrypt];
}

static int with_mac(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int encrypt)
{
    OSSL_PARAM params[3];

    (void)ssl;
    if (!ticket_cipher(name, iv, cipher, encrypt))
        return 0;
    params[0] = OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, (void *)hmac_key, sizeof(hmac_key));
    params[1] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)"SHA256", 0);
    params[2] = OSSL_PARAM_construct_end();
    MUST(EVP_MAC_CTX_set_params(mac, params));
    return answers[encrypt];
}

static void ticket_answers(int version, int mac, int mode)
{
    static const int all[] = { 0, 1, 2, -1, 3, -2 };
    size_t e, d;

    for (e = 0; e < COUNT(all); e++) {
        for (d = 0; d < COUNT(all); d++) {
            SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
            SSL_SESSION *session = NULL;
            kit_pair p;

            kit_say("encrypting %d, decrypting %d", all[e], all[d]);
            kit_version(c, version);
            MUST(SSL_CTX_set_session_id_context(s, (const unsigned char *)"abc", 3));
            SSL_CTX_set_session_cache_mode(s, mode);
            if (mac)
                SSL_CTX_set_tlsext_ticket_key_evp_cb(s, with_mac);
            else
                SSL_CTX_set_tlsext_ticket_key_cb(s, with_hmac);
            answers[1] = all[e];
            answers[0] = 1;
            kit_pair_new(&p, c, s, 0);
            if (kit_shake_say(&p)) {
                kit_settle(&p);
                session = SSL_get1_session(p.c);
                SHOW(SSL_SESSION_has_ticket(session));
                SHOW(SSL_SESSION_is_resumable(session));
                SHOW(SSL_SESSION_is_resumable(SSL_get_session(p.s)));
                SSL_shutdown(p.c);
                SSL_shutdown(p.s);
            }
            kit_pair_free(&p);
            answers[0] = all[d];
            if (session != NULL) {
                resume(c, s, session, NULL, 1);
                resume(c, s, session, NULL, 1);
            }
            SSL_SESSION_free(session);
            SSL_CTX_free(c);
            SSL_CTX_free(s);
        }
    }
}

static void ticket_hmac12(void) { ticket_answers(TLS1_2_VERSION, 0, SSL_SESS_CACHE_SERVER); }
static void ticket_hmac13(void) { ticket_answers(TLS1_3_VERSION, 0, SSL_SESS_CACHE_SERVER); }
static void ticket_mac12(void) { ticket_answers(TLS1_2_VERSION, 1, SSL_SESS_CACHE_SERVER); }
static void ticket_mac13(void) { ticket_answers(TLS1_3_VERSION, 1, SSL_SESS_CACHE_SERVER); }
static void ticket_no_cache(void)
{
    ticket_answers(TLS1_2_VERSION, 0, SSL_SESS_CACHE_OFF);
    ticket_answers(TLS1_3_VERSION, 0, SSL_SESS_CACHE_OFF);
}

static const kit_case cases[] = {
    CASE(external12), CASE(external13), CASE(ends), CASE(timeouts), CASE(ticket_hmac12), CASE(ticket_hmac13), CASE(ticket_mac12),
    CASE(ticket_mac13), CASE(ticket_no_cache),
};

KIT_MAIN(cases)
