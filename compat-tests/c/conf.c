/* SSL_CONF_cmd: names, values, errors, and what the settings did. */
#include "kit.h"

#include <openssl/conf.h>
#include <sys/stat.h>

static const struct {
    const char *name, *value;
} commands[] = {
    { "Protocol", "TLSv1.2" }, { "Protocol", "-TLSv1.3" }, { "Protocol", "ALL,-TLSv1.2" }, { "Protocol", "NOSUCH" }, { "Protocol", "" },
    { "Protocol", NULL }, { "MinProtocol", "TLSv1.2" }, { "MinProtocol", "TLSv1.3" }, { "MinProtocol", "None" }, { "MinProtocol", "NOSUCH" },
    { "MaxProtocol", "TLSv1.2" }, { "MaxProtocol", "DTLSv1.2" }, { "MaxProtocol", "" }, { "CipherString", "ECDHE+AESGCM" },
    { "CipherString", "NOSUCH" }, { "Ciphersuites", "TLS_AES_128_GCM_SHA256" }, { "Ciphersuites", "NOSUCH" }, { "Curves", "P-256" },
    { "Curves", "NOSUCH" }, { "Groups", "X25519:P-256" }, { "Groups", "NOSUCH" }, { "SignatureAlgorithms", "ECDSA+SHA256" },
    { "SignatureAlgorithms", "NOSUCH" }, { "ClientSignatureAlgorithms", "RSA+SHA256" }, { "Options", "-SessionTicket" },
    { "Options", "ServerPreference" }, { "Options", "PrioritizeChaCha,-AntiReplay" }, { "Options", "NoResumptionOnRenegotiation" },
    { "Options", "NOSUCH" }, { "Options", "MiddleboxCompat" }, { "Options", "-MiddleboxCompat" }, { "Options", "NoRenegotiation" },
    { "Options", "Bugs,-EncryptThenMac" }, { "Options", "IgnoreUnexpectedEOF" }, { "Options", "KTLS" }, { "VerifyMode", "Peer" },
    { "VerifyMode", "Request" }, { "VerifyMode", "Require" }, { "VerifyMode", "Once" }, { "VerifyMode", "RequestPostHandshake" },
    { "VerifyMode", "RequirePostHandshake" }, { "VerifyMode", "NOSUCH" }, { "NumTickets", "4" }, { "NumTickets", "-1" },
    { "NumTickets", "x" }, { "RecordPadding", "512" }, { "RecordPadding", "20000" }, { "NOSUCH", "x" }, { "cipherstring", "ECDHE+AESGCM" },
    { "CIPHERSTRING", "ECDHE+AESGCM" }, { "-cipher", "ECDHE" }, { "ECDHParameters", "P-256" }, { "DHParameters", "/nonexistent" },
    { "", "x" }, { NULL, "x" }, { "ChainCAFile", "/nonexistent" }, { "VerifyCAFile", "/nonexistent" }, { "VerifyCAPath", "/nonexistent" },
    { "ClientCAFile", "/nonexistent" }, { "RequestCAFile", "/nonexistent" }, { "ServerInfoFile", "/nonexistent" },
    { "Certificate", "/nonexistent" }, { "PrivateKey", "/nonexistent" },
};

static const struct {
    const char *name, *value;
} line_commands[] = {
    { "-no_ssl3", NULL }, { "-no_tls1", NULL }, { "-no_tls1_1", NULL }, { "-no_tls1_2", NULL }, { "-no_tls1_3", NULL }, { "-bugs", NULL },
    { "-no_comp", NULL }, { "-comp", NULL }, { "-no_ticket", NULL }, { "-serverpref", NULL }, { "-legacy_renegotiation", NULL },
    { "-no_renegotiation", NULL }, { "-client_renegotiation", NULL }, { "-no_resumption_on_reneg", NULL }, { "-legacy_server_connect", NULL },
    { "-no_legacy_server_connect", NULL }, { "-allow_no_dhe_kex", NULL }, { "-prioritize_chacha", NULL }, { "-strict", NULL },
    { "-no_middlebox", NULL }, { "-anti_replay", NULL }, { "-no_anti_replay", NULL }, { "-no_etm", NULL }, { "-sigalgs", "ECDSA+SHA256" },
    { "-client_sigalgs", "ECDSA+SHA256" }, { "-curves", "P-256" }, { "-groups", "P-256" }, { "-named_curve", "P-256" },
    { "-cipher", "ECDHE+AESGCM" }, { "-cipher", "NOSUCH" }, { "-cipher", NULL }, { "-ciphersuites", "TLS_AES_128_GCM_SHA256" },
    { "-min_protocol", "TLSv1.2" }, { "-max_protocol", "TLSv1.2" }, { "-record_padding", "100" }, { "-num_tickets", "1" }, { "-nosuch", NULL },
    { "nosuch", NULL }, { "-", NULL }, { "-Cipher", "ECDHE" },
};

