#define _GNU_SOURCE
#include "kit_asked.h"
#include "kit_crl.h"

#include <dlfcn.h>

static _Atomic int asked, looked;
static int (*real_verify)(X509_STORE_CTX *);
static STACK_OF(X509) *(*real_certs)(X509_STORE_CTX *, const X509_NAME *);
static STACK_OF(X509_CRL) *(*real_crls)(const X509_STORE_CTX *, const X509_NAME *);

__attribute__((constructor)) static void find_real(void)
{
    *(void **)&real_verify = dlsym(RTLD_NEXT, "X509_verify_cert");
    *(void **)&real_certs = dlsym(RTLD_NEXT, "X509_STORE_CTX_get1_certs");
    *(void **)&real_crls = dlsym(RTLD_NEXT, "X509_STORE_CTX_get1_crls");
}

int X509_verify_cert(X509_STORE_CTX *ctx)
{
    asked++;
    return real_verify(ctx);
}

STACK_OF(X509) *X509_STORE_CTX_get1_certs(X509_STORE_CTX *ctx, const X509_NAME *name)
{
    looked++;
    return real_certs(ctx, name);
}

STACK_OF(X509_CRL) *X509_STORE_CTX_get1_crls(const X509_STORE_CTX *ctx, const X509_NAME *name)
{
    looked++;
    return real_crls(ctx, name);
}

static void tell(const char *label, const char *how, long result)
{
    static FILE *f; /* opened before a case may become another user */
    const char *path = getenv("KIT_VERIFIED");

    if (path == NULL)
        return;
    if (f == NULL)
        f = fopen(path, "a");
    MUST(f != NULL);
    fprintf(f, "%s\t%s\t%ld\t%d\t%d\n", label, how, result, asked, looked);
    fflush(f);
}

static void name_of(char *to, size_t size, X509 *x)
{
    if (x == NULL || X509_NAME_get_text_by_NID(X509_get_subject_name(x), NID_commonName, to, (int)size) < 0)
        snprintf(to, size, "none");
}

static int let_pass;

int kit_asked_back(int ok, X509_STORE_CTX *ctx)
{
    char subject[100], issuer[100];
    X509 *x = X509_STORE_CTX_get_current_cert(ctx);
    STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(ctx);
    int depth = X509_STORE_CTX_get_error_depth(ctx);

    name_of(subject, sizeof(subject), x);
    name_of(issuer, sizeof(issuer), X509_STORE_CTX_get0_current_issuer(ctx));
    kit_say("verify: ok %d, error %d, depth %d, subject %s, chain %d, untrusted %d", ok, X509_STORE_CTX_get_error(ctx), depth, subject,
            sk_X509_num(chain), X509_STORE_CTX_get_num_untrusted(ctx));
    if (ok)
        kit_say("verify: issuer %s, the leaf's object %d, the chain's object %d, purpose set %d", issuer,
                sk_X509_value(chain, 0) == X509_STORE_CTX_get0_cert(ctx), sk_X509_value(chain, depth) == x,
                X509_STORE_CTX_get0_param(ctx) != NULL);
    return ok || let_pass;
}

static void once(const char *label, const char *how, SSL_CTX *c, SSL_CTX *s)
{
    kit_pair p;
    X509 *x;
    STACK_OF(X509) *good;

    asked = looked = 0;
    kit_pair_new(&p, c, s, 0);
    kit_say("%s, %s", label, how);
    kit_shake_say(&p);
    x = SSL_get0_peer_certificate(p.c);
    good = SSL_get0_verified_chain(p.c);
    kit_say("peer %s, verified chain %d, result %ld", x != NULL ? "set" : "NULL", good != NULL ? sk_X509_num(good) : -1, SSL_get_verify_result(p.c));
    tell(label, how, SSL_get_verify_result(p.c));
    kit_pair_free(&p);
}

void kit_asked(const char *label, SSL_CTX *c, SSL_CTX *s)
{
    SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_verify(c, SSL_VERIFY_PEER, NULL);
    once(label, "no callback", c, s);
    let_pass = 0;
    SSL_CTX_set_verify(c, SSL_VERIFY_PEER, kit_asked_back);
    once(label, "callback", c, s);
    let_pass = 1;
    once(label, "callback that lets pass", c, s);
}

void kit_hashed(const char *dir, const char *cert, const char *suffix, int trusted)
{
    X509 *x = kit_cert(cert);
    char path[300];
    FILE *f;

    snprintf(path, sizeof(path), "%s/%08lx.%s", dir, X509_NAME_hash_ex(X509_get_subject_name(x), NULL, NULL, NULL), suffix);
    f = fopen(path, "w");
    MUST(f != NULL);
    if (trusted) {
        X509_add1_trust_object(x, OBJ_nid2obj(trusted));
        MUST(PEM_write_X509_AUX(f, x));
    } else {
        MUST(PEM_write_X509(f, x));
    }
    fclose(f);
    X509_free(x);
}

void kit_hashed_list(const char *dir, const char *issuer, const char *suffix, int how, const char *const *revoked)
{
    X509_CRL *crl = kit_crl(issuer, issuer, how, revoked);
    char path[300];
    FILE *f;

    snprintf(path, sizeof(path), "%s/%08lx.%s", dir, X509_NAME_hash_ex(X509_CRL_get_issuer(crl), NULL, NULL, NULL), suffix);
    f = fopen(path, "w");
    MUST(f != NULL && PEM_write_X509_CRL(f, crl));
    fclose(f);
    X509_CRL_free(crl);
}
