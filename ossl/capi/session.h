// session.h: SSL_SESSION, between session_c.c and Go (session_handle.go).

#ifndef PATINA_SESSION_H
#define PATINA_SESSION_H

#include "handle.h"

// Parts of a session that are bytes. The first PATINA_SESSION_PARTS have getters that return a pointer, and are kept
// with the handle.
enum {
	PATINA_SESSION_ID,
	PATINA_SESSION_CONTEXT,
	PATINA_SESSION_HOSTNAME,
	PATINA_SESSION_TICKET,
	PATINA_SESSION_ALPN,
	PATINA_SESSION_APPDATA,
	PATINA_SESSION_SECRET,
	PATINA_SESSION_PEER,
	PATINA_SESSION_DER,
	PATINA_SESSION_PSK_IDENTITY,
	PATINA_SESSION_PSK_HINT,
	PATINA_SESSION_SRP_USER,
};

// Those that are numbers.
enum {
	PATINA_SESSION_TIME,
	PATINA_SESSION_TIMEOUT,
	PATINA_SESSION_VERSION,
	PATINA_SESSION_CIPHER,
	PATINA_SESSION_HINT,
	PATINA_SESSION_EARLY_DATA,
	PATINA_SESSION_FRAGMENT,
	PATINA_SESSION_RESUMABLE,
	PATINA_SESSION_HAS_TICKET,
	PATINA_SESSION_VERIFY_RESULT,
	PATINA_SESSION_EMS,
};

// Memory for a handle, with one reference; Go gives it its object.
PATINA_HIDDEN SSL_SESSION *patina_session_alloc(void);
// Takes a reference; 0 if there is none left to share: the handle is being freed.
PATINA_HIDDEN int patina_session_hold(SSL_SESSION *s);
// Gives up a reference that Go has held, where no application code may run: patina_session_release does it soon after.
PATINA_HIDDEN void patina_session_release_later(SSL_SESSION *s);
PATINA_HIDDEN void patina_session_release_now(void);
extern PATINA_HIDDEN _Atomic(SSL_SESSION *) patina_session_released;
static inline void patina_session_release(void) {
	if (atomic_load_explicit(&patina_session_released, memory_order_relaxed)) patina_session_release_now();
}
// Frees the memory of a handle.
PATINA_HIDDEN void patina_session_dispose(SSL_SESSION *s);

PATINA_HIDDEN long patina_session_number(const SSL_SESSION *s, int which);

#endif
