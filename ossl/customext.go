package ossl

import (
	"slices"

	"patina/core"
	"patina/core/iana"
	"patina/core/wire"
)

// Extensions of the program's own (SSL_CTX_add_custom_ext(3)). The engine says when
// some may be sent and when some have come; which of them count is decided here, as
// OpenSSL does: by role, context, version and resumption.

// CustomExt is what a program has added.
type CustomExt struct {
	Type    uint32
	Role    Role   // RoleNone: both
	Context uint32 // SSL_EXT_...
	// Old is set for SSL_CTX_add_client_custom_ext and SSL_CTX_add_server_custom_ext,
	// whose callbacks have other parameters.
	Old       bool
	Add, Free Ptr
	AddArg    Ptr
	Parse     Ptr
	ParseArg  Ptr
}

// Contexts of extensions (SSL_EXT_...).
const (
	extTLS12Only          = 0x0010 // SSL_EXT_TLS1_2_AND_BELOW_ONLY
	extTLS13Only          = 0x0020
	extNotResumed         = 0x0040 // SSL_EXT_IGNORE_ON_RESUMPTION
	extClientHello        = 0x0080
	extServerHello12      = 0x0100
	extServerHello13      = 0x0200
	extEncrypted          = 0x0400
	extHelloRetryRequest  = 0x0800
	extCertificate        = 0x1000
	extNewSessionTicket   = 0x2000
	extCertificateRequest = 0x4000

	// ExtOld is the context of those that are added for one role.
	ExtOld = extTLS12Only | extClientHello | extServerHello12 | extNotResumed
)

// extContexts are the contexts that are messages.
var extContexts = [...]struct {
	context uint32
	in      wire.Messages
}{
	{extClientHello, wire.InClientHello}, {extServerHello12, wire.InServerHello12}, {extServerHello13, wire.InServerHello13},
	{extEncrypted, wire.InEncryptedExtensions}, {extHelloRetryRequest, wire.InHelloRetryRequest},
	{extCertificate, wire.InCertificate}, {extNewSessionTicket, wire.InNewSessionTicket},
	{extCertificateRequest, wire.InCertificateRequest},
}

func contextOf(in wire.Messages) uint32 {
	for _, c := range extContexts {
		if c.in == in {
			return c.context
		}
	}
	return 0
}

// of reports whether e is one of that role's, and concerns reports whether two roles
// have one in common.
func (e *CustomExt) of(r Role) bool { return e.Role == RoleNone || e.Role == r }

func concerns(a, b Role) bool { return a == RoleNone || b == RoleNone || a == b }

// AddCustomExt adds e; false if it cannot be added: another of its type is there, or
// the library handles it itself.
func (c *Ctx) AddCustomExt(e CustomExt) (ok bool) {
	if e.Add == 0 && e.Free != 0 && !e.Old || e.Type > 0xffff || !wire.Overridable(iana.ExtensionType(e.Type)) {
		return false
	}
	c.change(func(s *snapshot) {
		if e.Type == extSCT && e.Context&extClientHello != 0 && s.ct.Fn != 0 {
			return
		}
		if s.settings.customExt(e.Type, e.Role) {
			return
		}
		s.settings = s.settings.clone()
		s.custom = append(slices.Clip(s.custom), e)
		ok = true
	})
	return ok
}

// HasCustomExt reports whether there is one of that type for the role.
func (c *Ctx) HasCustomExt(typ uint32, r Role) bool { return c.snap.Load().customExt(typ, r) }

func (s *settings) customExt(typ uint32, r Role) bool {
	return slices.ContainsFunc(s.custom, func(e CustomExt) bool { return e.Type == typ && concerns(e.Role, r) })
}

// sends reports whether e is sent by that role: as in OpenSSL, a client also sends what
// has been added for servers, but not twice what has been added for both.
func (s *settings) sends(e *CustomExt, r Role) bool {
	return e.of(r) || r == RoleClient && !s.customExt(e.Type, RoleClient)
}

// customTypes are the engine's settings of those of a role.
func (s *settings) customTypes(server bool) (list []core.CustomExtension) {
	role := RoleClient
	if server {
		role = RoleServer
	}
	for i := range s.custom {
		e := &s.custom[i]
		if !s.sends(e, role) {
			continue
		}
		x := core.CustomExtension{Type: iana.ExtensionType(e.Type)}
		context := e.Context
		if e.Type == extSCT {
			context &= sctContexts
		}
		for _, c := range extContexts {
			if context&c.context != 0 {
				x.In |= c.in
			}
		}
		list = append(list, x)
	}
	return list
}

// customWork is how far the answer to the engine's question has come.
type customWork struct {
	next int // the next row to look at
	list []wire.Extension
}

// relevant reports whether e counts in a message of that context now.
func (s *SSL) relevant(e *CustomExt, context uint32) bool {
	is13 := s.conn.Version() == iana.VersionTLS13
	if s.role == RoleClient && context == extClientHello {
		is13 = false // as OpenSSL sees it, there is no version yet
	}
	switch {
	case e.Context&context == 0:
	case is13 && e.Context&extTLS12Only != 0:
	case !is13 && e.Context&extTLS13Only != 0 && (s.role == RoleServer || context != extClientHello):
	case e.Context&extNotResumed != 0 && s.SessionReused():
	default:
		return true
	}
	return false
}

