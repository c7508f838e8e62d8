package core

import (
	"bytes"
	"slices"

	"patina/core/iana"
	"patina/core/wire"
)

// Extensions that the engine does not know and its owner does (RFC 8446, section
// 4.2; RFC 5246, section 7.4.1.4). What they mean is the owner's; where they may
// stand is the engine's: a message answers only what the peer has sent, nothing
// comes twice, and nothing where Settings.CustomExtensions does not have it.

// CustomExtension is an extension of the owner's.
type CustomExtension struct {
	// Type is one that the engine does not know, or one of those it can do without
	// (signed_certificate_timestamp, signature_algorithms_cert, client_ and server_certificate_type,
	// compress_certificate, record_size_limit, quic_transport_parameters,
	// encrypted_client_hello), which it then leaves to the owner altogether.
	Type iana.ExtensionType
	// In is where it may stand, of both sides' messages.
	In wire.Messages
	// Data is what is sent in all of these, where Ask has no AskExtensions; of a
	// chain with the first certificate only.
	Data []byte
}

// CustomBlock is what one message, or one certificate in it, has of the owner's
// extensions.
type CustomBlock struct {
	In    wire.Messages // one of them
	Index int           // of the certificate
	Cert  []byte        // the certificate, DER
	// Extensions received, or, where some are wanted, those that may be sent, without
	// data.
	Extensions []wire.Extension
}

// maxCustomSent is how long the owner's extensions of one message may be together,
// in bytes, but for the ClientHello, which is limited as a whole.
const maxCustomSent = 16 << 10

// custom is what a connection remembers of the owner's extensions; made when the
// first is sent or received.
type custom struct {
	asked    CustomBlock // the question of WaitExtensions
	answered bool        // and its answer
	answer   []wire.Extension
	received []CustomBlock // not yet acknowledged: WaitReceived
	kept     []CustomBlock // where nobody is asked

	sent      []wire.Extension   // what the peer may answer
	requested []wire.Extension   // what this side may answer
	entries   [][]wire.Extension // of the certificates that are about to be sent
}

func (cfg *Config) compileCustom() error {
	cfg.CustomExtensions = slices.Clone(cfg.CustomExtensions)
	for i := range cfg.CustomExtensions {
		e := &cfg.CustomExtensions[i]
		if !wire.Overridable(e.Type) {
			return badSettings("the extension %v is the engine's", e.Type)
		}
		if cfg.customTypes.Find(e.Type) != nil {
			return badSettings("the custom extension %v twice", e.Type)
		}
		if len(e.Data) > maxCustomSent {
			return badSettings("the custom extension %v is too long", e.Type)
		}
		cfg.customTypes = append(cfg.customTypes, wire.CustomType{Type: e.Type, In: e.In})
		cfg.customIn |= e.In
	}
	return nil
}

// customState is c.custom, made if need be.
func (c *Conn) customState() *custom {
	if c.custom == nil {
		c.custom = new(custom)
	}
	return c.custom
}

// customFor is what the message in, or the certificate of that index in it, is to
// have of the owner's extensions. With ask set the owner is to be asked first
// (WaitExtensions), and this to be called again.
func (c *Conn) customFor(in wire.Messages, index int, cert []byte) (list []wire.Extension, ask bool) {
	if c.cfg.customIn&in == 0 {
		return nil, false
	}
	s := c.customState()
	if s.answered {
		list, s.answer, s.answered, s.asked = s.answer, nil, false, CustomBlock{}
		c.noteSent(in, list)
		return list, false
	}
	possible := c.customPossible(in, index)
	if len(possible) == 0 {
		c.noteSent(in, nil)
		return nil, false
	}
	if c.cfg.Ask&AskExtensions == 0 {
		c.noteSent(in, possible)
		return possible, false
	}
	for i := range possible {
		possible[i].Data = nil
	}
	s.asked = CustomBlock{in, index, cert, possible}
	return nil, true
}

// customPossible are the owner's extensions that the message may have.
func (c *Conn) customPossible(in wire.Messages, index int) (list []wire.Extension) {
	for i := range c.cfg.CustomExtensions {
		e := &c.cfg.CustomExtensions[i]
		if e.In&in == 0 || in&wire.InAnswers != 0 && !hasExtension(c.custom.requested, e.Type) ||
			index > 0 && c.cfg.Ask&AskExtensions == 0 {
			continue
		}
		list = append(list, wire.Extension{Type: e.Type, Data: e.Data})
	}
	return list
}

// noteSent remembers what the peer may answer: of the last hello, and of requests.
func (c *Conn) noteSent(in wire.Messages, list []wire.Extension) {
	switch in {
	case wire.InClientHello:
		c.custom.sent = list
	case wire.InCertificateRequest: // of which there may be any number
		for _, e := range list {
			if !hasExtension(c.custom.sent, e.Type) {
				c.custom.sent = append(c.custom.sent, e)
			}
		}
	}
}

func hasExtension(list []wire.Extension, t iana.ExtensionType) bool {
	return slices.ContainsFunc(list, func(e wire.Extension) bool { return e.Type == t })
}

