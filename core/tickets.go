package core

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"io"
	"sync"
	"sync/atomic"
)

// TicketKeys seal sessions into tickets and open them, with AES-256-GCM. They
// are shared by any number of connections and may be rotated at any time;
// sealing and opening take no lock.
type TicketKeys struct {
	mu   sync.Mutex // of Rotate and Set against each other
	keys atomic.Pointer[[]ticketKey]
}

// TicketKey is the material of one key.
type TicketKey struct {
	Name [16]byte // stands in the ticket and tells which key it is
	Key  [32]byte
}

type ticketKey struct {
	name [16]byte
	aead cipher.AEAD
}

// maxTicketKeys is how many keys are tried: the one that seals and those that
// still open.
const maxTicketKeys = 4

const (
	ticketIV       = 12
	ticketOverhead = 16 + ticketIV + 16
)

// ErrTicketKeys: no key, or too many.
var ErrTicketKeys = errors.New("tls: no ticket keys, or too many")

// NewTicketKeys makes one random key from r; nil: crypto/rand.
func NewTicketKeys(r io.Reader) (*TicketKeys, error) {
	t := new(TicketKeys)
	if err := t.Rotate(r); err != nil {
		return nil, err
	}
	return t, nil
}

// Rotate makes a new random key that seals from now on. The former ones open
// tickets for as many rotations as there is room for. Nonces are random, so that a
// key is to be replaced before it has sealed 2^32 tickets (NIST SP 800-38D,
// section 8.3), and sooner for the sake of forward secrecy: who gets the key opens
// every ticket, and early data, it has sealed (RFC 8446, section 8).
func (t *TicketKeys) Rotate(r io.Reader) error {
	if r == nil {
		r = rand.Reader
	}
	var k TicketKey
	if _, err := io.ReadFull(r, k.Name[:]); err != nil {
		return err
	}
	if _, err := io.ReadFull(r, k.Key[:]); err != nil {
		return err
	}
	made, err := makeTicketKey(k)
	clear(k.Key[:])
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	list := []ticketKey{made}
	if old := t.keys.Load(); old != nil {
		list = append(list, (*old)[:min(len(*old), maxTicketKeys-1)]...)
	}
	t.keys.Store(&list)
	return nil
}

// Set replaces all keys, for servers that share them: the first seals, all
// open.
func (t *TicketKeys) Set(keys ...TicketKey) error {
	if len(keys) == 0 || len(keys) > maxTicketKeys {
		return ErrTicketKeys
	}
	list := make([]ticketKey, len(keys))
	for i, k := range keys {
		var err error
		if list[i], err = makeTicketKey(k); err != nil {
			return err
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.keys.Store(&list)
	return nil
}

func makeTicketKey(k TicketKey) (ticketKey, error) {
	block, err := aes.NewCipher(k.Key[:])
	if err != nil {
		return ticketKey{}, err
	}
	aead, err := cipher.NewGCM(block)
	return ticketKey{k.Name, aead}, err
}

// Seal makes a ticket of s: the key's name, a random nonce, the sealed session.
func (t *TicketKeys) Seal(r io.Reader, s *Session) ([]byte, error) {
	list := t.keys.Load()
	if list == nil {
		return nil, ErrTicketKeys
	}
	k := &(*list)[0]
	b := make([]byte, 0, 256+ticketOverhead)
	b = append(b, k.name[:]...)
	b = append(b, make([]byte, ticketIV)...)
	if _, err := io.ReadFull(r, b[len(k.name):]); err != nil {
		return nil, err
	}
	head := len(b)
	b, err := s.AppendBinary(b)
	if err != nil {
		return nil, err
	}
	sealed := append(b, make([]byte, k.aead.Overhead())...)[:head]
	return k.aead.Seal(sealed, sealed[len(k.name):head], b[head:], sealed[:len(k.name)]), nil
}

// Open is Seal's inverse; nil if no key opens the ticket. renew reports that
// it was sealed by another than the present key.
func (t *TicketKeys) Open(ticket []byte) (s *Session, renew bool) {
	if t == nil {
		return nil, false
	}
	list := t.keys.Load()
	if list == nil || len(ticket) < ticketOverhead {
		return nil, false
	}
	for i := range *list {
		k := &(*list)[i]
		if [16]byte(ticket) != k.name {
			continue
		}
		rest := ticket[len(k.name):]
		b, err := k.aead.Open(nil, rest[:ticketIV], rest[ticketIV:], ticket[:len(k.name)])
		if err != nil {
			return nil, false
		}
		if s, err = DecodeSession(b); err != nil {
			return nil, false
		}
		return s, i > 0
	}
	return nil, false
}

func (t *TicketKeys) open(c *Conn, ticket []byte) (*Session, bool) { return t.Open(ticket) }

// seal is Seal for the wire: nil for a session, with a long chain of the
// client's, say, that no ticket can hold.
func (t *TicketKeys) seal(c *Conn, s *Session) ([]byte, error) {
	ticket, err := t.Seal(c.cfg.Rand, s)
	if err == ErrSessionEncoding || len(ticket) > maxTicketLen {
		return nil, nil
	}
	return ticket, err
}