static void state_of(SSL_CTX *ctx)
{
    kit_say("options 0x%llx, min 0x%lx, max 0x%lx, verify %d, tickets %zu, ciphers %s",
            (unsigned long long)(SSL_CTX_get_options(ctx)), (unsigned long)SSL_CTX_get_min_proto_version(ctx),
            (unsigned long)SSL_CTX_get_max_proto_version(ctx), SSL_CTX_get_verify_mode(ctx), SSL_CTX_get_num_tickets(ctx),
            SSL_CTX_get_ciphers(ctx) != NULL && sk_SSL_CIPHER_num(SSL_CTX_get_ciphers(ctx)) > 0
                ? SSL_CIPHER_get_name(sk_SSL_CIPHER_value(SSL_CTX_get_ciphers(ctx), 0))
                : "none");
}

static void file_commands(void)
{
    static const unsigned flags[] = { SSL_CONF_FLAG_FILE | SSL_CONF_FLAG_SERVER | SSL_CONF_FLAG_CLIENT | SSL_CONF_FLAG_CERTIFICATE | SSL_CONF_FLAG_SHOW_ERRORS,
                                      SSL_CONF_FLAG_FILE | SSL_CONF_FLAG_CLIENT, SSL_CONF_FLAG_FILE | SSL_CONF_FLAG_SERVER | SSL_CONF_FLAG_SHOW_ERRORS };
    size_t f, i;

    for (f = 0; f < COUNT(flags); f++)
        for (i = 0; i < COUNT(commands); i++) {
            SSL_CTX *ctx = SSL_CTX_new(TLS_method());
            SSL_CONF_CTX *cc = SSL_CONF_CTX_new();

            SSL_CONF_CTX_set_flags(cc, flags[f]);
            SSL_CONF_CTX_set_ssl_ctx(cc, ctx);
            kit_say("%s = %s", commands[i].name != NULL ? commands[i].name : "NULL", commands[i].value != NULL ? commands[i].value : "NULL");
            SHOW(SSL_CONF_cmd(cc, commands[i].name, commands[i].value));
            SHOW(SSL_CONF_cmd_value_type(cc, commands[i].name));
            SHOW(SSL_CONF_CTX_finish(cc));
            state_of(ctx);
            SSL_CONF_CTX_free(cc);
            SSL_CTX_free(ctx);
        }
}

static void command_line(void)
{
    size_t i;

    for (i = 0; i < COUNT(line_commands); i++) {
        SSL_CTX *ctx = SSL_CTX_new(TLS_method());
        SSL_CONF_CTX *cc = SSL_CONF_CTX_new();

        SSL_CONF_CTX_set_flags(cc, SSL_CONF_FLAG_CMDLINE | SSL_CONF_FLAG_SERVER | SSL_CONF_FLAG_CLIENT | SSL_CONF_FLAG_SHOW_ERRORS);
        SSL_CONF_CTX_set_ssl_ctx(cc, ctx);
        kit_say("%s %s", line_commands[i].name, line_commands[i].value != NULL ? line_commands[i].value : "NULL");
        SHOW(SSL_CONF_cmd(cc, line_commands[i].name, line_commands[i].value));
        SHOW(SSL_CONF_cmd_value_type(cc, line_commands[i].name));
        state_of(ctx);
        SSL_CONF_CTX_free(cc);
        SSL_CTX_free(ctx);
    }
}

