// peer.h: the peer's certificates as X509 objects.

#ifndef PATINA_PEER_H
#define PATINA_PEER_H

#include "handle.h"

// The certificates of a blob: each its length in four bytes, big endian, and its DER. 0 if one cannot be parsed.
PATINA_HIDDEN STACK_OF(X509) *patina_chain_of(const uint8_t *blob, size_t len);

#endif
