/* Lists of CA names from files, directories and stores, and those that an SSL_CTX and an SSL hold. */
#include "kit.h"
#include <sys/stat.h>
#include <unistd.h>

static void say_names(const char *what, const STACK_OF(X509_NAME) *names)
{
    int i;

    if (names == NULL) {
        kit_say("%s: NULL", what);
        return;
    }
    kit_say("%s: %d names", what, sk_X509_NAME_num(names));
    for (i = 0; i < sk_X509_NAME_num(names); i++) {
        char line[200];

        X509_NAME_oneline(sk_X509_NAME_value(names, i), line, sizeof(line));
        kit_say("  %s", line);
    }
}

static void free_names(STACK_OF(X509_NAME) *names)
{
    sk_X509_NAME_pop_free(names, X509_NAME_free);
}

/* put writes the certificates named after path, one behind the other, into a file. */
static void put(const char *path, const char *const *names)
{
    FILE *f = fopen(path, "w");

    MUST(f);
    for (; *names != NULL; names++) {
        X509 *x = kit_cert(*names);

        MUST(PEM_write_X509(f, x));
        X509_free(x);
    }
    fclose(f);
}

static char dir[] = "/tmp/calistXXXXXX", many[64], one[64], empty[64];

static void make_files(void)
{
    static const char *const all[] = { "server-rsa", "ca", "server-ec", "ca", "server-ec", NULL };
    static const char *const first[] = { "ca", NULL };
    static const char *const no[] = { NULL };

    MUST(mkdtemp(dir));
    snprintf(many, sizeof(many), "%s/many.pem", dir);
    snprintf(one, sizeof(one), "%s/one.pem", dir);
    snprintf(empty, sizeof(empty), "%s/empty.pem", dir);
    put(many, all);
    put(one, first);
    put(empty, no);
}

static void remove_files(void)
{
    unlink(many);
    unlink(one);
    unlink(empty);
    rmdir(dir);
    memcpy(dir + sizeof(dir) - 7, "XXXXXX", 6);
}

static void file(void)
{
    STACK_OF(X509_NAME) *names;

    make_files();
    say_names("many", names = SSL_load_client_CA_file(many));
    kit_queue();
    free_names(names);
    say_names("one", names = SSL_load_client_CA_file_ex(one, NULL, NULL));
    kit_queue();
    free_names(names);
    say_names("empty", SSL_load_client_CA_file(empty));
    kit_queue();
    PTR(SSL_load_client_CA_file("/nonexistent/ca.pem"));
    PTR(SSL_load_client_CA_file("/"));
    remove_files();
}

static void add_file(void)
{
    STACK_OF(X509_NAME) *names = sk_X509_NAME_new_null();

    make_files();
    SHOW(SSL_add_file_cert_subjects_to_stack(names, one));
    say_names("one", names);
    SHOW(SSL_add_file_cert_subjects_to_stack(names, many));
    say_names("and many", names);
    SHOW(SSL_add_file_cert_subjects_to_stack(names, many));
    SHOW(SSL_add_file_cert_subjects_to_stack(names, empty));
    say_names("again", names);
    SHOW(SSL_add_file_cert_subjects_to_stack(names, "/nonexistent/ca.pem"));
    free_names(names);
    remove_files();
}

static void add_directory(void)
{
    STACK_OF(X509_NAME) *names = sk_X509_NAME_new_null();
    char inner[80], longer[1100];
    size_t n;

    make_files();
    SHOW(SSL_add_dir_cert_subjects_to_stack(names, dir));
    SHOW(sk_X509_NAME_num(names));
    snprintf(inner, sizeof(inner), "%s/inner", dir);
    MUST(mkdir(inner, 0700) == 0);
    SHOW(SSL_add_dir_cert_subjects_to_stack(names, dir));
    rmdir(inner);
    SHOW(SSL_add_dir_cert_subjects_to_stack(names, "/nonexistent"));
    n = (size_t)snprintf(longer, sizeof(longer), "%s", dir);
    memset(longer + n, '/', 1000 - n);
    longer[1000] = 0;
    SHOW(SSL_add_dir_cert_subjects_to_stack(names, longer));
    memset(longer + n, '/', 1020 - n);
    longer[1020] = 0;
    SHOW(SSL_add_dir_cert_subjects_to_stack(names, longer));
    free_names(names);
    remove_files();
}

static void add_store(void)
{
    STACK_OF(X509_NAME) *names = sk_X509_NAME_new_null();

    make_files();
    SHOW(SSL_add_store_cert_subjects_to_stack(names, one));
    say_names("one", names);
    SHOW(SSL_add_store_cert_subjects_to_stack(names, many));
    say_names("many", names);
    SHOW(SSL_add_store_cert_subjects_to_stack(names, dir));
    SHOW(sk_X509_NAME_num(names));
    SHOW(SSL_add_store_cert_subjects_to_stack(names, "/nonexistent"));
    free_names(names);
    remove_files();
}

static void duplicate(void)
{
    STACK_OF(X509_NAME) *names, *copy;

    make_files();
    names = SSL_load_client_CA_file(many);
    copy = SSL_dup_CA_list(names);
    free_names(names);
    say_names("copy", copy);
    free_names(copy);
    names = sk_X509_NAME_new_null();
    say_names("of none", copy = SSL_dup_CA_list(names));
    free_names(copy);
    free_names(names);
    kit_queue();
    remove_files();
}

