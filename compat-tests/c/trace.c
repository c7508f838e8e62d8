/* SSL_trace as the message callback of connections: what it prints on both sides, but for what is random.
 * How many bytes a signature has is chance for ECDSA, so the certificates here have RSA keys. */
#include "kit.h"

static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

static BIO *trace[2]; /* of the client, of the server */

/* Fields whose value is chance. */
static const char *const chance[] = {
    "random_bytes", "session_id", "key_exchange", "ticket", "Signature", "verify_data", "point", "ecdh_Yc",
    "request_context", "context",
};

static int is_chance(const char *field, size_t len)
{
    size_t i;

    for (i = 0; i < COUNT(chance); i++)
        if (strlen(chance[i]) == len && strncmp(field, chance[i], len) == 0)
            return 1;
    return 0;
}

/* A hello's extensions are a choice of the library: OpenSSL 3.0 says that it takes points in all three formats, of which
 * TLS has kept one (RFC 8422, section 5.1.2). So a hello's lengths, and the formats, are left out. */
static int is_hello(const char *line)
{
    const char *field = line + strspn(line, " ");

    return strncmp(field, "ClientHello,", 12) == 0 || strncmp(field, "ServerHello,", 12) == 0;
}

/* Prints a line of a trace, chance left out; dumped says whether a hex dump belongs to an extension that holds chance. */
static void print_line(char *line, int *dumped)
{
    char *field = line + strspn(line, " "), *end;

    if (strncmp(field, "extension_type=", 15) == 0)
        *dumped = strstr(field, "=psk(") != NULL;
    if (*dumped && strlen(field) > 7 && strncmp(field + 4, " - ", 3) == 0)
        field[4] = '\0';
    else if ((end = strstr(field, "): ")) != NULL && strstr(field, " (len=") != NULL
             && is_chance(field, (size_t)(strcspn(field, " :"))))
        end[3] = '\0';
    else if ((end = strstr(field, "gmt_unix_time=")) != NULL || (end = strstr(field, "ticket_age_add=")) != NULL)
        *strchr(end, '=') = '\0';
    kit_say("%s", line);
}

enum { LINE = 8192 };

static int next_line(BIO *bio, char *line)
{
    if (BIO_gets(bio, line, LINE) <= 0)
        return 0;
    line[strcspn(line, "\n")] = '\0';
    return 1;
}

static void print_trace(const char *who, BIO *bio)
{
    static char line[LINE], next[LINE];
    int dumped = 0, hello = 0, more;

    kit_say("-- %s", who);
    for (more = next_line(bio, line); more; memcpy(line, next, sizeof(line))) {
        more = next_line(bio, next);
        hello = line[0] != '\0' && (hello || is_hello(line));
        if (hello && strstr(line, "ansiX962") != NULL)
            continue;
        if ((more && is_hello(next)) || is_hello(line) || (hello && strstr(line, "extensions, length") != NULL)
            || (hello && strstr(line, "ec_point_formats") != NULL)) {
            char *length = strstr(line, "ength");

            MUST(length != NULL);
            *length = '\0';
        }
        print_line(line, &dumped);
    }
}

static void begin_trace(kit_pair *p)
{
    MUST((trace[0] = BIO_new(BIO_s_mem())) != NULL);
    MUST((trace[1] = BIO_new(BIO_s_mem())) != NULL);
    SSL_set_msg_callback(p->c, SSL_trace);
    SSL_set_msg_callback_arg(p->c, trace[0]);
    SSL_set_msg_callback(p->s, SSL_trace);
    SSL_set_msg_callback_arg(p->s, trace[1]);
}

static void end_trace(void)
{
    print_trace("client", trace[0]);
    print_trace("server", trace[1]);
    BIO_free(trace[0]);
    BIO_free(trace[1]);
}

