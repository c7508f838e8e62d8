package core

import (
	"errors"

	"patina/core/iana"
	"patina/core/keys"
)

// ErrExport: the label, context or length of an export is out of range, or the
// label is one the protocol itself uses.
var ErrExport = errors.New("tls: cannot export keying material like this")

// maxLabel is what remains of a HkdfLabel's 255 bytes after "tls13 ".
const maxLabel = 249

// ExportKeyingMaterial is the exporter of RFC 8446, section 7.5, and RFC 5705:
// n bytes for label and context. A nil context differs from an empty one in
// TLS 1.2.
func (c *Conn) ExportKeyingMaterial(label string, context []byte, n int) ([]byte, error) {
	if c.exporter.Empty() || c.err == ErrFreed {
		return nil, ErrHandshake
	}
	if n < 0 || len(label) > maxLabel || len(context) > 1<<16-1 {
		return nil, ErrExport
	}
	out := make([]byte, n)
	k := c.kdf()
	defer c.doneKDF(k)
	if c.version == iana.VersionTLS13 {
		if n > 255*k.Size() {
			return nil, ErrExport
		}
		keys.Export(k, &c.exporter, label, context, out)
		return out, nil
	}
	if !c.done {
		return nil, ErrHandshake
	}
	switch label {
	case "client finished", "server finished", "master secret", "extended master secret", "key expansion":
		return nil, ErrExport // RFC 5705, section 4
	}
	keys.Export12(k, &c.exporter, label, c.clientRandom[:], c.serverRandom[:], context, out)
	return out, nil
}

// ExportEarlyKeyingMaterial is the exporter of early data (RFC 8446, section
// 7.5): n bytes for label and context. A client has it when it has offered early
// data, a server when it has accepted it; ErrEarlyData before and elsewhere. As
// early data, what is exported may be that of a hello an attacker has replayed.
func (c *Conn) ExportEarlyKeyingMaterial(label string, context []byte, n int) ([]byte, error) {
	if c.early == nil || c.early.exporter.Empty() || c.err == ErrFreed {
		return nil, ErrEarlyData
	}
	if n < 0 || len(label) > maxLabel || len(context) > 1<<16-1 || n > 255*c.early.hash.Size() {
		return nil, ErrExport
	}
	out := make([]byte, n)
	k := c.cfg.borrowKDF(c.early.hash)
	defer c.cfg.returnKDF(c.early.hash, k)
	keys.Export(k, &c.early.exporter, label, context, out)
	return out, nil
}
