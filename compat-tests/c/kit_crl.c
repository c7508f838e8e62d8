#include "kit_crl.h"

X509_CRL *kit_crl(const char *issuer, const char *signer, int how, const char *const *revoked)
{
    X509_CRL *crl = X509_CRL_new();
    X509 *ca = kit_cert(issuer);
    EVP_PKEY *key = kit_key(signer);
    ASN1_TIME *t = ASN1_TIME_new();
    X509V3_CTX v3;

    if (how & ZERO)
        X509_CRL_set_version(crl, 0); /* as it should not be written */
    else if (!(how & V1))
        X509_CRL_set_version(crl, 1);
    X509_CRL_set_issuer_name(crl, X509_get_subject_name(ca));
    X509_gmtime_adj(t, how & FUTURE ? 86400 : how & NEWER ? -2 * 86400 : -3 * 86400);
    X509_CRL_set1_lastUpdate(crl, t);
    X509_gmtime_adj(t, how & EXPIRED ? -86400 : 2 * 86400);
    if (!(how & ENDLESS))
        X509_CRL_set1_nextUpdate(crl, t);
    for (; revoked != NULL && *revoked != NULL; revoked++) {
        X509_REVOKED *r = X509_REVOKED_new();
        X509 *x = kit_cert(*revoked);

        X509_REVOKED_set_serialNumber(r, X509_get_serialNumber(x));
        X509_gmtime_adj(t, -86400);
        X509_REVOKED_set_revocationDate(r, t);
        if (how & REMOVED) {
            ASN1_ENUMERATED *reason = ASN1_ENUMERATED_new();

            ASN1_ENUMERATED_set(reason, CRL_REASON_REMOVE_FROM_CRL);
            X509_REVOKED_add1_ext_i2d(r, NID_crl_reason, reason, 0, 0);
            ASN1_ENUMERATED_free(reason);
        }
        X509_CRL_add0_revoked(crl, r);
        X509_free(x);
    }
    X509V3_set_ctx(&v3, ca, NULL, NULL, crl, 0);
    if (!(how & V1)) {
        static const struct { int flag, nid; const char *value; } add[] = {
            { ~0, NID_authority_key_identifier, "keyid" },
            { DELTA, NID_delta_crl, "critical,ASN1:INTEGER:1" },
            { ATTRIBUTES, NID_issuing_distribution_point, "critical,onlyAA" },
            { CAS, NID_issuing_distribution_point, "critical,onlyCA" },
            { USERS, NID_issuing_distribution_point, "critical,onlyuser" },
        };
        size_t i;

        for (i = 0; i < COUNT(add); i++) {
            X509_EXTENSION *e;

            if (add[i].flag != ~0 && !(how & add[i].flag))
                continue;
            e = X509V3_EXT_conf_nid(NULL, &v3, add[i].nid, add[i].value);
            ERR_clear_error();
            if (e == NULL) { /* no configuration for this one: from its DER */
                static const unsigned char one[] = { 0x02, 0x01, 0x01 };
                ASN1_OCTET_STRING *o = ASN1_OCTET_STRING_new();
                unsigned char flag[] = { 0x30, 0x03, 0x80, 0x01, 0xff };

                if (add[i].flag == DELTA) {
                    ASN1_OCTET_STRING_set(o, one, sizeof(one));
                } else {
                    MUST(add[i].nid == NID_issuing_distribution_point);
                    flag[2] = add[i].flag == USERS ? 0x81 : add[i].flag == CAS ? 0x82 : 0x85;
                    ASN1_OCTET_STRING_set(o, flag, sizeof(flag));
                }
                e = X509_EXTENSION_create_by_NID(NULL, add[i].nid, 1, o);
                ASN1_OCTET_STRING_free(o);
            }
            MUST(e != NULL && X509_CRL_add_ext(crl, e, -1));
            X509_EXTENSION_free(e);
        }
        if (how & CRITICAL) {
            static const unsigned char null[] = { 0x05, 0x00 };
            ASN1_OBJECT *oid = OBJ_txt2obj("1.2.3.4.5", 1);
            ASN1_OCTET_STRING *o = ASN1_OCTET_STRING_new();
            X509_EXTENSION *e;

            ASN1_OCTET_STRING_set(o, null, sizeof(null));
            e = X509_EXTENSION_create_by_OBJ(NULL, oid, 1, o);
            MUST(X509_CRL_add_ext(crl, e, -1));
            X509_EXTENSION_free(e);
            ASN1_OCTET_STRING_free(o);
            ASN1_OBJECT_free(oid);
        }
    }
    X509_CRL_sort(crl);
    MUST(X509_CRL_sign(crl, key, EVP_sha256()) > 0);
    { /* as read from a file: what extensions say is taken from them when a list is parsed */
        unsigned char *der = NULL;
        const unsigned char *at;
        int n = i2d_X509_CRL(crl, &der);

        X509_CRL_free(crl);
        at = der;
        MUST((crl = d2i_X509_CRL(NULL, &at, n)) != NULL);
        OPENSSL_free(der);
    }
    ASN1_TIME_free(t);
    X509_free(ca);
    EVP_PKEY_free(key);
    return crl;
}

void kit_add_crl(SSL_CTX *c, const char *issuer, const char *signer, int how, const char *const *revoked)
{
    X509_CRL *crl = kit_crl(issuer, signer, how, revoked);

    MUST(X509_STORE_add_crl(SSL_CTX_get_cert_store(c), crl));
    X509_CRL_free(crl);
}
