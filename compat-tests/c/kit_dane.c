#include "kit_dane.h"

int dane_answer;
unsigned dane_plan;

static const char *name_of(X509 *x)
{
    static char names[4][80];
    static int next;
    char *out = names[next++ % 4];

    if (x == NULL || X509_NAME_get_text_by_NID(X509_get_subject_name(x), NID_commonName, out, sizeof(names[0])) < 0)
        return "none";
    return out;
}

int dane_callback(int ok, X509_STORE_CTX *ctx)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(ctx, SSL_get_ex_data_X509_STORE_CTX_idx());
    STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(ctx);
    int i, answer = ok;
    char names[400] = "";

    for (i = 0; i < sk_X509_num(chain); i++)
        snprintf(names + strlen(names), sizeof(names) - strlen(names), " %s", name_of(sk_X509_value(chain, i)));
    switch (dane_answer) {
    case DANE_NO: answer = 0; break;
    case DANE_YES: answer = 1; break;
    case DANE_PLAN:
        answer = dane_plan & 1;
        dane_plan >>= 1;
        break;
    }
    kit_say("verify: ok %d, error %d, depth %d, certificate %s, leaf %s, chain%s, SSL %s: %d", ok, X509_STORE_CTX_get_error(ctx),
            X509_STORE_CTX_get_error_depth(ctx), name_of(X509_STORE_CTX_get_current_cert(ctx)), name_of(X509_STORE_CTX_get0_cert(ctx)),
            names, ssl != NULL ? "set" : "NULL", answer);
    return answer;
}

unsigned char *dane_data(const char *cert, int selector, const EVP_MD *md, int damage, size_t *len)
{
    X509 *x = kit_cert(cert);
    unsigned char *der = NULL, *out;
    int n = selector == 0 ? i2d_X509(x, &der) : i2d_PUBKEY(X509_get0_pubkey(x), &der);
    unsigned int size = 0;

    MUST(n > 0);
    X509_free(x);
    if (md != NULL) {
        out = OPENSSL_malloc(EVP_MAX_MD_SIZE);
        MUST(out != NULL && EVP_Digest(der, (size_t)n, out, &size, md, NULL));
        OPENSSL_free(der);
        n = (int)size;
    } else {
        out = der;
    }
    if (damage)
        out[n - 1] ^= 1;
    *len = (size_t)n;
    return out;
}

static int add(SSL *ssl, int usage, int selector, int mtype, const char *cert, int damage)
{
    size_t len;
    const EVP_MD *md = mtype == 1 ? EVP_sha256() : mtype == 2 ? EVP_sha512() : NULL;
    unsigned char *data = dane_data(cert, selector, md, damage, &len);
    int r = SSL_dane_tlsa_add(ssl, (uint8_t)usage, (uint8_t)selector, (uint8_t)mtype, data, len);

    OPENSSL_free(data);
    return r;
}

int dane_add(SSL *ssl, int usage, int selector, int mtype, const char *cert) { return add(ssl, usage, selector, mtype, cert, 0); }
int dane_add_bad(SSL *ssl, int usage, int selector, int mtype, const char *cert) { return add(ssl, usage, selector, mtype, cert, 1); }

SSL_CTX *dane_client(void)
{
    SSL_CTX *c = kit_client();

    MUST(SSL_CTX_dane_enable(c) == 1);
    SSL_CTX_set_verify(c, SSL_VERIFY_PEER, dane_callback);
    return c;
}

void dane_begin(kit_pair *p, SSL_CTX *c, SSL_CTX *s, const char *name)
{
    kit_pair_new(p, c, s, 0);
    MUST(SSL_dane_enable(p->c, name) == 1);
}

void dane_what(const char *who, SSL *ssl)
{
    X509 *cert = NULL;
    EVP_PKEY *key = NULL;
    uint8_t usage = 9, selector = 9, mtype = 9;
    const unsigned char *data = NULL;
    size_t len = 0, i;
    STACK_OF(X509) *chain;
    char names[400] = "";
    int depth = SSL_get0_dane_authority(ssl, &cert, &key), at = SSL_get0_dane_tlsa(ssl, &usage, &selector, &mtype, &data, &len);

    /* the same, and with nothing to put it */
    MUST(SSL_get0_dane_authority(ssl, NULL, NULL) == depth && SSL_get0_dane_tlsa(ssl, NULL, NULL, NULL, NULL, NULL) == at);
    kit_say("%s: authority %d, certificate %s, key %s", who, depth, name_of(cert), key != NULL ? "set" : "NULL");
    kit_say("%s: record %d: %d %d %d, data %s", who, at, usage, selector, mtype, data != NULL ? "set" : "NULL");
    if (mtype != 0 && data != NULL)
        kit_say("%s: %d bytes", who, (int)len);
    if (cert != NULL && data != NULL && mtype == 0) {
        unsigned char *der = NULL;
        int n = selector == 0 ? i2d_X509(cert, &der) : i2d_PUBKEY(X509_get0_pubkey(cert), &der);

        kit_say("%s: the data is the certificate's %d", who, n == (int)len && memcmp(der, data, len) == 0);
        OPENSSL_free(der);
    }
    chain = SSL_get0_verified_chain(ssl);
    for (i = 0; chain != NULL && i < (size_t)sk_X509_num(chain); i++)
        snprintf(names + strlen(names), sizeof(names) - strlen(names), " %s", name_of(sk_X509_value(chain, (int)i)));
    kit_say("%s: result %ld, chain%s, peer %s, sent %d", who, SSL_get_verify_result(ssl), names, name_of(SSL_get0_peer_certificate(ssl)),
            SSL_get_peer_cert_chain(ssl) != NULL ? sk_X509_num(SSL_get_peer_cert_chain(ssl)) : -1);
}

void dane_tell(kit_pair *p)
{
    kit_shake_say(p);
    dane_what("client", p->c);
    STR(SSL_get0_peername(p->c));
}