// takeCustom takes the owner's extensions out of a message of the peer's.
func (c *Conn) takeCustom(in wire.Messages, index int, cert []byte, list []wire.Extension) error {
	if len(list) == 0 {
		return nil
	}
	s := c.customState()
	own := make([]wire.Extension, len(list))
	for i, e := range list {
		if in&wire.InAnswers != 0 && !hasExtension(s.sent, e.Type) {
			return failure(KindUnsolicitedExtension, e.Type.String()+" in "+in.String())
		}
		own[i] = wire.Extension{Type: e.Type, Data: bytes.Clone(e.Data)}
	}
	if in == wire.InClientHello || in == wire.InCertificateRequest {
		s.requested = own
	}
	b := CustomBlock{in, index, bytes.Clone(cert), own}
	if c.cfg.Ask&AskExtensions != 0 {
		s.received = append(s.received, b)
		return nil
	}
	if (in == wire.InNewSessionTicket || c.done) && index == 0 { // there may be any number of them
		s.kept = slices.DeleteFunc(s.kept, func(k CustomBlock) bool { return k.In == in })
	}
	s.kept = append(s.kept, b)
	return nil
}

// takeHelloCustom takes those of the ClientHello, which may be of another Config
// by now than when it came.
func (c *Conn) takeHelloCustom() error {
	if c.cfg.customIn&wire.InClientHello == 0 {
		return nil
	}
	c.customState().requested = nil
	var list []wire.Extension
	for _, e := range c.hs.hello.Extensions {
		if k := c.cfg.customTypes.Find(e.Type); k != nil && k.In&wire.InClientHello != 0 {
			list = append(list, e)
		}
	}
	return c.takeCustom(wire.InClientHello, 0, nil, list)
}

// customEntries gathers what goes with each of the credential's certificates; true
// as long as the owner is to be asked.
func (c *Conn) customEntries(cred *Credential) (ask bool) {
	if c.cfg.customIn&wire.InCertificate == 0 {
		return false
	}
	s := c.customState()
	for i := len(s.entries); i < len(cred.Chain); i++ {
		list, ask := c.customFor(wire.InCertificate, i, cred.Chain[i])
		if ask {
			return true
		}
		s.entries = append(s.entries, list)
	}
	return false
}

// putEntries puts what customEntries has gathered into the entries of a Certificate.
func (s *custom) putEntries(entries []wire.CertificateEntry) error {
	own := s.entries
	s.entries = nil
	for i := range min(len(own), len(entries)) {
		e := &entries[i]
		e.Custom = own[i]
		// They share 16 bits of length with the engine's own.
		if customLen(e.Custom)+len(e.Staple)+sctLen(e.SCTs) > maxEntryExtensions {
			return failure(KindInternal, "the extensions of a certificate are too long")
		}
	}
	return nil
}

// maxEntryExtensions is how long the extensions of a certificate may be, in bytes,
// without the headers of the engine's own.
const maxEntryExtensions = 1<<16 - 1 - 32

func customLen(list []wire.Extension) (n int) {
	for _, e := range list {
		n += 4 + len(e.Data)
	}
	return n
}

func sctLen(scts [][]byte) (n int) {
	for _, s := range scts {
		n += 2 + len(s)
	}
	return n
}

// ExtensionsWanted is the question of WaitExtensions: which of the owner's
// extensions may stand in which message.
func (c *Conn) ExtensionsWanted() CustomBlock {
	if c.custom == nil {
		return CustomBlock{}
	}
	return c.custom.asked
}

// AnswerExtensions gives the owner's extensions for the message of WaitExtensions,
// in the order in which they are sent: any of those that may stand in it, each
// once. In a ClientHello they may be as long as that can be, elsewhere 16 KiB
// together.
func (c *Conn) AnswerExtensions(list []wire.Extension) error {
	s := c.custom
	if s == nil || s.asked.In == 0 || s.answered || c.err != nil {
		return ErrNoQuestion
	}
	for i, e := range list {
		if !hasExtension(s.asked.Extensions, e.Type) || hasExtension(list[:i], e.Type) {
			return c.answered(nil, failure(KindInternal, e.Type.String()+" must not stand in "+s.asked.In.String()))
		}
	}
	if n := customLen(list); n > maxHelloSent || n > maxCustomSent && s.asked.In != wire.InClientHello {
		return c.answered(nil, failure(KindInternal, "custom extensions are too long"))
	}
	s.answer, s.answered = nil, true
	for _, e := range list {
		s.answer = append(s.answer, wire.Extension{Type: e.Type, Data: bytes.Clone(e.Data)})
	}
	return nil
}

// ReceivedExtensions is the question of WaitReceived: the owner's extensions in one
// message of the peer's, or with one certificate of it.
func (c *Conn) ReceivedExtensions() CustomBlock {
	if _, ok := c.state.(*customReceived); !ok {
		return CustomBlock{}
	}
	return c.custom.received[0]
}

// AnswerReceived goes on after WaitReceived. To refuse what has come, use Abort.
func (c *Conn) AnswerReceived() error {
	if s, ok := c.state.(*customReceived); ok {
		return c.answered(s.answerReceived(c))
	}
	return ErrNoQuestion
}

// customReceived stands before the next state as long as extensions of the owner's
// that have come are not acknowledged.
type customReceived struct{ next state }

func (s *customReceived) step(c *Conn) (state, Wait, error) { return s, WaitReceived, nil }

func (s *customReceived) answerReceived(c *Conn) (state, error) {
	if c.custom.received = c.custom.received[1:]; len(c.custom.received) > 0 {
		return s, nil
	}
	return s.next, nil
}

// CustomExtensions are the owner's extensions that the peer has sent, message by
// message, where Ask has no AskExtensions; of NewSessionTickets those of the last.
func (c *Conn) CustomExtensions() []CustomBlock {
	if c.custom == nil {
		return nil
	}
	return slices.Clone(c.custom.kept)
}
