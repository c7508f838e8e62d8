// async_c.c: SSL_MODE_ASYNC. Manual: SSL_get_all_async_fds(3), SSL_set_async_callback(3), ASYNC_start_job(3).
//
// In OpenSSL the whole operation is a job, on a stack of its own of 32 KiB. Here only a signature is, with whatever an
// engine or provider does for it: no Go frame is ever on a job's stack, which is too small for one, and a pause ends
// the operation as any other wait does. It asks for the signature again when it is called again.

#include <openssl/async.h>
#include <openssl/err.h>

#include "cert.h"
#include "loop.h"

struct patina_async {
	ASYNC_WAIT_CTX *wait; // made by the first operation
	ASYNC_JOB *job;       // that has paused
	struct patina_signing *work;
	int (*cb)(SSL *, void *);
	void *arg;
};

static struct patina_async *async_of(SSL *s) {
	if (!s->async) s->async = OPENSSL_zalloc(sizeof *s->async);
	return s->async;
}

int patina_async_inherit(SSL *s, const SSL_CTX *ctx) {
	struct patina_async *a = async_of(s);
	if (!a) return 0;
	a->cb = ctx->async_cb;
	a->arg = ctx->async_arg;
	return 1;
}

void patina_async_free(SSL *s) {
	if (!s->async) return;
	ASYNC_WAIT_CTX_free(s->async->wait);
	if (!s->async->job) patina_signing_free(s->async->work); // a job that has paused for ever still refers to it
	OPENSSL_free(s->async);
	s->async = 0;
}

int SSL_CTX_set_async_callback(SSL_CTX *ctx, SSL_async_callback_fn callback) {
	ctx->async_cb = callback;
	return 1;
}

int SSL_CTX_set_async_callback_arg(SSL_CTX *ctx, void *arg) {
	ctx->async_arg = arg;
	return 1;
}

int SSL_set_async_callback(SSL *s, SSL_async_callback_fn callback) {
	struct patina_async *a = async_of(s);
	if (!a) return 0;
	a->cb = callback;
	return 1;
}

int SSL_set_async_callback_arg(SSL *s, void *arg) {
	struct patina_async *a = async_of(s);
	if (!a) return 0;
	a->arg = arg;
	return 1;
}

int SSL_waiting_for_async(SSL *s) { return s->async && s->async->job; }

int SSL_get_async_status(SSL *s, int *status) {
	if (!s->async || !s->async->wait) return 0;
	*status = ASYNC_WAIT_CTX_get_status(s->async->wait);
	return 1;
}

int SSL_get_all_async_fds(SSL *s, OSSL_ASYNC_FD *fds, size_t *numfds) {
	return s->async && s->async->wait ? ASYNC_WAIT_CTX_get_all_fds(s->async->wait, fds, numfds) : 0;
}

int SSL_get_changed_async_fds(SSL *s, OSSL_ASYNC_FD *addfd, size_t *numaddfds, OSSL_ASYNC_FD *delfd, size_t *numdelfds) {
	return s->async && s->async->wait ? ASYNC_WAIT_CTX_get_changed_fds(s->async->wait, addfd, numaddfds, delfd, numdelfds) : 0;
}

// What an engine calls when a job can go on.
static int ready(void *arg) {
	SSL *s = arg;
	return s->async->cb(s, s->async->arg);
}

void patina_async_begin(SSL *s) {
	struct patina_async *a = async_of(s);
	if (!a || a->wait || ASYNC_get_current_job()) return;
	a->wait = ASYNC_WAIT_CTX_new();
	if (a->wait && a->cb) ASYNC_WAIT_CTX_set_callback(a->wait, ready, s);
}

static int job(void *arg) { return patina_signature(*(struct patina_signing **)arg); }

int patina_sign_async(SSL *s, struct patina_step *st, EVP_PKEY *key) {
	struct patina_async *a = async_of(s);
	if (!a) return 1; // denied
	if (a->job && !patina_signing_same(a->work, st)) { // of a connection that there was before SSL_clear
		a->job = 0;
		a->work = 0;
	}
	if (!a->job && !(a->work = patina_signing_new(s, st, key))) return 1;
	if (ASYNC_get_current_job()) { // the program's own
		patina_signature(a->work);
	} else {
		int made = 0;
		switch (ASYNC_start_job(&a->job, a->wait, &made, job, &a->work, sizeof a->work)) {
		case ASYNC_PAUSE: s->want = SSL_ASYNC_PAUSED; return -1;
		case ASYNC_NO_JOBS:
			s->want = SSL_ASYNC_NO_JOBS;
			goto none;
		case ASYNC_FINISH: a->job = 0; break;
		default:
			s->want = SSL_NOTHING;
			patina_raise(ERR_LIB_SSL, SSL_R_FAILED_TO_INIT_ASYNC, 0, 0);
			goto none;
		}
	}
	st->value = patina_signed(a->work, st);
	patina_signing_free(a->work);
	a->work = 0;
	return 1;
none:
	patina_signing_free(a->work);
	a->work = 0;
	return -1;
}
