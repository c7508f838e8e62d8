// gate.h: the door between C and Go.
//
// Every C function of the library that calls an exported Go function does so between patina_enter and patina_leave:
//
//	int SSL_example(SSL *s) {
//		patina_enter();
//		int r = goSSLExample(s);
//		patina_leave();
//		return r;
//	}
//
// patina_enter starts the Go runtime when nothing has started it yet and takes the gate as a reader; fork takes it as
// the writer (gate.c), so that no thread is inside Go while the process is copied. A reader pays one exchange on a cache
// line of its own thread and one load of a word that nobody writes to.
//
// Between the two calls runs Go code and nothing of the application's: no callback, no BIO, nothing that blocks.
// errno is preserved by neither function.

#ifndef PATINA_GATE_H
#define PATINA_GATE_H

#include <stdatomic.h>
#include <stdint.h>

// A thread's side of the gate: one cache line each, so that readers never share one.
struct patina_cell {
	_Atomic(uint32_t) inside;   // 1 while the thread may be in Go
	_Atomic(uint32_t) owned;    // 1 while a thread owns the cell
	_Atomic(uint32_t) crypto;   // how many sections of patina_crypto_enter the thread is in
	_Atomic(uint32_t) parked;   // 1 while the thread waits for the gate, whatever sections it is in
	int ending;                 // the thread's destructors run
	int lent;                   // memory is in use
	void *memory;               // for the library to work in, of a size it knows; stays with the cell
	struct patina_cell *next;   // all cells, newest first; cells are reused, never freed
} __attribute__((aligned(64)));

// What the gate word says. Zero is what a page with MADV_WIPEONFORK holds in a forked child: there the first entry
// takes the slow way, where the child's runtime is put in order.
enum {
	PATINA_GATE_WIPED = 0, // not started yet, or the child of a fork
	PATINA_GATE_OPEN = 1,
	PATINA_GATE_SHUT = 2,  // a thread is about to fork
};

struct patina_gate {
	_Atomic(uint32_t) word;
	char page[4096 - sizeof(uint32_t)]; // alone on its page: the page is wiped on fork
} __attribute__((aligned(4096)));

// Hidden: one object, reached without the global offset table.
extern struct patina_gate patina_gate __attribute__((visibility("hidden")));
extern __thread struct patina_cell *patina_self __attribute__((visibility("hidden"), tls_model("initial-exec")));

// The way taken by a thread's first entry, before the start, while a fork is under way, and in a child.
void patina_enter_slowly(void) __attribute__((visibility("hidden"), cold));

static inline void patina_enter(void) {
	struct patina_cell *cell = patina_self;
	if (__builtin_expect(cell != 0, 1)) {
		// The exchange is a full fence: the writer either sees us inside, or we see its shut gate.
		uint32_t was = atomic_exchange_explicit(&cell->inside, 1, memory_order_seq_cst);
		uint32_t word = atomic_load_explicit(&patina_gate.word, memory_order_seq_cst);
		if (__builtin_expect(was == 0 && word == PATINA_GATE_OPEN, 1)) return;
		if (was == 0) atomic_store_explicit(&cell->inside, 0, memory_order_release);
	}
	patina_enter_slowly();
}

static inline void patina_leave(void) {
	atomic_store_explicit(&patina_self->inside, 0, memory_order_release);
}

// Between patina_crypto_enter and patina_crypto_leave the library's C code calls functions of libcrypto that take locks
// shared by all threads (CRYPTO_new_ex_data, BIO_new, d2i_X509, EVP_DigestSign ...). A fork while another thread holds
// one of them leaves the child a lock that nobody will ever release; so fork waits for these sections too, as long as
// seems reasonable (a key may live in a slow device). Sections may nest, may contain patina_enter, and may run
// application code, which should be rare: a fork then waits in vain for half a second.
void patina_crypto_enter_slowly(void) __attribute__((visibility("hidden"), cold));

static inline void patina_crypto_enter(void) {
	struct patina_cell *cell = patina_self;
	if (__builtin_expect(cell != 0, 1)) {
		uint32_t depth = atomic_load_explicit(&cell->crypto, memory_order_relaxed);
		atomic_exchange_explicit(&cell->crypto, depth + 1, memory_order_seq_cst);
		if (__builtin_expect(depth > 0 || atomic_load_explicit(&patina_gate.word, memory_order_seq_cst) != PATINA_GATE_SHUT, 1)) return;
		atomic_store_explicit(&cell->crypto, 0, memory_order_release);
	}
	patina_crypto_enter_slowly();
}

static inline void patina_crypto_leave(void) {
	uint32_t depth = atomic_load_explicit(&patina_self->crypto, memory_order_relaxed);
	if (depth > 0) atomic_store_explicit(&patina_self->crypto, depth - 1, memory_order_release); // 0: fork lost patience
}

static inline void patina_crypto_section_end(const char *unused) {
	(void)unused;
	patina_crypto_leave();
}

// Makes the rest of the block such a section.
#define PATINA_CRYPTO_SECTION                                                          \
	patina_crypto_enter();                                                             \
	const char patina_crypto_section __attribute__((cleanup(patina_crypto_section_end), unused)) = 0

#endif
