package core

import (
	"crypto"
	"encoding/binary"
	"errors"

	"patina/core/iana"
	"patina/core/keys"
	"patina/core/provider/stdlib"
)

// ErrPSK: a PSK whose identity, key, context or hash cannot be used.
var ErrPSK = errors.New("tls: the PSK cannot be used")

// Identifiers of KDFs for TLS 1.3 (RFC 9258, section 10; the IANA registry "TLS
// KDF Identifiers").
const (
	kdfHKDFSHA256 = 1
	kdfHKDFSHA384 = 2
)

// ImportPSK derives from an external PSK one that belongs to TLS 1.3 and the hash
// target (RFC 9258): so one key serves suites of both hashes, and no other
// protocol. Both sides import it, once for each hash, with the same context, of
// up to 65535 bytes, which may tell who they are. p.Hash is the one the key is
// extracted with. The limits of early data are taken over.
func ImportPSK(p *PSK, context []byte, target crypto.Hash) (*PSK, error) {
	kdf := uint16(kdfHKDFSHA256)
	switch target {
	case crypto.SHA256:
	case crypto.SHA384:
		kdf = kdfHKDFSHA384
	default:
		return nil, ErrPSK
	}
	// ImportedIdentity: what the protocol shows as the identity.
	if !p.sound() || p.Imported || len(context) > 1<<16-1 || len(p.Identity)+len(context)+8 > maxPSKIdentity {
		return nil, ErrPSK
	}
	id := binary.BigEndian.AppendUint16(nil, uint16(len(p.Identity)))
	id = append(id, p.Identity...)
	id = binary.BigEndian.AppendUint16(id, uint16(len(context)))
	id = append(id, context...)
	id = binary.BigEndian.AppendUint16(id, uint16(iana.VersionTLS13))
	id = binary.BigEndian.AppendUint16(id, kdf)

	h := stdlib.New().NewHash(p.hash())
	h.Write(id)
	sum := h.Sum(nil)
	k := new(keys.KDF)
	k.Init(h)
	n := *p
	n.Identity, n.Hash, n.Imported = id, target, true
	n.Key = make([]byte, target.Size())
	keys.ImportPSK(k, p.Key, sum, n.Key)
	k.Wipe()
	return &n, nil
}
