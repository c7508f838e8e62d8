/*
 * Hashed directories of an X509_STORE: what lies in them, who added them, what changes while they are used.
 */
#include "kit_asked.h"
#include "kit_crl.h"

#include <sys/stat.h>
#include <unistd.h>

static const char *const leaf[] = { "server-ec", NULL };

static SSL_CTX *with_dir(const char *dir)
{
    SSL_CTX *c = SSL_CTX_new(TLS_client_method());

    SHOW(SSL_CTX_load_verify_dir(c, dir));
    return c;
}

static void path_of(char *path, size_t size, const char *dir, const char *cert, const char *suffix)
{
    X509 *x = kit_cert(cert);

    snprintf(path, size, "%s/%08lx.%s", dir, X509_NAME_hash_ex(X509_get_subject_name(x), NULL, NULL, NULL), suffix);
    X509_free(x);
}

/* puts text under the name of a fixture */
static void as(const char *dir, const char *cert, const char *suffix, const char *text, size_t len)
{
    char path[300];
    FILE *f;

    path_of(path, sizeof(path), dir, cert, suffix);
    f = fopen(path, "w");
    MUST(f != NULL && fwrite(text, 1, len, f) == len);
    fclose(f);
}

static void link_as(const char *dir, const char *cert, const char *suffix, const char *to)
{
    char path[300];

    path_of(path, sizeof(path), dir, cert, suffix);
    unlink(path);
    MUST(symlink(to, path) == 0);
}

static void gone(const char *dir, const char *cert, const char *suffix)
{
    char path[300];

    path_of(path, sizeof(path), dir, cert, suffix);
    MUST(unlink(path) == 0);
}

