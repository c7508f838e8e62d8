/*
 * kit_sessions.h: what the programs about sessions share.
 */
#ifndef COMPAT_KIT_SESSIONS_H
#define COMPAT_KIT_SESSIONS_H

#include "kit.h"

/* kit_resuming makes a client and a server for one version, such that the server resumes (it has a session id
 * context); kit_release frees both. */
void kit_resuming(SSL_CTX **c, SSL_CTX **s, int version);
void kit_release(SSL_CTX *c, SSL_CTX *s);

/* kit_connect makes one connection, says how it went and shuts it down in order. With resume, it offers that. It gives
 * back the client's session with a reference, or NULL. */
SSL_SESSION *kit_connect(SSL_CTX *c, SSL_CTX *s, SSL_SESSION *resume);
/* kit_twice connects twice, the second time offering the first's session. */
void kit_twice(SSL_CTX *c, SSL_CTX *s);

/* kit_full_and_resumed connects twice and says how each handshake went and what was negotiated; then calls after, unless it
 * is NULL, while the connection stands. */
void kit_full_and_resumed(SSL_CTX *c, SSL_CTX *s, int version, void (*after)(kit_pair *p));

/* kit_statistics prints the counters of ctx, kit_describe what can be read of a session. */
void kit_statistics(const char *who, SSL_CTX *ctx);
void kit_describe(const char *what, SSL_SESSION *x);

#endif
