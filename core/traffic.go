package core

import (
	"encoding/binary"
	"errors"

	"patina/core/iana"
	"patina/core/keys"
	"patina/core/provider"
	"patina/core/suite"
)

// What protects a connection's records, for an owner that has somebody else go
// on with them: the kernel (linux/tls.h), or hardware.

// Errors of ExtractTraffic and of a connection after it.
var (
	// ErrExtracted: the keys have been given away; the Conn neither reads nor
	// writes any more.
	ErrExtracted = errors.New("tls: the keys of the connection have been given away")
	// ErrUnfinished: there is something that whoever takes the keys could not
	// know of: bytes received or to be sent, a question, a KeyUpdate to be sent.
	ErrUnfinished = errors.New("tls: the connection is in the middle of something")
)

// Traffic is what the records of one direction are protected with.
type Traffic struct {
	Version  iana.ProtocolVersion
	Suite    iana.CipherSuite
	AEAD     provider.AEAD
	Key      []byte
	IV       []byte // 12 bytes, or 4 of TLS 1.2 with AES-GCM (RFC 5288)
	Sequence uint64 // of the next record
	// Secret is the traffic secret of TLS 1.3, from which Next makes the keys
	// after a KeyUpdate; nil in TLS 1.2.
	Secret []byte

	next func(secret []byte) Traffic
}

// ExtractTraffic gives away what protects the records of both directions, from
// the next one on. It needs a complete handshake and a connection at rest:
// Output sent, everything received read (Buffered and Unprocessed are 0), which
// an owner that fills no more than ReadBuffer's need makes sure of. From then on
// every operation is ErrExtracted, and what has been agreed can still be asked.
//
// Whoever goes on also gets what is not data. A KeyUpdate of the peer's changes
// the keys (Next), and tickets that come later are lost, so a client that wants
// them reads first.
func (c *Conn) ExtractTraffic() (read, write Traffic, err error) {
	switch {
	case c.quic != nil:
		return read, write, ErrQUIC
	case c.err != nil:
		return read, write, c.err
	case !c.done:
		return read, write, ErrHandshake
	case !c.atRest():
		return read, write, ErrUnfinished
	}
	if c.version == iana.VersionTLS13 {
		read, write = c.traffic13(c.in.secret.Bytes()), c.traffic13(c.out.secret.Bytes())
	} else if read, write, err = c.traffic12(); err != nil {
		return Traffic{}, Traffic{}, err
	}
	read.Sequence, write.Sequence = c.in.opener.Sequence(), c.out.sealer.Sequence()
	c.err = ErrExtracted
	c.wipeTraffic()
	c.state = nil
	c.in.free(c)
	c.out.free(c)
	return read, write, nil
}

// atRest reports that nothing is under way in either direction.
func (c *Conn) atRest() bool {
	in, o := &c.in, &c.out
	if s, ok := c.state.(*established13); ok && s.storing {
		return false
	}
	return !c.closed && !c.peerClosed && !in.eof && len(in.app) == 0 && in.unprocessed() == 0 && !in.hasAhead && !in.midMessage() &&
		len(o.pending()) == 0 && len(o.flight) == 0 && !o.keyUpdate && c.newSession == nil && (c.post == nil || c.post.asked == WaitNone)
}

// traffic13 is made from a traffic secret (RFC 8446, section 7.3).
func (c *Conn) traffic13(secret []byte) Traffic {
	k := new(keys.KDF)
	k.Init(c.cfg.Provider.NewHash(c.suite.Hash))
	s := keys.MakeSecret(secret)
	t := Traffic{Version: c.version, Suite: c.suite.ID, AEAD: c.suite.AEAD, Key: make([]byte, c.suite.KeyLen), IV: make([]byte, c.suite.FixedIV),
		Secret: append([]byte(nil), secret...)}
	keys.TrafficKeys(k, &s, t.Key, t.IV)
	t.next = func(secret []byte) Traffic {
		s := keys.MakeSecret(secret)
		next := keys.NextTraffic(k, &s)
		return c.traffic13(next.Bytes())
	}
	return t
}

// traffic12 is the key block (RFC 5246, section 6.3), made again from the master
// secret.
func (c *Conn) traffic12() (read, write Traffic, err error) {
	master, ok := keys.ResumedMaster12(c.exporter.Bytes())
	if !ok {
		return read, write, failure(KindInternal, "no master secret")
	}
	k := c.kdf()
	defer c.doneKDF(k)
	block := master.KeyBlock(k, c.clientRandom[:], c.serverRandom[:], c.suite.KeyLen, c.suite.FixedIV)
	defer block.Wipe()
	of := func(key, iv []byte) Traffic {
		return Traffic{Version: c.version, Suite: c.suite.ID, AEAD: c.suite.AEAD, Key: append([]byte(nil), key...), IV: append([]byte(nil), iv...)}
	}
	if read, write = of(block.Client()), of(block.Server()); c.client {
		read, write = write, read
	}
	return read, write, nil
}

// Next is what protects the direction after a KeyUpdate (RFC 8446, section
// 7.2); ErrHandshake in TLS 1.2, which has none.
func (t *Traffic) Next() (Traffic, error) {
	if t.next == nil {
		return Traffic{}, ErrHandshake
	}
	return t.next(t.Secret), nil
}

// Numbers of linux/tls.h.
const (
	linuxAESGCM128        = 51
	linuxAESGCM256        = 52
	linuxChaCha20Poly1305 = 54
)

// LinuxCryptoInfo is t as the Linux kernel takes it: the structure
// tls12_crypto_info_* of linux/tls.h for setsockopt SOL_TLS, TLS_TX or TLS_RX.
func (t *Traffic) LinuxCryptoInfo() ([]byte, error) {
	var cipher uint16
	switch {
	case t.AEAD == provider.AES128GCM && len(t.Key) == 16:
		cipher = linuxAESGCM128
	case t.AEAD == provider.AES256GCM && len(t.Key) == 32:
		cipher = linuxAESGCM256
	case t.AEAD == provider.ChaCha20Poly1305 && len(t.Key) == 32:
		cipher = linuxChaCha20Poly1305
	}
	s := suite.Lookup(t.Suite)
	if cipher == 0 || s == nil || len(t.IV) != s.FixedIV {
		return nil, provider.ErrUnsupported
	}
	b := binary.NativeEndian.AppendUint16(nil, uint16(t.Version))
	b = binary.NativeEndian.AppendUint16(b, cipher)
	var sequence [8]byte
	binary.BigEndian.PutUint64(sequence[:], t.Sequence)
	var salt []byte
	if cipher == linuxChaCha20Poly1305 {
		b = append(b, t.IV...)
	} else if salt = t.IV[:4]; len(t.IV) == 4 {
		b = append(b, sequence[:]...) // the part of the nonce that is sent
	} else {
		b = append(b, t.IV[4:]...)
	}
	b = append(append(b, t.Key...), salt...)
	return append(b, sequence[:]...), nil
}
