package core

import (
	"crypto"
	"errors"
	"time"

	"patina/core/keys"
	"patina/core/suite"
)

// Early data, or 0-RTT (RFC 8446, section 2.3): what both roles have of it.

// EarlyStatus is what has become of a connection's early data.
type EarlyStatus uint8

// Statuses.
const (
	EarlyNone     EarlyStatus = iota // the client has offered none
	EarlyOffered                     // the server has not yet decided
	EarlyRejected                    // the server has not read it: to be sent again, if at all
	EarlyAccepted
)

// Limits of early data. How much there may be is said by Params.MaxEarlyData,
// Params.EarlyDataLimit and Session.MaxEarlyData.
const (
	// DefaultEarlyDataWindow is Params.EarlyDataWindow where it is zero.
	DefaultEarlyDataWindow = 10 * time.Second
	// DefaultEarlyDataLimit is how many bytes of early data a server takes, or
	// skips, that says nothing else.
	DefaultEarlyDataLimit = 16 << 10
	// earlySkipFactor is by how much what is skipped may be longer than
	// EarlyDataLimit: records, and padding, go with it.
	earlySkipFactor = 2
)

// Errors of WriteEarly and ReadEarly. They end nothing.
var (
	// ErrEarlyData: early data cannot be sent, or be sent no more.
	ErrEarlyData = errors.New("tls: early data cannot be sent")
	// ErrEarlyDataLimit: as much early data has been sent as the server allows.
	ErrEarlyDataLimit = errors.New("tls: the early data is as long as the server allows")
	// ErrNoEarlyData: there is no early data, or no more.
	ErrNoEarlyData = errors.New("tls: no more early data")
)

// early is the state of early data. There is none on a connection whose client
// offers none.
type early struct {
	status EarlyStatus
	// open: a client's keys are those of early data; a server waits for more.
	open bool
	// left is how many bytes may still be sent or taken.
	left uint32
	// suite and alpn are those of the PSK, which the server must choose (RFC
	// 8446, section 4.2.10).
	suite *suite.Suite
	alpn  string
	// hold: a client that reads stops behind the server's Finished, where it may go on
	// writing. served: it is there, and the server's data may come.
	hold, served bool
	// first: the server has selected the PSK that early data is protected by.
	first bool
	// exporter is the early_exporter_master_secret; hash is that of the PSK.
	exporter keys.Secret
	hash     crypto.Hash
}

// SSLKEYLOGFILE labels of early data (RFC 9850, section 2.1).
const (
	labelEarlyTraffic  = "CLIENT_EARLY_TRAFFIC_SECRET"
	labelEarlyExporter = "EARLY_EXPORTER_SECRET"
)

// deriveEarly derives what a ClientHello, whose hash is given, and its PSK are
// enough for: the traffic secret of early data and the early exporter's.
func (c *Conn) deriveEarly(kdf *keys.KDF, secret *keys.Early, hello []byte) (traffic keys.Secret) {
	traffic = secret.ClientTraffic(kdf, hello)
	c.early.exporter = secret.Exporter(kdf, hello)
	c.logSecret(labelEarlyTraffic, &traffic)
	c.logSecret(labelEarlyExporter, &c.early.exporter)
	return traffic
}

// EarlyStatus is what has become of early data. On a client whose status is
// EarlyRejected when the handshake is complete nothing of what WriteEarly took
// has been read.
func (c *Conn) EarlyStatus() EarlyStatus {
	if c.early == nil {
		return EarlyNone
	}
	return c.early.status
}

// EarlyLeft is how many bytes of early data may still be sent (client) or will
// still be taken (server).
func (c *Conn) EarlyLeft() int {
	if c.early == nil || !c.early.open {
		return 0
	}
	return int(c.early.left)
}

