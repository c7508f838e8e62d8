// sigalgs_c.c: signature algorithms of the peer. Manual: SSL_get_shared_sigalgs(3).

#include <openssl/evp.h>
#include <openssl/objects.h>

#include "gate.h"
#include "handle.h"
#include "_cgo_export.h"

// Where a caller wants an answer of one scheme.
struct answers {
	int *sign, *hash, *both;
	unsigned char *rsig, *rhash;
};

// The NID of both together, where libcrypto has one name for them.
static int both_nid(int key, int digest) {
	int nid = NID_undef;
	if (key == EVP_PKEY_RSA || key == EVP_PKEY_EC || key == EVP_PKEY_DSA) OBJ_find_sigid_by_algs(&nid, digest, key);
	return nid;
}

static int tell(SSL *s, int shared, int index, struct answers a) {
	uint16_t scheme = 0;
	int key = NID_undef, digest = NID_undef;
	if (!patina_is_ssl(s)) return 0;
	patina_enter();
	int n = patina_go_sigalg(s, shared, index, &scheme, &key, &digest);
	patina_leave();
	if (index < 0) return shared ? 0 : n;
	if (index >= n) return 0;
	if (a.rhash) *a.rhash = (unsigned char)(scheme >> 8);
	if (a.rsig) *a.rsig = (unsigned char)scheme;
	if (a.sign) *a.sign = key;
	if (a.hash) *a.hash = digest;
	if (a.both) *a.both = both_nid(key, digest);
	return n;
}

int SSL_get_sigalgs(SSL *s, int idx, int *psign, int *phash, int *psignandhash, unsigned char *rsig, unsigned char *rhash) {
	return tell(s, 0, idx, (struct answers){psign, phash, psignandhash, rsig, rhash});
}

int SSL_get_shared_sigalgs(SSL *s, int idx, int *psign, int *phash, int *psignandhash, unsigned char *rsig,
                           unsigned char *rhash) {
	return tell(s, 1, idx, (struct answers){psign, phash, psignandhash, rsig, rhash});
}