/* Contexts that offer only what both libraries have. */
static void contexts(int version, SSL_CTX **c, SSL_CTX **s)
{
    *c = kit_client();
    *s = kit_server("server-rsa");
    /* A client of TLS 1.3 alone offers less here than OpenSSL's: only_tls13 shows it. */
    kit_version(*s, version);
    MUST(SSL_CTX_set_min_proto_version(*c, TLS1_2_VERSION) && SSL_CTX_set_max_proto_version(*c, version));
    MUST(SSL_CTX_set_cipher_list(*c, "ECDHE+AESGCM"));
    MUST(SSL_CTX_set1_groups_list(*c, "X25519:P-256"));
    MUST(SSL_CTX_set1_sigalgs_list(*c, "RSA-PSS+SHA256:ECDSA+SHA256:RSA+SHA256"));
    MUST(SSL_CTX_set1_sigalgs_list(*s, "RSA-PSS+SHA256:ECDSA+SHA256:RSA+SHA256"));
    SSL_CTX_set_options(*c, SSL_OP_NO_ENCRYPT_THEN_MAC);
    SSL_CTX_set_session_id_context(*s, (const unsigned char *)"trace", 5);
}

static void traced(const char *what, int version, SSL_CTX *c, SSL_CTX *s, void (*before)(kit_pair *), void (*after)(kit_pair *))
{
    kit_pair p;

    kit_say("%s, %s", kit_version_name(version), what);
    kit_pair_new(&p, c, s, 0);
    begin_trace(&p);
    if (before != NULL)
        before(&p);
    kit_shake_say(&p);
    kit_settle(&p);
    if (after != NULL)
        after(&p);
    end_trace();
    kit_pair_free(&p);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static void data_and_close(kit_pair *p)
{
    char b[16];

    IO(p->c, SSL_write(p->c, "hello", 5));
    IO(p->s, SSL_read(p->s, b, sizeof(b)));
    IO(p->c, SSL_shutdown(p->c));
    IO(p->s, SSL_read(p->s, b, sizeof(b)));
    IO(p->s, SSL_shutdown(p->s));
    IO(p->c, SSL_shutdown(p->c));
}

static void full_of(int version)
{
    SSL_CTX *c, *s;

    contexts(version, &c, &s);
    traced("full", version, c, s, NULL, data_and_close);
}

static void full_tls12(void) { full_of(TLS1_2_VERSION); }
static void full_tls13(void) { full_of(TLS1_3_VERSION); }

static void only_tls13(void)
{
    SSL_CTX *c, *s;

    contexts(TLS1_3_VERSION, &c, &s);
    kit_version(c, TLS1_3_VERSION);
    traced("a client of nothing else", TLS1_3_VERSION, c, s, NULL, NULL);
}

static void names_and_protocols_before(kit_pair *p)
{
    MUST(SSL_set_tlsext_host_name(p->c, "server.test"));
    MUST(SSL_set_alpn_protos(p->c, (const unsigned char *)"\x02h2\x08http/1.1", 12) == 0);
}

static int choose(SSL *ssl, const unsigned char **out, unsigned char *outlen, const unsigned char *in, unsigned int inlen, void *arg)
{
    (void)ssl;
    (void)arg;
    (void)inlen;
    *out = in + 1;
    *outlen = in[0];
    return SSL_TLSEXT_ERR_OK;
}

static int name_known(SSL *ssl, int *al, void *arg)
{
    (void)ssl;
    (void)al;
    (void)arg;
    return SSL_TLSEXT_ERR_OK;
}

static int staple(SSL *ssl, void *arg)
{
    unsigned char *p = OPENSSL_memdup("not a response", 14);

    (void)arg;
    MUST(p != NULL);
    SSL_set_tlsext_status_ocsp_resp(ssl, p, 14);
    return SSL_TLSEXT_ERR_OK;
}

static void names_and_protocols(void)
{
    size_t v;

    for (v = 0; v < COUNT(versions); v++) {
        SSL_CTX *c, *s;

        contexts(versions[v], &c, &s);
        SSL_CTX_set_alpn_select_cb(s, choose, NULL);
        SSL_CTX_set_tlsext_servername_callback(s, name_known);
        SSL_CTX_set_tlsext_status_cb(s, staple);
        SSL_CTX_set_tlsext_status_type(c, TLSEXT_STATUSTYPE_ocsp);
        MUST(SSL_CTX_set_tlsext_max_fragment_length(c, TLSEXT_max_fragment_length_4096));
        traced("a name, protocols, a staple, short records", versions[v], c, s, names_and_protocols_before, NULL);
    }
}

static SSL_SESSION *offered;

static void offer(kit_pair *p) { MUST(SSL_set_session(p->c, offered)); }

static void session_of(SSL_CTX *c, SSL_CTX *s)
{
    kit_pair p;

    kit_shaken(&p, c, s);
    kit_settle(&p);
    offered = SSL_get1_session(p.c);
    SSL_shutdown(p.c);
    SSL_shutdown(p.s);
    kit_pair_free(&p);
}

static void resumed_of(int version, uint64_t options, const char *what)
{
    SSL_CTX *c, *s;

    contexts(version, &c, &s);
    SSL_CTX_set_options(s, options);
    session_of(c, s);
    traced(what, version, c, s, offer, data_and_close);
    SSL_SESSION_free(offered);
}

static void resumed_tls12(void)
{
    resumed_of(TLS1_2_VERSION, 0, "resumed by a ticket");
    resumed_of(TLS1_2_VERSION, SSL_OP_NO_TICKET, "resumed by an ID");
}

static void resumed_tls13(void)
{
    resumed_of(TLS1_3_VERSION, 0, "resumed");
    resumed_of(TLS1_3_VERSION, SSL_OP_NO_TICKET, "resumed, with the session in the server");
}

static void client_certificates_of(int version)
{
    int with;

    for (with = 0; with < 2; with++) {
        SSL_CTX *c, *s;

        contexts(version, &c, &s);
        kit_trust(s, "ca");
        SSL_CTX_add_client_CA(s, kit_cert("ca"));
        SSL_CTX_set_verify(s, SSL_VERIFY_PEER, NULL);
        if (with)
            kit_use(c, "client-rsa");
        traced(with ? "a client with a certificate" : "a client without", version, c, s, NULL, NULL);
    }
}

static void client_certificates_tls12(void) { client_certificates_of(TLS1_2_VERSION); }
static void client_certificates_tls13(void) { client_certificates_of(TLS1_3_VERSION); }

static void retried(void)
{
    SSL_CTX *c, *s;

    contexts(TLS1_3_VERSION, &c, &s);
    MUST(SSL_CTX_set1_groups_list(s, "P-256"));
    traced("a HelloRetryRequest", TLS1_3_VERSION, c, s, NULL, NULL);
}

static void early(kit_pair *p)
{
    size_t n;

    offer(p);
    IO(p->c, SSL_write_early_data(p->c, "early", 5, &n));
}

static void read_early(kit_pair *p)
{
    char b[16];
    size_t n = 0;
    int i, r = SSL_READ_EARLY_DATA_SUCCESS;

    for (i = 0; i < 3 && r != SSL_READ_EARLY_DATA_FINISH; i++) {
        r = SSL_read_early_data(p->s, b, sizeof(b), &n);
        kit_say("read early: %d, %zu bytes", r, n);
    }
}

static void both(kit_pair *p)
{
    early(p);
    read_early(p);
}

static void early_data(void)
{
    SSL_CTX *c, *s;
    int refuse;

    for (refuse = 0; refuse < 2; refuse++) {
        contexts(TLS1_3_VERSION, &c, &s);
        MUST(SSL_CTX_set_max_early_data(s, 4096));
        session_of(c, s);
        traced(refuse ? "early data that the server does not read" : "early data", TLS1_3_VERSION, c, s, refuse ? early : both, data_and_close);
        SSL_SESSION_free(offered);
    }
}

static void key_updates(void)
{
    SSL_CTX *c, *s;

    contexts(TLS1_3_VERSION, &c, &s);
    traced("KeyUpdates", TLS1_3_VERSION, c, s, NULL, kit_update);
}

static void ask_later(kit_pair *p)
{
    char b[4];

    SSL_set_verify(p->s, SSL_VERIFY_PEER, NULL);
    SHOW(SSL_verify_client_post_handshake(p->s));
    IO(p->s, SSL_do_handshake(p->s));
    IO(p->c, SSL_read(p->c, b, sizeof(b)));
    IO(p->s, SSL_read(p->s, b, sizeof(b)));
}

static void asked_later(void)
{
    SSL_CTX *c, *s;

    contexts(TLS1_3_VERSION, &c, &s);
    kit_use(c, "client-rsa");
    kit_trust(s, "ca");
    SSL_CTX_set_post_handshake_auth(c, 1);
    traced("a certificate after the handshake", TLS1_3_VERSION, c, s, NULL, ask_later);
}

static int no_protocol(SSL *ssl, const unsigned char **out, unsigned char *outlen, const unsigned char *in, unsigned int inlen, void *arg)
{
    (void)ssl;
    (void)out;
    (void)outlen;
    (void)in;
    (void)inlen;
    (void)arg;
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

static void refused_of(int version)
{
    SSL_CTX *c, *s;

    contexts(version, &c, &s);
    SSL_CTX_free(c);
    contexts(version, &c, &s);
    SSL_CTX_set_cert_store(c, X509_STORE_new());
    SSL_CTX_set_verify(c, SSL_VERIFY_PEER, NULL);
    traced("a client that trusts nobody", version, c, s, NULL, NULL);

    contexts(version, &c, &s);
    SSL_CTX_set_alpn_select_cb(s, no_protocol, NULL);
    traced("a server that speaks no protocol", version, c, s, names_and_protocols_before, NULL);

    contexts(version, &c, &s);
    SSL_CTX_set_verify(s, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    traced("a client without the certificate it needs", version, c, s, NULL, NULL);
}

static void refused_tls12(void) { refused_of(TLS1_2_VERSION); }
static void refused_tls13(void) { refused_of(TLS1_3_VERSION); }

static void no_version(void)
{
    SSL_CTX *c, *s;

    contexts(TLS1_3_VERSION, &c, &s);
    kit_version(c, TLS1_3_VERSION);
    kit_version(s, TLS1_2_VERSION);
    traced("a server of TLS 1.2", TLS1_3_VERSION, c, s, NULL, NULL);
    contexts(TLS1_2_VERSION, &c, &s);
    kit_version(s, TLS1_3_VERSION);
    traced("a server of TLS 1.3", TLS1_2_VERSION, c, s, NULL, NULL);
}

static void no_group(void)
{
    SSL_CTX *c, *s;

    contexts(TLS1_3_VERSION, &c, &s);
    MUST(SSL_CTX_set1_groups_list(s, "P-521"));
    traced("no group in common", TLS1_3_VERSION, c, s, NULL, NULL);
}

/* What is no TLS. */
static void rubbish_before(kit_pair *p)
{
    static const char *const what[] = { "GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01\x00\x05hello", "\x15\x03\x03\x00\x02\x02\x28", "\x16\x03\x01\xff\xff" };
    static size_t next;
    const char *b = what[next % COUNT(what)];
    size_t len[] = { 18, 10, 7, 5 };
    SSL_CTX *s = SSL_get_SSL_CTX(p->s);

    MUST(s != NULL);
    MUST(BIO_write(p->cbio, b, (int)len[next++ % COUNT(what)]) > 0);
    IO(p->s, SSL_do_handshake(p->s));
    kit_queue();
}

static void rubbish(void)
{
    int i;

    for (i = 0; i < 4; i++) {
        SSL_CTX *c, *s;
        kit_pair p;

        contexts(TLS1_3_VERSION, &c, &s);
        kit_say("rubbish %d", i);
        kit_pair_new(&p, c, s, 0);
        begin_trace(&p);
        rubbish_before(&p);
        end_trace();
        kit_pair_free(&p);
        SSL_CTX_free(c);
        SSL_CTX_free(s);
    }
}

static const kit_case cases[] = {
    CASE(full_tls12), CASE(full_tls13), CASE(only_tls13), CASE(names_and_protocols), CASE(resumed_tls12), CASE(resumed_tls13),
    CASE(client_certificates_tls12), CASE(client_certificates_tls13), CASE(retried), CASE(early_data), CASE(key_updates),
    CASE(asked_later), CASE(refused_tls12), CASE(refused_tls13), CASE(no_version), CASE(no_group), CASE(rubbish),
};

KIT_MAIN(cases)