// WriteEarly is Write before the handshake is complete.
//
// A client's is early data (RFC 8446, section 2.3), which an attacker may
// replay: the server may get it more than once. The first call sends the
// ClientHello, which offers Params.Session for it. It takes no more than the
// session's MaxEarlyData in all, and then is ErrEarlyDataLimit. It is
// ErrEarlyData where the session cannot be used, in which case nothing has been
// sent, and from the moment on that Handshake has seen the server's Finished,
// or its refusal. Whether it was accepted, EarlyStatus tells after the
// handshake.
//
// A server's is sent after its Finished ("0.5-RTT data"), to a client that has
// proven nothing but that it knows the session, if that.
func (c *Conn) WriteEarly(p []byte) (n int, w Wait, err error) {
	switch {
	case c.quic != nil:
		return 0, WaitNone, ErrQUIC
	case c.err != nil:
		return 0, WaitNone, c.err
	case c.done:
		if c.client {
			return 0, WaitNone, ErrEarlyData
		}
		return c.Write(p)
	}
	begun := false
	if c.client {
		if w, begun, err = c.beginEarly(); w != WaitNone || err != nil {
			return 0, w, err
		}
	} else if w, err := c.toOwnFinished(); w != WaitNone || err != nil || c.done {
		if c.done {
			return c.Write(p)
		}
		return 0, w, err
	}
	if !begun && len(c.Output()) > 0 {
		return 0, WaitWrite, nil
	}
	if c.closed {
		return 0, WaitNone, ErrClosed
	}
	if c.client && len(p) > 0 {
		if c.early.left == 0 {
			return 0, WaitNone, ErrEarlyDataLimit
		}
		p = p[:min(uint64(len(p)), uint64(c.early.left))]
	}
	if n, err = c.out.write(c, p); err != nil {
		c.fail(err)
		return 0, WaitNone, c.err
	}
	if c.client {
		c.early.left -= uint32(n)
	}
	w, err = c.flushOr(WaitNone)
	return n, w, err
}

// ReadEarly is Read before the handshake is complete.
//
// A server's is that of early data: it goes on with the handshake
// until there is some, or until it is clear that there is no more, which is
// ErrNoEarlyData; then Handshake goes on. Early data may have been replayed
// (RFC 8446, section 8).
//
// A client's, after WriteEarly, is that of what the server sends behind its
// Finished ("0.5-RTT data"): it goes on with the handshake up to there and no
// further, so that WriteEarly can go on. With an empty p it only gets there. It is
// ErrNoEarlyData where no early data has been offered, and once a message has come
// that belongs behind the handshake's end.
func (c *Conn) ReadEarly(p []byte) (n int, w Wait, err error) {
	n, w, err = c.peekEarly(p)
	c.in.consumeApp(n)
	return n, w, err
}

// PeekEarly is ReadEarly without taking the data.
func (c *Conn) PeekEarly(p []byte) (n int, w Wait, err error) { return c.peekEarly(p) }

func (c *Conn) peekEarly(p []byte) (n int, w Wait, err error) {
	if c.quic != nil {
		return 0, WaitNone, ErrNoEarlyData
	}
	if c.client {
		return c.peekServed(p)
	}
	if w, err := c.toOwnFinished(); w != WaitNone || err != nil {
		return 0, w, err
	}
	for !c.done && c.early != nil && c.early.open {
		if w, err := c.step(); err != nil {
			return 0, WaitNone, err
		} else if w != WaitNone {
			// The server's flight first: the client may wait for it.
			if w, err = c.flushOr(w); w != WaitEarlyData || err != nil {
				return 0, w, err
			}
			return copy(p, c.in.app), WaitNone, nil
		}
	}
	if w, err := c.flushOr(WaitNone); w != WaitNone || err != nil {
		return 0, w, err
	}
	return 0, WaitNone, ErrNoEarlyData
}

// toOwnFinished goes on with a server's handshake until its own Finished is
// queued. A handshake of TLS 1.2 is then complete.
func (c *Conn) toOwnFinished() (Wait, error) {
	for !c.done && (c.hs == nil || !c.hs.finished) {
		w, err := c.step()
		if err != nil {
			return WaitNone, err
		}
		if w == WaitRead {
			return c.flushOr(w)
		}
		if w != WaitNone {
			return w, nil
		}
	}
	return WaitNone, c.err
}