static void held(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    STACK_OF(X509_NAME) *names;
    X509 *ca = kit_cert("ca"), *other = kit_cert("server-ec");
    SSL *s;

    make_files();
    say_names("new context", SSL_CTX_get_client_CA_list(ctx));
    say_names("new context, own", SSL_CTX_get0_CA_list(ctx));
    SSL_CTX_set_client_CA_list(ctx, names = SSL_load_client_CA_file(many));
    SHOW(SSL_CTX_get_client_CA_list(ctx) == names);
    s = SSL_new(ctx);
    say_names("connection", SSL_get_client_CA_list(s));
    say_names("connection, own", SSL_get0_CA_list(s));
    say_names("connection, peer's", SSL_get0_peer_CA_list(s));
    SHOW(SSL_add_client_CA(s, ca));
    say_names("connection with one more", SSL_get_client_CA_list(s));
    say_names("context still", SSL_CTX_get_client_CA_list(ctx));
    SHOW(SSL_CTX_add_client_CA(ctx, other));
    say_names("context with one more", SSL_CTX_get_client_CA_list(ctx));
    SHOW(SSL_CTX_add1_to_CA_list(ctx, ca));
    say_names("context, own", SSL_CTX_get0_CA_list(ctx));
    SHOW(SSL_add1_to_CA_list(s, other));
    say_names("connection, own", SSL_get0_CA_list(s));
    SSL_set0_CA_list(s, NULL);
    say_names("connection, own again the context's", SSL_get0_CA_list(s));
    SSL_set_client_CA_list(s, sk_X509_NAME_new_null());
    say_names("connection, none", SSL_get_client_CA_list(s));
    SHOW(SSL_CTX_add_client_CA(ctx, NULL));
    kit_queue();
    SSL_free(s);
    SSL_CTX_free(ctx);
    X509_free(ca);
    X509_free(other);
    remove_files();
}

static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

static void asked_for(void)
{
    /* what a server asks for and what the client sees */
    size_t v;

    for (v = 0; v < COUNT(versions); v++) {
        SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
        X509 *x = kit_cert("otherca");
        STACK_OF(X509_NAME) *names;
        kit_pair p;

        kit_version(c, versions[v]);
        kit_trust(s, "ca");
        SSL_CTX_set_verify(s, SSL_VERIFY_PEER, NULL);
        names = SSL_load_client_CA_file(kit_file("ca.pem"));
        kit_say("loaded %d", sk_X509_NAME_num(names));
        SSL_CTX_set_client_CA_list(s, names);
        SHOW(SSL_CTX_add_client_CA(s, x));
        SHOW(sk_X509_NAME_num(SSL_CTX_get_client_CA_list(s)));
        kit_pair_new(&p, c, s, 0);
        PTR(SSL_get_client_CA_list(p.c));
        SHOW(sk_X509_NAME_num(SSL_get_client_CA_list(p.s)));
        kit_shake_say(&p);
        names = SSL_get_client_CA_list(p.c);
        kit_say("the client sees %d", sk_X509_NAME_num(names));
        if (sk_X509_NAME_num(names) > 1)
            kit_say("in order: %d", X509_NAME_cmp(sk_X509_NAME_value(names, 1), X509_get_subject_name(x)) == 0);
        {
            const STACK_OF(X509_NAME) *peer = SSL_get0_peer_CA_list(p.c);

            kit_say("peer's list %d", peer != NULL ? sk_X509_NAME_num(peer) : -1);
        }
        kit_pair_free(&p);
        X509_free(x);
        SSL_CTX_free(c);
        SSL_CTX_free(s);
    }
    PTR(SSL_load_client_CA_file(kit_file("nosuch.pem")));
}

static void lists_of_both(void)
{
    X509 *x = kit_cert("ca");
    SSL_CTX *ctx = kit_server("server-ec");
    SSL *ssl = SSL_new(ctx);

    PTR(SSL_CTX_get_client_CA_list(ctx));
    PTR(SSL_CTX_get0_CA_list(ctx));
    SHOW(SSL_CTX_add1_to_CA_list(ctx, x));
    SHOW(sk_X509_NAME_num(SSL_CTX_get0_CA_list(ctx)));
    SHOW(SSL_add_client_CA(ssl, x));
    SHOW(sk_X509_NAME_num(SSL_get_client_CA_list(ssl)));
    SHOW(SSL_add1_to_CA_list(ssl, x));
    SHOW(sk_X509_NAME_num(SSL_get0_CA_list(ssl)));
    SHOW(SSL_CTX_add_client_CA(ctx, NULL));
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    X509_free(x);
}

/* What a server has asked for is known in TLS 1.3 before its certificate is refused, in TLS 1.2 not. */
static void asked_by_a_refused_server(void)
{
    int version;

    for (version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
        SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
        kit_pair p;

        kit_version(c, version);
        SSL_CTX_set_verify(c, SSL_VERIFY_PEER, NULL);
        SSL_CTX_set_verify(s, SSL_VERIFY_PEER, NULL);
        SSL_CTX_set_client_CA_list(s, SSL_load_client_CA_file(many));
        kit_pair_new(&p, c, s, 0);
        kit_shake_say(&p);
        kit_say("%s", kit_version_name(version));
        say_names("peer", SSL_get0_peer_CA_list(p.c));
        say_names("client", SSL_get_client_CA_list(p.c));
        kit_say("signature algorithms: %s", SSL_get_sigalgs(p.c, 0, NULL, NULL, NULL, NULL, NULL) > 0 ? "some" : "none");
        kit_say("shared: %s", SSL_get_shared_sigalgs(p.c, 0, NULL, NULL, NULL, NULL, NULL) > 0 ? "some" : "none");
        kit_pair_free(&p);
        SSL_CTX_free(c);
        SSL_CTX_free(s);
    }
}

static const kit_case cases[] = {
    CASE(asked_for), CASE(asked_by_a_refused_server), CASE(lists_of_both), CASE(file), CASE(add_file), CASE(add_directory), CASE(add_store), CASE(duplicate), CASE(held),
};

KIT_MAIN(cases)
