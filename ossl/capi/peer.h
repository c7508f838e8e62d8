// peer.h: the peer's certificates as X509 objects.

#ifndef PATINA_PEER_H
#define PATINA_PEER_H

#include "handle.h"

// What view.peer says: the numbers of ossl.Peer.
enum { PATINA_PEER_NONE, PATINA_PEER_ABSENT, PATINA_PEER_SHOWN, PATINA_PEER_ACCEPTED };

// The certificates of a blob: each its length in four bytes, big endian, and its DER. 0 if one cannot be parsed.
PATINA_HIDDEN STACK_OF(X509) *patina_chain_of(const uint8_t *blob, size_t len);

// The peer's chain, the leaf first, made from its DER when it is first asked for. The SSL's own.
PATINA_HIDDEN STACK_OF(X509) *patina_peer_chain(const SSL *s);

#endif
