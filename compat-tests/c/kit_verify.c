#include "kit_verify.h"

int kit_verify_answer;
int kit_verify_error = X509_V_ERR_APPLICATION_VERIFICATION;

int kit_on_verify(int ok, X509_STORE_CTX *ctx)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(ctx, SSL_get_ex_data_X509_STORE_CTX_idx());
    X509 *x = X509_STORE_CTX_get_current_cert(ctx);
    char subject[200] = "none";

    if (x != NULL) {
        int at = X509_NAME_get_index_by_NID(X509_get_subject_name(x), NID_commonName, -1);

        if (at >= 0) {
            ASN1_STRING *s = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(X509_get_subject_name(x), at));

            snprintf(subject, sizeof(subject), "%.*s", ASN1_STRING_length(s), ASN1_STRING_get0_data(s));
        }
    }
    kit_say("verify: ok %d, error %d (%s), depth %d, subject %s, SSL %s, chain %d", ok, X509_STORE_CTX_get_error(ctx),
            X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx)), X509_STORE_CTX_get_error_depth(ctx), subject,
            ssl != NULL ? "set" : "NULL", sk_X509_num(X509_STORE_CTX_get0_chain(ctx)));
    switch (kit_verify_answer) {
    case 0: return 0;
    case 1: return 1;
    case 3:
        X509_STORE_CTX_set_error(ctx, X509_V_OK);
        return 1;
    case 4:
        X509_STORE_CTX_set_error(ctx, kit_verify_error);
        return 0;
    default: return ok;
    }
}

void kit_chain_of(const char *who, SSL *ssl)
{
    X509 *x = SSL_get0_peer_certificate(ssl);
    STACK_OF(X509) *sent = SSL_get_peer_cert_chain(ssl), *good = SSL_get0_verified_chain(ssl);

    kit_say("%s: peer %s, sent chain %d, verified chain %d, result %ld", who, x != NULL ? "set" : "NULL", sent != NULL ? sk_X509_num(sent) : -1,
            good != NULL ? sk_X509_num(good) : -1, SSL_get_verify_result(ssl));
}

void kit_verified(SSL_CTX *c, SSL_CTX *s, const char *host)
{
    kit_pair p;

    kit_pair_new(&p, c, s, 0);
    if (host != NULL)
        SHOW(SSL_set1_host(p.c, host));
    kit_shake_say(&p);
    kit_chain_of("client", p.c);
    kit_chain_of("server", p.s);
    if (host != NULL)
        STR(SSL_get0_peername(p.c));
    kit_pair_free(&p);
}