static void argv(void)
{
    char a[] = "-cipher", b[] = "ECDHE+AESGCM", c[] = "-no_ticket", d[] = "other", e[] = "-cipher";
    char *args[] = { a, b, c, d, NULL }, *one[] = { e, NULL }, **p = args;
    int n = 4;
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    SSL_CONF_CTX *cc = SSL_CONF_CTX_new();

    SHOW(SSL_CONF_CTX_set_flags(cc, SSL_CONF_FLAG_CMDLINE | SSL_CONF_FLAG_CLIENT | SSL_CONF_FLAG_SERVER));
    SHOW(SSL_CONF_CTX_clear_flags(cc, SSL_CONF_FLAG_SERVER));
    SSL_CONF_CTX_set_ssl_ctx(cc, ctx);
    while (n > 0) {
        int r = SSL_CONF_cmd_argv(cc, &n, &p);

        kit_say("%d, left %d", r, n);
        kit_queue();
        if (r <= 0)
            break;
    }
    n = 1;
    p = one;
    SHOW(SSL_CONF_cmd_argv(cc, &n, &p));
    SSL_CONF_CTX_free(cc);
    SSL_CTX_free(ctx);
}

static void prefixes(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    SSL_CONF_CTX *cc = SSL_CONF_CTX_new();

    SSL_CONF_CTX_set_flags(cc, SSL_CONF_FLAG_FILE | SSL_CONF_FLAG_CLIENT | SSL_CONF_FLAG_SERVER);
    SSL_CONF_CTX_set_ssl_ctx(cc, ctx);
    SHOW(SSL_CONF_CTX_set1_prefix(cc, "SSL"));
    SHOW(SSL_CONF_cmd(cc, "SSLCipherString", "ECDHE+AESGCM"));
    SHOW(SSL_CONF_cmd(cc, "CipherString", "ECDHE+AESGCM"));
    SHOW(SSL_CONF_cmd(cc, "SSLNoSuch", "x"));
    SHOW(SSL_CONF_cmd(cc, "SSL", "x"));
    SHOW(SSL_CONF_CTX_set1_prefix(cc, NULL));
    SHOW(SSL_CONF_cmd(cc, "CipherString", "ECDHE+AESGCM"));
    SSL_CONF_CTX_free(cc);
    SSL_CTX_free(ctx);
}

static void without_context(void)
{
    /* commands are checked, not applied */
    SSL_CONF_CTX *cc = SSL_CONF_CTX_new();
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    SSL *ssl = SSL_new(ctx);

    SSL_CONF_CTX_set_flags(cc, SSL_CONF_FLAG_FILE | SSL_CONF_FLAG_CLIENT | SSL_CONF_FLAG_SERVER | SSL_CONF_FLAG_CERTIFICATE);
    SHOW(SSL_CONF_cmd(cc, "CipherString", "ECDHE"));
    SHOW(SSL_CONF_cmd(cc, "CipherString", "NOSUCH"));
    SHOW(SSL_CONF_cmd(cc, "Options", "-SessionTicket"));
    SHOW(SSL_CONF_cmd(cc, "Options", "NOSUCH"));
    SHOW(SSL_CONF_cmd(cc, "MinProtocol", "TLSv1.2"));
    SHOW(SSL_CONF_cmd(cc, "NumTickets", "3"));
    SHOW(SSL_CONF_CTX_finish(cc));
    kit_say("a connection");
    SSL_CONF_CTX_set_ssl(cc, ssl);
    SHOW(SSL_CONF_cmd(cc, "CipherString", "ECDHE+AESGCM"));
    SHOW(SSL_CONF_cmd(cc, "MinProtocol", "TLSv1.3"));
    SHOW(SSL_CONF_cmd(cc, "Options", "-SessionTicket"));
    SHOW(SSL_get_min_proto_version(ssl));
    SHOW((SSL_get_options(ssl) & SSL_OP_NO_TICKET) != 0);
    SHOW((SSL_CTX_get_options(ctx) & SSL_OP_NO_TICKET) != 0);
    SSL_free(ssl);
    SSL_CONF_CTX_free(cc);
    SSL_CTX_free(ctx);
}

/* Without an SSL_CTX and an SSL lists of signature algorithms are looked at all the same. */
static void algorithms_without_context(void)
{
    static const char *const values[] = { "ECDSA+SHA256", "RSA+SHA256:ed25519", "NOSUCH", "", "ECDSA+SHA256:NOSUCH", NULL };
    size_t i;

    for (i = 0; i < COUNT(values); i++) {
        SSL_CONF_CTX *cc = SSL_CONF_CTX_new();

        SSL_CONF_CTX_set_flags(cc, SSL_CONF_FLAG_FILE | SSL_CONF_FLAG_CLIENT | SSL_CONF_FLAG_SERVER | SSL_CONF_FLAG_SHOW_ERRORS);
        kit_say("%s", values[i] != NULL ? values[i] : "NULL");
        SHOW(SSL_CONF_cmd(cc, "SignatureAlgorithms", values[i]));
        SHOW(SSL_CONF_cmd(cc, "ClientSignatureAlgorithms", values[i]));
        SSL_CONF_CTX_free(cc);
    }
}

