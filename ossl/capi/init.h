// init.h: what is done once per process, when libssl is first used.

#ifndef PATINA_INIT_H
#define PATINA_INIT_H

#include <openssl/err.h>

// The reasons of ERR_LIB_SSL with their texts (zreasons.c).
extern const ERR_STRING_DATA patina_reasons[] __attribute__((visibility("hidden")));

#endif
