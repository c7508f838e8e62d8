// guest.h: what the C files of this package share.

#ifndef PATINA_GUEST_H
#define PATINA_GUEST_H

#define PATINA_HIDDEN __attribute__((visibility("hidden")))

// Says what went wrong on standard error and aborts. Async-signal-safe.
PATINA_HIDDEN void patina_fatal(const char *what) __attribute__((noreturn, cold));

// Waits while the gate is shut.
PATINA_HIDDEN void patina_gate_wait(void);

// Starts the Go runtime if it has not been started and opens the gate.
PATINA_HIDDEN void patina_start(void);

#endif