/* What rehash makes: links. */
static void links(void)
{
    SSL_CTX *s = kit_server("server-ec"), *c;

    MUST(mkdir("links", 0700) == 0);
    link_as("links", "ca", "0", kit_file("ca.pem"));
    c = with_dir("links");
    kit_asked("a link", c, s);
    SSL_CTX_free(c);
    link_as("links", "ca", "0", "nosuch.pem");
    link_as("links", "ca", "1", kit_file("ca.pem"));
    c = with_dir("links");
    kit_asked("a link to nothing, a good one behind it", c, s);
    MUST(symlink(kit_file("ca.pem"), "links/nosuch.pem") == 0);
    kit_asked("the link leads somewhere now", c, s);
    SSL_CTX_free(c);
    link_as("links", "ca", "0", "links");
    c = with_dir("links");
    kit_asked("a link to itself", c, s);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static void one_hash(void)
{
    SSL_CTX *s = kit_server("server-ec"), *c;

    MUST(mkdir("one", 0700) == 0);
    kit_hashed("one", "expired-ca", "0", 0);
    kit_hashed("one", "ca", "1", 0);
    c = with_dir("one");
    kit_asked("an expired one, and the one", c, s);
    SSL_CTX_free(c);
    kit_hashed("one", "ca", "0", 0);
    c = with_dir("one");
    kit_asked("the same twice", c, s);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

/* Files that are not one certificate in PEM. */
static void some_contents(size_t from, size_t to)
{
    static const char rubbish[] = "rubbish\n", begun[] = "-----BEGIN CERTIFICATE-----\nMIIB\n", nul[] = "a\0b\n";
    static const char other_block[] = "-----BEGIN THING-----\nAAAA\n-----END THING-----\n";
    size_t n, n_other, n_key, n_both, i, w;
    char *pem = kit_slurp(kit_file("ca.pem"), &n), *other = kit_slurp(kit_file("otherca.pem"), &n_other), *key = kit_slurp(kit_file("ca.key"), &n_key);
    char *both = malloc(2 * (n + n_other + n_key) + 1000), *p;
    X509 *ca = kit_cert("ca");
    unsigned char *der = NULL;
    int n_der = i2d_X509(ca, &der);
    SSL_CTX *s = kit_server("server-ec"), *c;

    mkdir("contents", 0700);
    for (i = from; i < to; i++) {
        static const char *const labels[] = {
            "rubbish", "nothing", "a key", "DER", "another root's certificate", "another root's before it", "another root's behind it", "text before it",
            "ends of lines as on Windows", "the old name of the header", "cut off", "rubbish behind it", "a key before it", "a key behind it",
            "a block of another kind before it", "no end of the last line", "a byte missing", "a byte wrong", "one long line", "spaces at the ends of lines",
            "a NUL before it", "a list in it",
        };

        p = both;
#define PUT(what, len) (memcpy(p, what, len), p += (len))
        switch (i) {
        case 0: PUT(rubbish, sizeof(rubbish) - 1); break;
        case 1: break;
        case 2: PUT(key, n_key); break;
        case 3: PUT(der, (size_t)n_der); break;
        case 4: PUT(other, n_other); break;
        case 5: PUT(other, n_other); PUT(pem, n); break;
        case 6: PUT(pem, n); PUT(other, n_other); break;
        case 7: PUT(rubbish, sizeof(rubbish) - 1); PUT(pem, n); break;
        case 8: for (w = 0; w < n; w++) { if (pem[w] == '\n') PUT("\r", 1); PUT(pem + w, 1); } break;
        case 9: {
            char *x = strstr(pem, "-----END CERTIFICATE-----");

            PUT("-----BEGIN X509 CERTIFICATE-----", 32);
            PUT(pem + 27, (size_t)(x - pem) - 27);
            PUT("-----END X509 CERTIFICATE-----\n", 31);
            break;
        }
        case 10: PUT(begun, sizeof(begun) - 1); break;
        case 11: PUT(pem, n); PUT(rubbish, sizeof(rubbish) - 1); break;
        case 12: PUT(key, n_key); PUT(pem, n); break;
        case 13: PUT(pem, n); PUT(key, n_key); break;
        case 14: PUT(other_block, sizeof(other_block) - 1); PUT(pem, n); break;
        case 15: PUT(pem, n - 1); break;
        case 16: PUT(pem, 40); PUT(pem + 41, n - 41); break;
        case 17: PUT(pem, n); both[60] = '*'; break;
        case 18: for (w = 0; w < n; w++) if (pem[w] != '\n' || w < 30 || w > n - 30) PUT(pem + w, 1); break;
        case 19: for (w = 0; w < n; w++) { if (pem[w] == '\n') PUT("  ", 2); PUT(pem + w, 1); } break;
        case 20: PUT(nul, sizeof(nul) - 1); PUT(pem, n); break;
        case 21: {
            X509_CRL *crl = kit_crl("ca", "ca", 0, NULL);
            BIO *b = BIO_new(BIO_s_mem());
            char *list;

            MUST(PEM_write_bio_X509_CRL(b, crl));
            n_both = (size_t)BIO_get_mem_data(b, &list);
            PUT(list, n_both);
            PUT(pem, n);
            BIO_free(b);
            X509_CRL_free(crl);
            break;
        }
        }
        as("contents", "ca", "0", both, (size_t)(p - both));
        c = with_dir("contents");
        kit_asked(labels[i], c, s);
        SSL_CTX_free(c);
    }
    SSL_CTX_free(s);
    OPENSSL_free(der);
    X509_free(ca);
    free(pem);
    free(other);
    free(key);
    free(both);
}

static void contents(void)
{
    some_contents(0, 8);
}

static void more_contents(void)
{
    some_contents(8, 15);
}

static void odd_contents(void)
{
    some_contents(15, 22);
}

/* What is wrong under the first number, and right under the next. */
static void behind(void)
{
    static const char rubbish[] = "rubbish\n";
    SSL_CTX *s = kit_server("server-ec"), *c;

    MUST(mkdir("behind", 0700) == 0);
    as("behind", "ca", "0", rubbish, sizeof(rubbish) - 1);
    kit_hashed("behind", "ca", "1", 0);
    c = with_dir("behind");
    kit_asked("rubbish, a good one behind it", c, s);
    kit_hashed("behind", "ca", "0", 0);
    kit_asked("and mended", c, s);
    SSL_CTX_free(c);
    gone("behind", "ca", "0");
    MUST(mkdir("behind/d", 0700) == 0);
    link_as("behind", "ca", "0", "d");
    c = with_dir("behind");
    kit_asked("a directory in its place", c, s);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

/* What changes between two connections. */
static void later(void)
{
    SSL_CTX *s = kit_server("server-ec"), *c = with_dir("later");

    kit_asked("no directory yet", c, s);
    MUST(mkdir("later", 0700) == 0);
    kit_asked("an empty one", c, s);
    kit_hashed("later", "otherca", "0", 0);
    kit_asked("another root", c, s);
    kit_hashed("later", "ca", "0", 0);
    kit_asked("the root", c, s);
    gone("later", "ca", "0");
    kit_asked("taken out again", c, s);
    SSL_CTX_free(c);
    c = with_dir("later");
    kit_asked("another context", c, s);
    kit_hashed("later", "int", "0", 0);
    kit_asked("an intermediate one only", c, s);
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(c), X509_V_FLAG_PARTIAL_CHAIN);
    kit_asked("which is enough", c, s);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static void unreadable(void)
{
    SSL_CTX *s = kit_server("server-ec"), *c;
    int root = getuid() == 0;

    MUST(mkdir("shut", 0700) == 0 && mkdir("file", 0711) == 0 && mkdir("blind", 0711) == 0 && chmod(".", 0711) == 0);
    kit_hashed("shut", "ca", "0", 0);
    kit_hashed("file", "ca", "0", 0);
    kit_hashed("blind", "ca", "0", 0);
    MUST(chmod("blind", 0111) == 0);
    if (root)
        MUST(seteuid(65534) == 0);
    c = with_dir("blind");
    kit_asked("a directory that cannot be listed", c, s);
    SSL_CTX_free(c);
    if (root)
        MUST(seteuid(0) == 0);
    MUST(chmod("shut", 0) == 0);
    {
        char path[300];

        path_of(path, sizeof(path), "file", "ca", "0");
        MUST(chmod(path, 0) == 0);
    }
    if (root)
        MUST(seteuid(65534) == 0);
    c = with_dir("shut");
    kit_asked("a directory that cannot be read", c, s);
    SSL_CTX_free(c);
    c = with_dir("file");
    kit_asked("a file that cannot be read", c, s);
    if (root)
        MUST(seteuid(0) == 0);
    else
        MUST(chmod("shut", 0700) == 0);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static void several(void)
{
    static const char *const dirs[] = { "a:b", "b:a", "a:a:b", ":a:b:", "nosuch:b", "a:nosuch", "" };
    SSL_CTX *s = kit_server("server-ec"), *c;
    size_t i;

    MUST(mkdir("a", 0700) == 0 && mkdir("b", 0700) == 0);
    kit_hashed("a", "otherca", "0", 0);
    kit_hashed("b", "ca", "0", 0);
    for (i = 0; i < COUNT(dirs); i++) {
        c = with_dir(dirs[i]);
        kit_asked(dirs[i], c, s);
        SSL_CTX_free(c);
    }
    kit_hashed("a", "expired-ca", "0", 0);
    c = with_dir("a:b");
    kit_asked("an expired one in the first", c, s);
    SSL_CTX_free(c);
    c = with_dir("a");
    kit_asked("the first", c, s);
    SHOW(SSL_CTX_load_verify_dir(c, "b"));
    kit_asked("the second added", c, s);
    SSL_CTX_free(c);
    c = with_dir("nosuch");
    kit_asked("none", c, s);
    SHOW(SSL_CTX_load_verify_dir(c, "b"));
    kit_asked("one added", c, s);
    kit_trust(c, "otherca");
    kit_asked("a root added", c, s);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

/* Ways to the store that do not lead through libssl. */
static int foreign_calls;

static int foreign(X509_LOOKUP *l, X509_LOOKUP_TYPE type, const X509_NAME *name, X509_OBJECT *ret)
{
    X509 *x = kit_cert("ca");
    int ok = 0;

    foreign_calls = 1;
    if (type == X509_LU_X509 && X509_NAME_cmp(name, X509_get_subject_name(x)) == 0 && X509_STORE_add_cert(X509_LOOKUP_get_store(l), x)) {
        X509_OBJECT_set1_X509(ret, x);
        X509_free(x); /* as libcrypto's own methods: the caller takes a reference */
        ok = 1;
    }
    X509_free(x);
    return ok;
}

static void by_hand(void)
{
    X509_LOOKUP_METHOD *own;
    SSL_CTX *s = kit_server("server-ec"), *c;
    X509_LOOKUP *l;
    X509 *ca = kit_cert("ca");
    X509_STORE *store;
    unsigned char *der = NULL;
    int n = i2d_X509(ca, &der);

    MUST(mkdir("hand", 0700) == 0 && mkdir("ders", 0700) == 0);
    kit_hashed("hand", "ca", "0", 0);
    as("ders", "ca", "0", (char *)der, (size_t)n);
    c = SSL_CTX_new(TLS_client_method());
    SHOW(X509_STORE_load_path(SSL_CTX_get_cert_store(c), "hand"));
    kit_asked("X509_STORE_load_path", c, s);
    SSL_CTX_free(c);
    c = SSL_CTX_new(TLS_client_method());
    SHOW(X509_STORE_load_locations(SSL_CTX_get_cert_store(c), kit_file("otherca.pem"), "hand"));
    kit_asked("X509_STORE_load_locations", c, s);
    SSL_CTX_free(c);
    c = SSL_CTX_new(TLS_client_method());
    PTR(l = X509_STORE_add_lookup(SSL_CTX_get_cert_store(c), X509_LOOKUP_hash_dir()));
    kit_asked("no directory", c, s);
    SHOW(X509_LOOKUP_add_dir(l, "hand", X509_FILETYPE_PEM));
    kit_asked("X509_LOOKUP_add_dir", c, s);
    SSL_CTX_free(c);
    c = SSL_CTX_new(TLS_client_method());
    PTR(l = X509_STORE_add_lookup(SSL_CTX_get_cert_store(c), X509_LOOKUP_hash_dir()));
    SHOW(X509_LOOKUP_add_dir(l, "ders", X509_FILETYPE_ASN1));
    kit_asked("a directory of DER", c, s);
    SSL_CTX_free(c);
    c = with_dir("ders");
    kit_asked("said to be of PEM", c, s);
    SSL_CTX_free(c);
    MUST((own = X509_LOOKUP_meth_new("own")) != NULL && X509_LOOKUP_meth_set_get_by_subject(own, foreign));
    c = with_dir("ders");
    PTR(X509_STORE_add_lookup(SSL_CTX_get_cert_store(c), own));
    kit_asked("a lookup of the program's own", c, s);
    SHOW(foreign_calls);
    SSL_CTX_free(c);
    X509_LOOKUP_meth_free(own);
    c = SSL_CTX_new(TLS_client_method());
    SHOW(SSL_CTX_load_verify_store(c, "hand"));
    kit_asked("SSL_CTX_load_verify_store", c, s);
    SSL_CTX_free(c);
    c = SSL_CTX_new(TLS_client_method());
    SHOW(SSL_CTX_load_verify_store(c, kit_file("ca.pem")));
    kit_asked("of a file", c, s);
    SSL_CTX_free(c);
    store = X509_STORE_new();
    SHOW(X509_STORE_load_path(store, "hand"));
    c = SSL_CTX_new(TLS_client_method());
    SHOW(SSL_CTX_set1_verify_cert_store(c, store));
    kit_asked("SSL_CTX_set1_verify_cert_store", c, s);
    SSL_CTX_free(c);
    c = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set1_cert_store(c, store);
    kit_asked("the store of two contexts", c, s);
    SHOW(sk_X509_OBJECT_num(X509_STORE_get0_objects(store)));
    SSL_CTX_free(c);
    X509_STORE_free(store);
    SSL_CTX_free(s);
    X509_free(ca);
    OPENSSL_free(der);
}

static SSL_CTX *with_lists(const char *dir)
{
    SSL_CTX *c = with_dir(dir);

    X509_STORE_set_flags(SSL_CTX_get_cert_store(c), X509_V_FLAG_CRL_CHECK);
    return c;
}

static void lists(void)
{
    SSL_CTX *s = kit_server("server-ec"), *c;

    MUST(mkdir("l", 0700) == 0 && mkdir("m", 0700) == 0);
    kit_hashed("l", "ca", "0", 0);
    c = with_lists("l:m");
    kit_asked("no list", c, s);
    kit_hashed_list("m", "int", "r0", 0, NULL);
    kit_asked("a list in the second", c, s);
    kit_hashed_list("l", "int", "r0", ENDLESS | NEWER, leaf);
    kit_asked("a newer one in the first", c, s);
    SSL_CTX_free(c);
    c = with_lists("l:m");
    kit_asked("the first's only", c, s);
    kit_hashed_list("l", "int", "r0", 0, NULL);
    kit_asked("replaced, which nobody sees", c, s);
    SSL_CTX_free(c);
    c = with_lists("l");
    kit_asked("seen by another context", c, s);
    kit_hashed_list("l", "int", "r2", ENDLESS | NEWER, leaf);
    kit_asked("a number left out", c, s);
    as("l", "int", "r1", "rubbish\n", 8);
    kit_asked("rubbish as that number", c, s);
    kit_hashed_list("l", "int", "r1", EXPIRED, NULL);
    kit_asked("mended: both count", c, s);
    gone("l", "int", "r0");
    gone("l", "int", "r1");
    kit_asked("taken out again", c, s);
    X509_STORE_set_flags(SSL_CTX_get_cert_store(c), X509_V_FLAG_CRL_CHECK_ALL);
    kit_asked("of all", c, s);
    kit_hashed_list("l", "ca", "r0", 0, NULL);
    kit_asked("of all, the root's there", c, s);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static void defaults(void)
{
    static const struct { const char *label, *dir, *suffix; } rows[] = {
        { "the root", "d0", "0" }, { "a number left out", "d1", "1" }, { "a high number", "d2", "17" }, { "no number", "d3", "x" }, { "a list's name", "d4", "r0" },
    };
    SSL_CTX *s = kit_server("server-ec"), *c;
    size_t i;

    MUST(setenv("SSL_CERT_FILE", "nosuch.pem", 1) == 0);
    for (i = 0; i < COUNT(rows); i++) {
        MUST(mkdir(rows[i].dir, 0700) == 0 && setenv("SSL_CERT_DIR", rows[i].dir, 1) == 0);
        kit_hashed(rows[i].dir, "ca", rows[i].suffix, 0);
        c = SSL_CTX_new(TLS_client_method());
        SHOW(SSL_CTX_set_default_verify_paths(c));
        kit_asked(rows[i].label, c, s);
        SSL_CTX_free(c);
    }
    MUST(setenv("SSL_CERT_DIR", "nosuch", 1) == 0);
    c = SSL_CTX_new(TLS_client_method());
    SHOW(SSL_CTX_set_default_verify_paths(c));
    kit_asked("no directory", c, s);
    MUST(mkdir("nosuch", 0700) == 0);
    kit_asked("an empty one", c, s);
    kit_hashed("nosuch", "ca", "3", 0);
    kit_asked("the root as .3", c, s);
    SSL_CTX_free(c);
    MUST(setenv("SSL_CERT_DIR", "d3:d0", 1) == 0);
    c = SSL_CTX_new(TLS_client_method());
    SHOW(SSL_CTX_set_default_verify_paths(c));
    kit_asked("two directories", c, s);
    SSL_CTX_free(c);
    MUST(setenv("SSL_CERT_DIR", "d3", 1) == 0 && setenv("SSL_CERT_FILE", kit_file("ca.pem"), 1) == 0);
    c = SSL_CTX_new(TLS_client_method());
    SHOW(SSL_CTX_set_default_verify_paths(c));
    kit_asked("a file beside it", c, s);
    SSL_CTX_free(c);
    c = SSL_CTX_new(TLS_client_method());
    SHOW(X509_STORE_set_default_paths(SSL_CTX_get_cert_store(c)));
    kit_asked("X509_STORE_set_default_paths", c, s);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static const kit_case cases[] = {
    CASE(links), CASE(one_hash), CASE(contents), CASE(more_contents), CASE(odd_contents), CASE(behind),
    CASE(later), CASE(unreadable), CASE(several), CASE(by_hand), CASE(lists), CASE(defaults),
};
KIT_MAIN(cases)
