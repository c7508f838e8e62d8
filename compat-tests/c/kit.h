/*
 * kit.h: what the compat-tests programs share.
 *
 * A program is a table of cases. Each case prints what an application could
 * observe; the runner (compat-tests/, in Go) runs the same binary on the
 * system's libssl and on ours and compares the lines. So nothing that varies
 * from run to run may be printed: no pointers, times, random values, and no
 * sizes that the protocol leaves open. See compat-tests/doc.go for the rules.
 *
 *   == case           starts a case
 *     text            an observation: one check
 *       ! lib:reason  an entry of the error queue, oldest first: also a check
 */
#ifndef COMPAT_KIT_H
#define COMPAT_KIT_H

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const char *name;
    void (*run)(void);
} kit_case;

/* CASE(f) is the row of a case whose function is f; its name is the function's. */
#define CASE(f) { #f, f }

/* kit_main runs the cases; the arguments are those the runner gives:
 *   --list        prints the names only
 *   --skip N      leaves out the first N cases (after a crash in case N)
 *   NAME...       runs these cases only */
int kit_main(int argc, char **argv, const kit_case *cases, size_t n);
#define KIT_MAIN(cases) \
    int main(int argc, char **argv) \
    { \
        return kit_main(argc, argv, cases, sizeof(cases) / sizeof(cases[0])); \
    }

/* Observations. The macros print the expression's own text, its value and the error queue. */
void kit_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void kit_queue(void); /* prints and empties the error queue */
void kit_show(const char *text, long long value);
void kit_str(const char *text, const char *value);
void kit_ptr(const char *text, const void *value);
void kit_io(const char *text, SSL *ssl, int ret);
const char *kit_error_name(int ssl_error);
#define SHOW(e) kit_show(#e, (long long)(e))
#define STR(e) kit_str(#e, (const char *)(e))
#define PTR(e) kit_ptr(#e, (const void *)(e)) /* NULL or not */
#define IO(ssl, e) kit_io(#e, ssl, (e))       /* with SSL_get_error of the result */

/* kit_must stops the program, loudly, where the test's own preparation fails. */
#define MUST(e) kit_must((e) ? 1 : 0, #e, __FILE__, __LINE__)
void kit_must(int ok, const char *text, const char *file, int line);

/* Files the runner made: see fixtures.go. The result lives until the 8th call after. */
const char *kit_file(const char *name);
X509 *kit_cert(const char *name);      /* kit_cert("server-ec") reads server-ec.pem */
EVP_PKEY *kit_key(const char *name);   /* reads server-ec.key */
char *kit_slurp(const char *path, size_t *len);

/* Contexts. A server has NAME's chain and key; a client trusts the root "ca". */
SSL_CTX *kit_server(const char *name);
SSL_CTX *kit_client(void);
/* writes the key, encrypted (pkcs8: as PKCS #8), so that a wrong password is told by the padding: now and then, by chance, it is not */
void kit_lock(const char *path, EVP_PKEY *key, int pkcs8, const char *password);
void kit_use(SSL_CTX *ctx, const char *name); /* chain file and key */
void kit_trust(SSL_CTX *ctx, const char *name);
void kit_version(SSL_CTX *ctx, int version); /* min and max */

/* A connection between two SSL of this process. */
typedef struct {
    SSL_CTX *cctx, *sctx;
    SSL *c, *s;
    BIO *cbio, *sbio; /* the network ends, where the pair is over BIO_s_bio: the SSLs own them */
    char log[4096];   /* what the info callbacks saw of alerts, since the last kit_alerts */
} kit_pair;

/* kit_pair_new takes its own references to the contexts; NULL makes a default
 * one (server-ec, client that trusts ca and does not verify). size is that of each
 * direction of the BIO pair, 0 for the default (17 KiB). */
void kit_pair_new(kit_pair *p, SSL_CTX *cctx, SSL_CTX *sctx, size_t size);
void kit_pair_free(kit_pair *p);
/* the same over a socketpair; nonblocking descriptors */
void kit_pair_fd(kit_pair *p, SSL_CTX *cctx, SSL_CTX *sctx, int fds[2]);

/* kit_shake drives both handshakes; 1 when both have finished. Quiet. Leaves the error queue empty. */
int kit_shake(kit_pair *p);
/* kit_shake_say does and prints how each side ended, its errors and the alerts. */
int kit_shake_say(kit_pair *p);
/* kit_shaken is a fresh pair whose handshake must succeed. */
void kit_shaken(kit_pair *p, SSL_CTX *cctx, SSL_CTX *sctx);
/* kit_pair_of is one of the default contexts for that version, through BIOs of size. */
void kit_pair_of(kit_pair *p, int version, size_t size);
/* kit_alerts prints the alerts seen since the last call; kit_watch_alerts starts watching. */
void kit_watch_alerts(kit_pair *p);
void kit_alerts(kit_pair *p);
/* kit_settle lets both sides read what is under way after a handshake (TLS 1.3 tickets). */
void kit_settle(kit_pair *p);
/* kit_update has the client ask for new keys in both directions, with data that carries them (TLS 1.3), and says how it went. */
void kit_update(kit_pair *p);
/* kit_echo sends n bytes each way and says whether they arrived. */
void kit_echo(kit_pair *p, size_t n);
/* what was negotiated: version, suite, resumption */
void kit_negotiated(kit_pair *p);

/* Position-dependent data and its hash, for finding bytes that are lost, doubled or moved. */
unsigned char kit_byte(uint64_t pos);
void kit_fill(unsigned char *buf, size_t n, uint64_t pos);
#define KIT_HASH_START UINT64_C(1469598103934665603)
uint64_t kit_hash(uint64_t h, const void *buf, size_t n);

/* kit_ours says whether a suite is one that both libraries have: the rule for lists of ciphers. */
int kit_ours(const char *suite);

/* kit_version_name gives the name of a protocol version number. */
const char *kit_version_name(int version);

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#endif
