/* Peers that go away: what the side that stays is told, and when it does not matter to it. */
#include "kit.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

static void reset_on_close(int fd)
{
    struct linger l = { 1, 0 };

    setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
}

/* The client finishes its handshake and closes before the server has taken its Finished: of a TLS 1.3 server only the
 * tickets are left to send, and they are of no use to a client that has gone. */
static void before_tickets(void)
{
    size_t v;
    int tickets, half;

    for (v = 0; v < COUNT(versions); v++) {
        for (tickets = 0; tickets < 3; tickets++) {
            for (half = 0; half < 2; half++) {
                SSL_CTX *c = kit_client(), *s = kit_server("server-ec");
                kit_pair p;
                int fds[2], i;
                char buf[8];

                kit_say("%s, %d tickets, the client %s", kit_version_name(versions[v]), tickets, half ? "has shut down both ways" : "has closed");
                kit_version(c, versions[v]);
                SSL_CTX_set_num_tickets(s, (size_t)tickets);
                kit_pair_fd(&p, c, s, fds);
                for (i = 0; i < 4 && !SSL_is_init_finished(p.c); i++) {
                    SSL_do_handshake(p.c);
                    if (!SSL_is_init_finished(p.c))
                        SSL_do_handshake(p.s);
                }
                ERR_clear_error();
                kit_say("client finished %d, server finished %d", SSL_is_init_finished(p.c), SSL_is_init_finished(p.s));
                reset_on_close(fds[0]);
                if (half)
                    shutdown(fds[0], SHUT_RDWR);
                else
                    close(fds[0]);
                errno = 0;
                IO(p.s, SSL_accept(p.s));
                kit_say("finished %d, %s", SSL_is_init_finished(p.s), SSL_state_string_long(p.s));
                errno = 0;
                IO(p.s, SSL_read(p.s, buf, sizeof(buf)));
                errno = 0;
                IO(p.s, SSL_write(p.s, "x", 1));
                SHOW(SSL_get_shutdown(p.s));
                kit_pair_free(&p);
                if (half)
                    close(fds[0]);
                close(fds[1]);
                SSL_CTX_free(c);
                SSL_CTX_free(s);
            }
        }
    }
}

/* The client goes after its ClientHello, and after a part of the server's flight. */
static void inside_the_handshake(void)
{
    size_t v;

    for (v = 0; v < COUNT(versions); v++) {
        SSL_CTX *c = kit_client();
        kit_pair p;
        int fds[2];

        kit_say("%s, after the ClientHello", kit_version_name(versions[v]));
        kit_version(c, versions[v]);
        kit_pair_fd(&p, c, NULL, fds);
        SSL_do_handshake(p.c);
        close(fds[0]);
        errno = 0;
        IO(p.s, SSL_accept(p.s));
        errno = 0;
        IO(p.s, SSL_accept(p.s));
        kit_pair_free(&p);
        close(fds[1]);

        kit_say("%s, after the server's flight", kit_version_name(versions[v]));
        kit_pair_fd(&p, c, NULL, fds);
        SSL_do_handshake(p.c);
        SSL_do_handshake(p.s);
        kit_watch_alerts(&p);
        shutdown(fds[0], SHUT_WR);
        errno = 0;
        IO(p.s, SSL_accept(p.s));
        errno = 0;
        IO(p.s, SSL_accept(p.s));
        kit_say("the client hears of it");
        IO(p.c, SSL_connect(p.c));
        kit_alerts(&p);
        kit_pair_free(&p);
        close(fds[0]);
        close(fds[1]);

        kit_say("%s, the server goes", kit_version_name(versions[v]));
        kit_pair_fd(&p, c, NULL, fds);
        SSL_do_handshake(p.c);
        SSL_do_handshake(p.s);
        close(fds[1]);
        errno = 0;
        IO(p.c, SSL_connect(p.c));
        errno = 0;
        IO(p.c, SSL_connect(p.c));
        kit_pair_free(&p);
        close(fds[0]);
        SSL_CTX_free(c);
    }
}

static void half_closed(void)
{
    /* one direction ends without a close_notify: the other side says so, in the other direction */
    size_t v;
    int ignore;
    char buf[8];

    for (v = 0; v < COUNT(versions); v++) {
        for (ignore = 0; ignore < 2; ignore++) {
            SSL_CTX *c = kit_client();
            kit_pair p;
            int fds[2];

            kit_say("%s, ignored %d", kit_version_name(versions[v]), ignore);
            kit_version(c, versions[v]);
            kit_pair_fd(&p, c, NULL, fds);
            MUST(kit_shake(&p));
            kit_settle(&p);
            kit_watch_alerts(&p);
            if (ignore)
                SSL_set_options(p.s, SSL_OP_IGNORE_UNEXPECTED_EOF);
            shutdown(fds[0], SHUT_WR);
            errno = 0;
            IO(p.s, SSL_read(p.s, buf, sizeof(buf)));
            IO(p.c, SSL_read(p.c, buf, sizeof(buf)));
            IO(p.s, SSL_write(p.s, "xy", 2));
            IO(p.c, SSL_read(p.c, buf, sizeof(buf)));
            IO(p.s, SSL_shutdown(p.s));
            IO(p.c, SSL_read(p.c, buf, sizeof(buf)));
            kit_alerts(&p);
            kit_pair_free(&p);
            close(fds[0]);
            close(fds[1]);
            SSL_CTX_free(c);
        }
    }
}

/* What was sent before the end is still read. */
static void after_data(void)
{
    size_t v;
    int closed;

    for (v = 0; v < COUNT(versions); v++) {
        for (closed = 0; closed < 2; closed++) {
            SSL_CTX *c = kit_client();
            kit_pair p;
            int fds[2];
            char buf[32];

            kit_say("%s, %s", kit_version_name(versions[v]), closed ? "with close_notify" : "without");
            kit_version(c, versions[v]);
            kit_pair_fd(&p, c, NULL, fds);
            MUST(kit_shake(&p));
            kit_settle(&p);
            MUST(SSL_write(p.c, "last words", 10) == 10);
            if (closed)
                SHOW(SSL_shutdown(p.c));
            close(fds[0]);
            errno = 0;
            IO(p.s, SSL_read(p.s, buf, 4));
            errno = 0;
            IO(p.s, SSL_write(p.s, "x", 1));
            kit_say("pending %d", SSL_pending(p.s));
            IO(p.s, SSL_read(p.s, buf, sizeof(buf)));
            IO(p.s, SSL_read(p.s, buf, sizeof(buf)));
            SHOW(SSL_get_shutdown(p.s));
            errno = 0;
            IO(p.s, SSL_shutdown(p.s));
            kit_pair_free(&p);
            close(fds[1]);
            SSL_CTX_free(c);
        }
    }
}

static const kit_case cases[] = { CASE(before_tickets), CASE(inside_the_handshake), CASE(half_closed), CASE(after_data) };

KIT_MAIN(cases)
