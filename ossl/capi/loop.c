// loop.c: the step loop. Go says what it needs, C does it on the host's stack and steps again.

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>

#include "gate.h"
#include "loop.h"
#include "session.h"
#include "_cgo_export.h"

// A callback has freed the SSL it was called for.
enum { GONE = INT_MIN };

// An application's callback may free s: the loop holds a reference while one runs. Returns 0 if it was the last.
static int unhold(SSL *s) {
	if (atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) > 1) return 1;
	atomic_store_explicit(&s->refs, 1, memory_order_relaxed);
	SSL_free(s);
	return 0;
}

static inline void hold(SSL *s) { atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed); }

// Gives buffers back. Go is told of what has been sent, since the output's may be one of them.
static void release_buffers(SSL *s, struct patina_step *st) {
	int saved = errno;
	s->sent = st->sent;
	s->ended = st->ended;
	patina_enter();
	patina_go_release(s);
	patina_leave();
	st->sent = s->sent;
	st->ended = s->ended;
	s->sent = 0;
	s->ended = 0;
	errno = saved;
}

// Reads up to len bytes. What BIO_read returns; st->eof is set if there will be no more.
static int receive(SSL *s, struct patina_step *st, uint8_t *data, size_t len) {
	errno = 0;
	int r = BIO_read(s->rbio, data, len > INT_MAX ? INT_MAX : (int)len);
	if (r > 0) {
		s->want = SSL_NOTHING;
		return r;
	}
	if (!BIO_should_retry(s->rbio) && BIO_eof(s->rbio)) st->eof = 1;
	return r;
}

// A thread's own buffer: a record is received and opened in it, so that a connection that gives its buffers back needs
// none for a record that one read takes. It is one connection's from take_lent to give_lent; who comes in between, out of
// a BIO that calls the library or on another coroutine, finds it taken and does without, and so does a thread that has
// left a read by longjmp.
static int take_lent(struct patina_step *st) {
	struct patina_cell *cell = patina_self;
	if (!cell || cell->lent) return 0;
	if (!cell->memory) {
		// On a cache line, and apart from the beginning of a page: see buffers.go.
		uint8_t *p = malloc(PATINA_LENT + 64 + 1024);
		if (!p) return 0;
		p += -(uintptr_t)p % 64;
		if ((uintptr_t)p % 4096 < 1024) p += 1024 - (uintptr_t)p % 4096;
		cell->memory = p;
	}
	cell->lent = 1;
	st->lender = cell;
	st->lent = cell->memory;
	return 1;
}

static void give_lent(struct patina_step *st) {
	if (st->lent) st->lender->lent = 0;
	st->lent = 0;
}

// Nothing has come, and nothing of a record is held in C: the connection rests. The operation's return value.
static int nothing_came(SSL *s, struct patina_step *st, int r) {
	int in_init = s->view.in_init;
	if (s->view.release && !in_init && !(s->view.next_lead && !st->sent && !st->ended)) release_buffers(s, st);
	return in_init || st->op == PATINA_OP_HANDSHAKE || st->op == PATINA_OP_SHUTDOWN ? -1 : r;
}

// Reads what st asks for. 1: step on; 0 or less: the operation ends.
static int read_in(SSL *s, struct patina_step *st) {
	s->want = SSL_READING;
	if (!s->rbio) {
		patina_raise(ERR_LIB_SSL, SSL_R_READ_BIO_NOT_SET, 0, 0);
		return -1;
	}
	if (!st->data_len) {
		BIO_clear_retry_flags(s->rbio);
		BIO_set_retry_read(s->rbio);
		return -1;
	}
	int r = receive(s, st, st->data, st->min);
	if (r > 0) st->received = (size_t)r;
	return r > 0 || st->eof ? 1 : nothing_came(s, st, r);
}

// Receives the record that a connection at rest waits for, before Go is entered for it: a read takes one entry then, and
// one that finds nothing takes none. Of what has come, the length in the header is looked at, to know how much to read
// and no more. 1: step on; 0 or less: the operation ends.
static int receive_record(SSL *s, struct patina_step *st) {
	uint8_t *data = s->view.next;
	size_t have = 0, want = s->view.next_min, room = s->view.next_len;
	if (!data) {
		if (!s->view.next_lead || !take_lent(st)) return 1;
		data = st->lent + s->view.next_lead;
		want = SSL3_RT_HEADER_LENGTH;
		room = PATINA_LENT - s->view.next_lead;
	}
	s->want = SSL_READING;
	while (have < want) {
		int r = receive(s, st, data + have, want - have);
		if (r <= 0 && !have) give_lent(st);
		if (r <= 0 && !st->eof && !have) return nothing_came(s, st, r);
		if (r <= 0) break; // Go is told of the part that has come and asks again
		have += (size_t)r;
		if (have < SSL3_RT_HEADER_LENGTH) continue;
		want = SSL3_RT_HEADER_LENGTH + ((size_t)data[3] << 8 | data[4]);
		if (want > room) break; // too long a record: Go refuses it
	}
	st->received = have;
	return 1;
}

static int flush_out(SSL *s) {
	s->want = SSL_WRITING;
	if (s->wbio && BIO_flush(s->wbio) <= 0) {
		s->flush = 1;
		return -1;
	}
	s->flush = 0;
	s->want = SSL_NOTHING;
	return 1;
}