/* Sections of a configuration file's ssl_conf, for contexts and connections, and files whose sections are not what they should be. */
static void write_text(const char *name, const char *text)
{
    FILE *f = fopen(name, "w");

    MUST(f != NULL && fputs(text, f) >= 0);
    fclose(f);
}

#define HEAD "openssl_conf = init\n[init]\nssl_conf = ssl\n[ssl]\n"

static void sections(void)
{
    static const char *const names[] = { "good", "badcommand", "badvalue", "nosection", "certificate", "badcertificate", "empty", "lists",
                                         "twice", "prefixed", "nosuch" };
    const SSL_METHOD *methods[] = { TLS_method(), TLS_server_method(), TLS_client_method() };
    char text[8192];
    size_t m, i;

    snprintf(text, sizeof(text),
             HEAD "good = a\nbadcommand = b\nbadvalue = c\nnosection = none\ncertificate = d\nbadcertificate = e\nempty = f\nlists = g\n"
                  "twice = h\nprefixed = i\n"
                  "[a]\nMinProtocol = TLSv1.2\nMaxProtocol = TLSv1.2\nCipherString = ECDHE+AESGCM:!AES128\nNumTickets = 5\n"
                  "Options = -SessionTicket,ServerPreference\nVerifyMode = Request\n"
                  "[b]\nNoSuch = 1\nMinProtocol = TLSv1.3\n[c]\nMinProtocol = NoSuch\n"
                  "[d]\nCertificate = %s\nPrivateKey = %s\nClientCAFile = %s\nRequestCAFile = %s\n"
                  "[e]\nCertificate = /nosuch\n[f]\n[g]\nSignatureAlgorithms = ECDSA+SHA256\nGroups = P-256\n"
                  "[h]\n1.MinProtocol = TLSv1.2\n2.MinProtocol = TLSv1.3\n[i]\nfoo.Options = -SessionTicket\n",
             kit_file("server-ec.pem"), kit_file("server-ec.key"), kit_file("ca.pem"), kit_file("otherca.pem"));
    write_text("ssl.cnf", text);
    SHOW(CONF_modules_load_file("ssl.cnf", NULL, 0));
    for (m = 0; m < COUNT(methods); m++) {
        for (i = 0; i < COUNT(names); i++) {
            SSL_CTX *ctx = SSL_CTX_new(methods[m]);
            SSL *ssl = SSL_new(ctx);

            kit_say("%s", names[i]);
            SHOW(SSL_CTX_config(ctx, names[i]));
            state_of(ctx);
            PTR(SSL_CTX_get0_privatekey(ctx));
            SHOW(SSL_config(ssl, names[i]));
            kit_say("options 0x%llx, min 0x%lx", (unsigned long long)SSL_get_options(ssl), (unsigned long)SSL_get_min_proto_version(ssl));
            PTR(SSL_get_privatekey(ssl));
            SSL_free(ssl);
            SSL_CTX_free(ctx);
        }
    }
    CONF_modules_unload(1);
    remove("ssl.cnf");
}

static void bad_sections(void)
{
    static const char *const files[] = {
        "openssl_conf = init\n[init]\nssl_conf = nosuch\n", HEAD, HEAD "x = nosuch\n", HEAD "x = e\n[e]\n",
        HEAD "system_default = e\n[e]\nMinProtocol = TLSv1.3\nCiphersuites = TLS_AES_128_GCM_SHA256\n",
        HEAD "system_default = e\n[e]\nMinProtocol = bad\n",
    };
    size_t i;

    for (i = 0; i < COUNT(files); i++) {
        SSL_CTX *ctx;

        kit_say("file %zu", i);
        write_text("ssl.cnf", files[i]);
        SHOW(CONF_modules_load_file("ssl.cnf", NULL, 0));
        ctx = SSL_CTX_new(TLS_method());
        PTR(ctx);
        if (ctx != NULL) {
            SHOW(SSL_CTX_config(ctx, "x"));
            SHOW(SSL_CTX_config(ctx, "system_default"));
            state_of(ctx);
        }
        SSL_CTX_free(ctx);
        CONF_modules_unload(1);
    }
    remove("ssl.cnf");
}

