package ossl

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"sync/atomic"

	"patina/core/iana"
)

// Session tickets as OpenSSL seals them: name of the key, IV, the session's
// encoding under AES-256-CBC, and an HMAC-SHA-256 over all of it. Servers of a
// cluster may run either library.

// Sizes in a ticket and in its keys, in bytes.
const (
	ticketNameSize = 16
	ticketIVSize   = aes.BlockSize
	ticketHMACKey  = 32
	ticketAESKey   = 32
	ticketMACSize  = sha256.Size
	TicketKeysSize = ticketNameSize + ticketHMACKey + ticketAESKey
)

// ticketKeys are the keys of an SSL_CTX.
type ticketKeys struct {
	keys atomic.Pointer[ticketKeySet]
}

type ticketKeySet struct {
	raw   [TicketKeysSize]byte // name, HMAC key, AES key
	block cipher.Block
}

func (k *ticketKeySet) name() []byte    { return k.raw[:ticketNameSize] }
func (k *ticketKeySet) hmacKey() []byte { return k.raw[ticketNameSize : ticketNameSize+ticketHMACKey] }
func (k *ticketKeySet) aesKey() []byte  { return k.raw[ticketNameSize+ticketHMACKey:] }

// generate makes random keys.
func (t *ticketKeys) generate() error {
	var raw [TicketKeysSize]byte
	if _, err := rand.Read(raw[:]); err != nil {
		return err
	}
	return t.set(raw[:])
}

func (t *ticketKeys) set(raw []byte) (err error) {
	k := &ticketKeySet{}
	copy(k.raw[:], raw)
	if k.block, err = aes.NewCipher(k.aesKey()); err != nil {
		return err
	}
	t.keys.Store(k)
	return nil
}

// SetTicketKeys is SSL_CTX_set_tlsext_ticket_keys: the name, the HMAC key and
// the AES key, TicketKeysSize bytes.
func (c *Ctx) SetTicketKeys(keys []byte) error {
	if len(keys) != TicketKeysSize {
		return fail(ReasonInvalidTicketKeysLength)
	}
	return c.tickets.set(keys)
}

// TicketKeys is SSL_CTX_get_tlsext_ticket_keys: it fills keys, TicketKeysSize bytes.
func (c *Ctx) TicketKeys(keys []byte) error {
	if len(keys) != TicketKeysSize {
		return fail(ReasonInvalidTicketKeysLength)
	}
	copy(keys, c.tickets.keys.Load().raw[:])
	return nil
}

// ticketPlaintext is what of a session goes into a ticket: all but the ID of one of
// TLS 1.2, which its client chooses.
// Nil if that is too long.
func (s *Session) ticketPlaintext() []byte {
	d := *s.data.Load()
	d.Ticket = nil
	if d.Version != iana.VersionTLS13 {
		d.ID = nil
	}
	der := d.marshal()
	if len(der) > maxTicketSession {
		return nil
	}
	return der
}

// sealTicket seals the session with the keys of the SSL_CTX; nil if it cannot be.
func (c *Ctx) sealTicket(s *Session) []byte {
	der := s.ticketPlaintext()
	if der == nil {
		return nil
	}
	k := c.tickets.keys.Load()
	pad := aes.BlockSize - len(der)%aes.BlockSize
	size := ticketNameSize + ticketIVSize + len(der) + pad
	out := make([]byte, size, size+ticketMACSize)
	copy(out, k.name())
	iv := out[ticketNameSize : ticketNameSize+ticketIVSize]
	if _, err := rand.Read(iv); err != nil {
		return nil
	}
	body := out[ticketNameSize+ticketIVSize:]
	copy(body, der)
	for i := len(der); i < len(body); i++ {
		body[i] = byte(pad)
	}
	cipher.NewCBCEncrypter(k.block, iv).CryptBlocks(body, body)
	mac := hmac.New(sha256.New, k.hmacKey())
	mac.Write(out)
	return mac.Sum(out)
}

// ticketStatus is how opening a ticket has ended.
type ticketStatus uint8

const (
	ticketNone ticketStatus = iota // cannot be opened: a full handshake, and a new ticket
	ticketGood
	ticketGoodRenew // good, and to be replaced
)

// openTicket opens a ticket with the keys of the SSL_CTX.
func (c *Ctx) openTicket(ticket []byte) (*Session, ticketStatus) {
	k := c.tickets.keys.Load()
	bodyAt := ticketNameSize + ticketIVSize
	if len(ticket) < bodyAt+aes.BlockSize+ticketMACSize || subtle.ConstantTimeCompare(ticket[:ticketNameSize], k.name()) != 1 {
		return nil, ticketNone
	}
	sealed, tag := ticket[:len(ticket)-ticketMACSize], ticket[len(ticket)-ticketMACSize:]
	mac := hmac.New(sha256.New, k.hmacKey())
	mac.Write(sealed)
	if !hmac.Equal(mac.Sum(nil), tag) {
		return nil, ticketNone
	}
	body := append([]byte(nil), sealed[bodyAt:]...)
	if len(body)%aes.BlockSize != 0 {
		return nil, ticketNone
	}
	cipher.NewCBCDecrypter(k.block, ticket[ticketNameSize:bodyAt]).CryptBlocks(body, body)
	pad := int(body[len(body)-1])
	if pad == 0 || pad > aes.BlockSize {
		return nil, ticketNone
	}
	s := sessionFromTicket(body[:len(body)-pad])
	if s == nil {
		return nil, ticketNone
	}
	return s, ticketGood
}

// sessionFromTicket is the session of an opened ticket; nil if it is none.
func sessionFromTicket(der []byte) *Session {
	s, rest, err := UnmarshalSession(der)
	if err != nil || len(rest) != 0 {
		return nil
	}
	return s
}
