/* What is made before a fork works after it: contexts, live connections, sessions. */
#include "kit.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Drives one side over a nonblocking descriptor. */
static int drive(SSL *ssl, int fd, int (*call)(SSL *))
{
    int i;

    for (i = 0; i < 1000; i++) {
        int r = call(ssl), e;
        struct pollfd pf = { fd, POLLIN, 0 };

        if (r == 1)
            return 1;
        e = SSL_get_error(ssl, r);
        if (e == SSL_ERROR_WANT_WRITE)
            pf.events = POLLOUT;
        else if (e != SSL_ERROR_WANT_READ)
            return 0;
        poll(&pf, 1, 5000);
    }
    return 0;
}

static int read_all(SSL *ssl, int fd, char *buf, int n)
{
    int got = 0, i;

    for (i = 0; i < 1000 && got < n; i++) {
        int r = SSL_read(ssl, buf + got, n - got);
        struct pollfd pf = { fd, POLLIN, 0 };

        if (r > 0) {
            got += r;
            continue;
        }
        if (SSL_get_error(ssl, r) != SSL_ERROR_WANT_READ)
            break;
        poll(&pf, 1, 5000);
    }
    return got;
}

/* The child's word comes back as an exit status: its own output would be out of order. */
static int status_of(pid_t pid)
{
    int status = 0;

    MUST(waitpid(pid, &status, 0) == pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static void context_before(void)
{
    /* master and workers: the context is made before, handshakes happen in children, one after another and side by side */
    SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
    int i, bad = 0;
    pid_t pids[20];

    {
        kit_pair warm;

        kit_shaken(&warm, c, s);
        kit_pair_free(&warm);
    }
    for (i = 0; i < 20; i++) {
        fflush(stdout);
        pids[i] = fork();
        if (pids[i] == 0) {
            kit_pair p;
            int ok;

            alarm(10);
            kit_pair_new(&p, c, s, 0);
            ok = kit_shake(&p);
            kit_pair_free(&p);
            SSL_CTX_free(c);
            SSL_CTX_free(s);
            _exit(ok ? 0 : 1);
        }
    }
    for (i = 0; i < 20; i++)
        bad += status_of(pids[i]) != 0;
    kit_say("children that failed: %d", bad);
    {
        kit_pair p;

        kit_pair_new(&p, c, s, 0);
        kit_shake_say(&p);
        kit_echo(&p, 1000);
        kit_pair_free(&p);
    }
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static void live_connection(void)
{
    /* accepted before the fork, served in the child */
    int version;

    for (version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
        SSL_CTX *c = kit_client();
        kit_pair p;
        int fds[2];
        char buf[16] = "";
        pid_t pid;

        kit_version(c, version);
        kit_pair_fd(&p, c, NULL, fds);
        MUST(kit_shake(&p));
        kit_settle(&p);
        fflush(stdout);
        pid = fork();
        if (pid == 0) {
            char in[8] = "";

            alarm(10);
            if (read_all(p.s, fds[1], in, 5) != 5 || memcmp(in, "hello", 5) != 0)
                _exit(1);
            if (SSL_write(p.s, "child", 5) != 5)
                _exit(2);
            _exit(0);
        }
        MUST(SSL_write(p.c, "hello", 5) == 5);
        kit_say("%s: child %d", kit_version_name(version), status_of(pid));
        kit_say("got %d: %s", read_all(p.c, fds[0], buf, 5), buf);
        kit_pair_free(&p);
        close(fds[0]);
        close(fds[1]);
        SSL_CTX_free(c);
    }
}

static void in_mid_handshake(void)
{
    /* the child finishes what the parent began */
    kit_pair p;
    int fds[2];
    pid_t pid;

    kit_pair_fd(&p, NULL, NULL, fds);
    SSL_do_handshake(p.c);
    SSL_do_handshake(p.s);
    ERR_clear_error();
    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        alarm(10);
        _exit(drive(p.s, fds[1], SSL_do_handshake) ? 0 : 1);
    }
    kit_say("client %d", drive(p.c, fds[0], SSL_do_handshake));
    kit_say("child %d", status_of(pid));
    kit_pair_free(&p);
    close(fds[0]);
    close(fds[1]);
}

static void randomness(void)
{
    /* two children of one parent do not make the same random values */
    unsigned char all[4][32];
    int i, j, same = 0, pipes[2];

    for (i = 0; i < 4; i++) {
        pid_t pid;

        MUST(pipe(pipes) == 0);
        fflush(stdout);
        pid = fork();
        if (pid == 0) {
            kit_pair p;
            unsigned char r[32];

            alarm(10);
            kit_pair_new(&p, NULL, NULL, 0);
            SSL_do_handshake(p.c);
            SSL_get_client_random(p.c, r, sizeof(r));
            if (write(pipes[1], r, sizeof(r)) != sizeof(r))
                _exit(1);
            _exit(0);
        }
        close(pipes[1]);
        MUST(read(pipes[0], all[i], 32) == 32);
        close(pipes[0]);
        kit_say("child %d", status_of(pid));
    }
    for (i = 0; i < 4; i++)
        for (j = 0; j < i; j++)
            same += memcmp(all[i], all[j], 32) == 0;
    kit_say("equal %d", same);
}

static void tickets_across(void)
{
    /* a ticket given by one child is taken by another */
    SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
    SSL_SESSION *sess = NULL;
    int i;

    for (i = 0; i < 3; i++) {
        int fds[2];
        kit_pair p;
        pid_t pid;
        char b;

        kit_pair_fd(&p, c, s, fds);
        if (sess != NULL)
            SSL_set_session(p.c, sess);
        fflush(stdout);
        pid = fork();
        if (pid == 0) {
            char in[4];

            alarm(10);
            if (!drive(p.s, fds[1], SSL_do_handshake))
                _exit(1);
            SSL_write(p.s, "t", 1);
            read_all(p.s, fds[1], in, 1);
            _exit(SSL_session_reused(p.s) ? 10 : 11);
        }
        kit_say("client %d", drive(p.c, fds[0], SSL_do_handshake));
        kit_say("read %d", read_all(p.c, fds[0], &b, 1));
        SSL_write(p.c, "e", 1);
        kit_say("reused %d, child %d", SSL_session_reused(p.c), status_of(pid));
        SSL_SESSION_free(sess);
        sess = SSL_get1_session(p.c);
        SSL_shutdown(p.c);
        kit_pair_free(&p);
        close(fds[0]);
        close(fds[1]);
    }
    SSL_SESSION_free(sess);
    SSL_CTX_free(c);
    SSL_CTX_free(s);
}

static const kit_case cases[] = {
    CASE(context_before), CASE(live_connection), CASE(in_mid_handshake), CASE(randomness), CASE(tickets_across),
};

KIT_MAIN(cases)