static void certificates(void)
{
    SSL_CONF_CTX *cc = SSL_CONF_CTX_new();
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());

    SSL_CONF_CTX_set_flags(cc, SSL_CONF_FLAG_FILE | SSL_CONF_FLAG_SERVER | SSL_CONF_FLAG_CERTIFICATE | SSL_CONF_FLAG_REQUIRE_PRIVATE);
    SSL_CONF_CTX_set_ssl_ctx(cc, ctx);
    SHOW(SSL_CONF_cmd(cc, "Certificate", kit_file("server-ec.pem")));
    SHOW(SSL_CTX_check_private_key(ctx));
    SHOW(SSL_CONF_cmd(cc, "PrivateKey", kit_file("server-ec.key")));
    SHOW(SSL_CTX_check_private_key(ctx));
    SHOW(SSL_CONF_cmd(cc, "VerifyCAFile", kit_file("ca.pem")));
    SHOW(SSL_CONF_cmd(cc, "ClientCAFile", kit_file("ca.pem")));
    SHOW(SSL_CONF_CTX_finish(cc));
    SHOW(sk_X509_NAME_num(SSL_CTX_get_client_CA_list(ctx)));
    SSL_CONF_CTX_free(cc);
    SSL_CTX_free(ctx);
}

/* Directories and stores, by the names of files and of the command line. */
static void places(void)
{
    static const struct { const char *file, *line; } rows[] = {
        { "ChainCAPath", "-chainCApath" }, { "ChainCAStore", "-chainCAstore" }, { "VerifyCAPath", "-verifyCApath" },
        { "VerifyCAStore", "-verifyCAstore" }, { "RequestCAPath", NULL }, { "ClientCAPath", NULL }, { "RequestCAStore", "-requestCAstore" },
        { "ClientCAStore", NULL },
    };
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    X509 *ca = kit_cert("ca");
    FILE *f;
    size_t i;
    int line;

    MUST(mkdir("places", 0700) == 0);
    f = fopen("places/ca.pem", "w");
    MUST(f != NULL && PEM_write_X509(f, ca));
    fclose(f);
    X509_free(ca);
    for (line = 0; line < 2; line++)
        for (i = 0; i < COUNT(rows); i++) {
            const char *name = line ? rows[i].line : rows[i].file;
            SSL_CONF_CTX *cc = SSL_CONF_CTX_new();
            SSL *ssl = SSL_new(ctx);
            int r, on;

            if (name == NULL)
                name = "-nosuch";
            SSL_CONF_CTX_set_flags(cc, (line ? SSL_CONF_FLAG_CMDLINE : SSL_CONF_FLAG_FILE) | SSL_CONF_FLAG_SERVER | SSL_CONF_FLAG_CLIENT |
                                           SSL_CONF_FLAG_CERTIFICATE);
            for (on = 0; on < 2; on++) {
                if (on)
                    SSL_CONF_CTX_set_ssl(cc, ssl);
                else
                    SSL_CONF_CTX_set_ssl_ctx(cc, ctx);
                kit_say("%s on an %s", name, on ? "SSL" : "SSL_CTX");
                r = SSL_CONF_cmd(cc, name, "places");
                SHOW(r);
                r = SSL_CONF_cmd(cc, name, kit_file("ca.pem"));
                SHOW(r);
                SHOW(SSL_CONF_CTX_finish(cc));
                SHOW(sk_X509_NAME_num(on ? SSL_get_client_CA_list(ssl) : SSL_CTX_get_client_CA_list(ctx)));
            }
            SSL_CONF_CTX_free(cc);
            SSL_free(ssl);
        }
    SSL_CTX_free(ctx);
}

static void configuration_modules(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    SSL *ssl = SSL_new(ctx);

    SHOW(SSL_CTX_config(ctx, "nosuch"));
    SHOW(SSL_config(ssl, "nosuch"));
    SSL_add_ssl_module();
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

static const kit_case cases[] = {
    CASE(file_commands), CASE(command_line), CASE(argv), CASE(prefixes), CASE(without_context), CASE(algorithms_without_context),
    CASE(sections), CASE(bad_sections), CASE(certificates), CASE(places),
    CASE(configuration_modules),
};

KIT_MAIN(cases)
