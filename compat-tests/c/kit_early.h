/*
 * kit_early.h: what the programs about early data share.
 */
#ifndef COMPAT_KIT_EARLY_H
#define COMPAT_KIT_EARLY_H

#include "kit.h"

typedef struct {
    SSL_CTX *c, *s;
    SSL_SESSION *session; /* as it was: none that a connection has used up */
    unsigned char *der;
    int len;
} kit_early;

/* kit_early_begin makes contexts whose server allows max bytes, and a session of theirs; it is the two behind it. */
void kit_early_begin(kit_early *t, uint32_t max, uint64_t options);
void kit_early_contexts(kit_early *t, uint32_t max, uint64_t options);
void kit_early_connect(kit_early *t);
void kit_early_end(kit_early *t);
/* kit_early_session is a copy of that session which no connection has used, kit_early_pair a pair that offers it. */
SSL_SESSION *kit_early_session(kit_early *t);
void kit_early_pair(kit_pair *p, kit_early *t);

/* One call of SSL_read_early_data or SSL_write_early_data, printed; they give back its return value. */
int kit_early_read(SSL *s);
int kit_early_write(SSL *s, const char *data);

/* kit_early_look prints the states that early data passes through; kit_early_finish ends the handshake and looks. */
void kit_early_look(const char *who, SSL *s);
void kit_early_finish(kit_pair *p);

#endif