// Writes what st holds. 1: all of it; 0 or less: the operation ends. st->sent is true either way.
static int write_out(SSL *s, struct patina_step *st) {
	if (!s->wbio) { // in a handshake it is the flush that finds none
		if (s->view.in_init) s->want = SSL_WRITING;
		else patina_raise(ERR_LIB_SSL, SSL_R_BIO_NOT_SET, 0, 0);
		return -1;
	}
	s->want = SSL_WRITING;
	while (st->sent < st->data_len) {
		size_t left = st->data_len - st->sent;
		errno = 0;
		int r = BIO_write(s->wbio, st->data + st->sent, left > INT_MAX ? INT_MAX : (int)left);
		if (r <= 0 && st->spare && !BIO_should_retry(s->wbio) && (errno == EPIPE || errno == ECONNRESET)) {
			errno = 0;
			st->sent = st->data_len;
			break;
		}
		if (r <= 0) return s->view.in_init ? -1 : r;
		st->sent += (size_t)r;
	}
	s->want = SSL_NOTHING;
	return st->flush ? flush_out(s) : 1;
}

static int deliver(SSL *s, struct patina_step *st) {
	// What a callback starts on s may use the scratch memory anew: the events keep theirs.
	uint8_t *memory = s->scratch;
	s->scratch = 0;
	s->scratch_size = 0;
	int32_t state = s->view.state;
	int32_t shutdown = s->view.shutdown;
	uint8_t in_init = s->view.in_init, failed = s->view.failed;
	hold(s);
	for (size_t i = 0; i < st->event_count; i++) {
		const struct patina_event *e = &st->events[i];
		s->view.state = e->state;
		s->view.in_init = (uint8_t)e->in_init;
		s->view.failed = (uint8_t)e->failed;
		s->view.shutdown = e->shutdown;
		switch (e->kind) {
		case PATINA_EVENT_INFO:
			((void (*)(const SSL *, int, int))e->fn)(s, e->where, e->ret);
			break;
		case PATINA_EVENT_MESSAGE:
			((void (*)(int, int, int, const void *, size_t, SSL *, void *))e->fn)(e->sent, e->version, e->type, e->data,
			                                                                     e->len, s, (void *)e->arg);
			break;
		case PATINA_EVENT_KEYLOG:
			((void (*)(const SSL *, const char *))e->fn)(s, (const char *)e->data);
			break;
		case PATINA_EVENT_EXTENSION:
			((void (*)(SSL *, int, int, const unsigned char *, int, void *))e->fn)(s, e->sent, e->type, e->data, (int)e->len,
			                                                                      (void *)e->arg);
			break;
		}
	}
	s->view.state = state;
	s->view.in_init = in_init;
	s->view.failed = failed;
	s->view.shutdown = shutdown;
	OPENSSL_free(memory);
	return unhold(s);
}

static int step_until_done(SSL *s, struct patina_step *st) {
	for (;;) {
		patina_enter();
		patina_go_step(s, st);
		patina_leave();
		give_lent(st);
		OPENSSL_clear_free(st->held, st->secret);
		st->held = 0;
		st->secret = 0;
		st->start = 0;
		st->eof = st->ended = st->tried = 0;
		st->sent = st->received = 0;
		st->answer = PATINA_NEED_NOTHING;
		int r;
		switch (st->need) {
		case PATINA_NEED_NOTHING:
			return st->ret;
		case PATINA_NEED_READ:
			if ((r = read_in(s, st)) <= 0) return r;
			break;
		case PATINA_NEED_WRITE:
			r = write_out(s, st);
			if (st->more && (r > 0 || st->attempt)) { // what the program hears of an alert
				s->want = SSL_NOTHING;
				st->tried = 1;
				break;
			}
			if (r <= 0 || st->final) {
				s->sent = st->sent;
				s->ended = st->final && (r > 0 || st->attempt);
				if (!s->ended) return r;
				s->want = SSL_NOTHING;
				return st->ret;
			}
			break;
		case PATINA_NEED_EVENTS:
			if (!deliver(s, st)) return GONE;
			break;
		default:
			// As in deliver, the data of this need stays although a callback uses s.
			st->held = s->scratch;
			s->scratch = 0;
			s->scratch_size = 0;
			hold(s);
			r = patina_perform(s, st);
			if (!unhold(s)) return GONE;
			if (r <= 0) return r;
		}
	}
}

int patina_run(SSL *s, int op, uint8_t *buf, size_t len, size_t *moved) {
	struct patina_step st;
	memset(&st, 0, sizeof st);
	if (!s->view.begun) patina_ssl_begin(s);
	int was_init = s->view.in_init, was_paused = s->view.paused;
	errno = 0;
	if (was_init) ERR_clear_error();
	if (s->view.async) patina_async_begin(s);
	s->want = SSL_NOTHING;
	if (s->flush && flush_out(s) <= 0 && (was_init || op != PATINA_OP_READ)) return -1;
	st.op = op;
	st.start = 1;
	st.buf = buf;
	st.len = len;
	st.sent = s->sent;
	st.ended = s->ended;
	s->sent = 0;
	s->ended = 0;
	int r = 1;
	if ((op == PATINA_OP_READ || op == PATINA_OP_PEEK) && len && s->rbio) r = receive_record(s, &st);
	if (r > 0) {
		r = step_until_done(s, &st);
	} else { // Go has not been told
		s->sent = st.sent;
		s->ended = st.ended;
	}
	OPENSSL_clear_free(st.held, st.secret);
	patina_session_release();
	if (r == GONE) return -1;
	if (r > 0) {
		if (moved) *moved = st.moved;
	} else if ((was_init || was_paused) && s->view.in_init && s->view.info && s->view.role && s->want != SSL_ASYNC_PAUSED) {
		s->view.info(s, s->view.role == 1 ? SSL_CB_CONNECT_EXIT : SSL_CB_ACCEPT_EXIT, r);
	}
	return r;
}