// decideExtensions asks the add callbacks, in the order in which they were added, and
// gives the engine what they want sent.
func (s *SSL) decideExtensions() bool {
	w := s.conn.ExtensionsWanted()
	context := contextOf(w.In)
	if s.role == RoleClient && context == extClientHello && s.customWork.next == 0 {
		s.tellAhead(StateCWClientHello)
		if s.deliver() {
			return false
		}
	}
	for s.customWork.next < len(s.custom) {
		e := &s.custom[s.customWork.next]
		if !s.mayAdd(e, context, w.Extensions) {
			s.customWork.next++
			continue
		}
		if e.Add == 0 && !(e.Old && e.Free != 0) {
			// Without a callback a ClientHello has the extension, empty; what is added for
			// one role is answered so too.
			if context == extClientHello || e.Old {
				s.customWork.list = append(s.customWork.list, wire.Extension{Type: iana.ExtensionType(e.Type)})
			}
			s.customWork.next++
			continue
		}
		s.ask(NeedExtensionAdd, Callback{Fn: e.Add, Arg: e.AddArg})
		s.step.Object, s.step.Cert, s.step.Num = e.Free, w.Cert, -1
		if slot, ok := s.credentialSlot(); ok {
			s.step.Num = slot
		}
		s.step.Ext = ExtStep{Type: e.Type, Context: context, Index: w.Index, Old: e.Old}
		return false
	}
	list := s.customWork.list
	s.customWork = customWork{}
	return s.settled(s.conn.AnswerExtensions(list))
}

func (s *SSL) mayAdd(e *CustomExt, context uint32, possible []wire.Extension) bool {
	if !s.sends(e, s.role) || !s.relevant(e, context) || !slices.ContainsFunc(possible, func(x wire.Extension) bool { return uint32(x.Type) == e.Type }) {
		return false
	}
	if context == extClientHello && e.Context&extTLS13Only != 0 {
		_, highest, err := s.versionRange()
		return err == nil && highest >= iana.VersionTLS13
	}
	return true
}

// early reports whether e is parsed before others: OpenSSL has a place of its own for
// these types, and no use.
func (e *CustomExt) early() bool { return e.Type == extSCT || e.Type == extCryptopro }

const (
	extSCT       = uint32(iana.ExtSignedCertificateTimestamp)
	extCryptopro = 65000 // TLSEXT_TYPE_cryptopro_bug
	// sctContexts are where OpenSSL allows timestamps, whoever handles them.
	sctContexts = extClientHello | extServerHello12 | extCertificate
)

// decideReceived shows the parse callbacks what has come, in the order in which they
// were added.
func (s *SSL) decideReceived() bool {
	b := s.conn.ReceivedExtensions()
	context := contextOf(b.In)
	for s.customWork.next < 2*len(s.custom) {
		e := &s.custom[s.customWork.next%len(s.custom)]
		i := slices.IndexFunc(b.Extensions, func(x wire.Extension) bool { return uint32(x.Type) == e.Type })
		if i < 0 || e.Type == extCryptopro && s.conn.Version() == iana.VersionTLS13 || e.early() != (s.customWork.next < len(s.custom)) || e.Parse == 0 || !e.of(s.role) || !s.relevant(e, context) {
			s.customWork.next++
			continue
		}
		s.ask(NeedExtensionParse, Callback{Fn: e.Parse, Arg: e.ParseArg})
		s.step.Data, s.step.Cert = b.Extensions[i].Data, b.Cert
		s.step.Ext = ExtStep{Type: e.Type, Context: context, Index: b.Index, Old: e.Old}
		return false
	}
	s.customWork = customWork{}
	return s.settled(s.conn.AnswerReceived())
}

// answerExtension takes what an add or parse callback has returned.
func (s *SSL) answerExtension(a *Answer) {
	if len(s.custom) == 0 {
		return
	}
	e := &s.custom[s.customWork.next%len(s.custom)]
	s.customWork.next++
	switch {
	case a.Need == NeedExtensionParse && a.Value <= 0:
		s.refuse(iana.AlertDescription(a.Alert), fail(ReasonBadExtension))
	case a.Need == NeedExtensionAdd && a.Value < 0:
		s.refuse(iana.AlertDescription(a.Alert), fail(ReasonCallbackFailed))
	case a.Need == NeedExtensionAdd && a.Value > 0:
		s.customWork.list = append(s.customWork.list, wire.Extension{Type: iana.ExtensionType(e.Type), Data: slices.Clone(a.Bytes)})
	}
}

// credentialSlot is the slot of the certificate in use on this side.
func (s *SSL) credentialSlot() (slot int, ok bool) {
	if s.conn == nil || s.conn.Credential() == nil {
		return 0, false
	}
	slot, ok = s.conn.Credential().Tag.(int)
	return slot, ok
}

// CredentialSlot is the slot of the certificate that a server has chosen, -1 for none.
func (s *SSL) CredentialSlot() int {
	if slot, ok := s.credentialSlot(); ok {
		return slot
	}
	return -1
}
