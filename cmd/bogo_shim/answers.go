package main

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"

	"patina/core"
	"patina/core/iana"
)

// putOff is how often a question is left open with -async before it is
// answered: the engine must go on asking it.
const putOff = 2

// The shim's own refusals.
var (
	errHello    = errors.New(":refused by the owner: client hello")
	errCert     = errors.New(":refused by the owner: certificate")
	errVerify   = errors.New(":refused by the verifier:")
	errStaple   = errors.New(":refused by the owner: staple")
	errNoPSK    = errors.New(":refused by the owner: a certificate instead of a PSK")
	errProtocol = errors.New(":no application protocol: refused by the owner")
)

// answer answers the question the engine has stopped for.
func (c *conn) answer(w core.Wait) error {
	if c.o.Async {
		if c.asked != w {
			c.asked, c.asks = w, 0
		}
		if c.asks++; c.asks <= putOff {
			return nil
		}
		c.asked = core.WaitNone
	}
	switch w {
	case core.WaitClientHello:
		return c.answerHello()
	case core.WaitSessionLookup:
		return c.AnswerSession(c.memory.sessions[string(c.SessionID())])
	case core.WaitTicketOpen:
		s, renew := ownKeys.Open(c.Ticket())
		return c.AnswerTicket(s, renew || c.o.RenewTicket)
	case core.WaitTicketSeal:
		return c.answerSeal()
	case core.WaitSelect:
		return c.answerSelect()
	case core.WaitStaple:
		return c.answerStaple()
	case core.WaitCertificate:
		return c.answerCertificate()
	case core.WaitSign:
		return c.answerSign()
	case core.WaitVerify:
		return c.answerVerify()
	case core.WaitEarlyAccept:
		// Early data is for the settings of the application it was begun with.
		return c.AnswerEarlyData(string(c.Session().AppData) == c.o.QUICContext)
	case core.WaitSessionStore:
		s := c.NewSession()
		c.stored = s
		if c.o.Server {
			c.memory.sessions[string(s.ID)] = s
		}
		return c.AnswerStored(true)
	}
	return mustFail("the engine asks for %v", w)
}

// refuse ends the connection with an alert.
func (c *conn) refuse(alert iana.AlertDescription, err error) error {
	c.Abort(alert, err)
	return err
}

func (c *conn) answerHello() error {
	name := c.ClientHello().ServerName
	if c.o.ExpectNoName && name != "" || c.o.ExpectName != "" && name != c.o.ExpectName {
		return mustFail("server name %q", name)
	}
	if c.o.FailHello {
		return c.refuse(iana.AlertHandshakeFailure, errHello)
	}
	if c.o.FailDDoS {
		return c.refuse(iana.AlertInternalError, errHello)
	}
	return c.AnswerClientHello(nil, nil)
}

// ownKeys seal the tickets of a server that does so itself; every run of the
// shim has the same.
var ownKeys = func() *core.TicketKeys {
	k := new(core.TicketKeys)
	if err := k.Set(core.TicketKey{}); err != nil {
		panic(err)
	}
	return k
}()

func (c *conn) answerSeal() error {
	if c.o.SkipTicket {
		return c.AnswerSealed(nil, 0)
	}
	s := c.NewSession().Clone()
	s.AppData = []byte(c.o.QUICContext)
	ticket, err := ownKeys.Seal(rand.Reader, s)
	if err != nil {
		return err
	}
	return c.AnswerSealed(ticket, c.NewSession().Lifetime)
}

func (c *conn) answerSelect() error {
	if c.o.FailCert {
		return c.refuse(iana.AlertInternalError, errCert)
	}
	if prefs := c.o.ExpectPeerPrefs; len(prefs) > 0 {
		if got, want := c.PeerSignatureSchemes(), prefsOf(prefs); !slices.Equal(got, want) {
			return mustFail("the peer's signature schemes are %v, not %v", got, want)
		}
	}
	// RFC 6066, section 3: not when a session is resumed.
	sel := core.Selection{AckServerName: !c.o.NoNameAck && !c.Resumed(), ALPNDecided: true}
	if offered := c.ClientHello().ALPN; len(offered) > 0 && !c.o.DeclineALPN {
		if c.o.ExpectAdvertised != "" {
			want, err := protocols(c.o.ExpectAdvertised)
			if err != nil || !slices.Equal(offered, want) {
				return mustFail("the client offers %q", offered)
			}
		}
		if c.o.RejectALPN {
			return c.refuse(iana.AlertNoApplicationProtocol, errProtocol)
		}
		sel.ALPN = c.o.SelectALPN
	}
	return c.AnswerSelect(sel)
}

func prefsOf(ids []int) (list []iana.SignatureScheme) {
	for _, id := range ids {
		list = append(list, iana.SignatureScheme(id))
	}
	return list
}

func (c *conn) answerStaple() error {
	if c.o.OCSPFail {
		return c.refuse(iana.AlertInternalError, errStaple)
	}
	if c.o.OCSPDecline {
		return c.AnswerStaple(nil)
	}
	return c.AnswerStaple(c.o.def.OCSP)
}

func (c *conn) answerCertificate() error {
	req := c.CertificateRequest()
	if c.o.FailCert {
		return c.refuse(iana.AlertInternalError, errCert)
	}
	if c.o.ExpectClientCAs != "" {
		want, err := names(c.o.ExpectClientCAs)
		if err != nil || !slices.EqualFunc(req.Authorities, want, bytes.Equal) {
			return mustFail("the server's authorities are %x", req.Authorities)
		}
	}
	if creds := c.Config().Credentials; len(creds) > 0 {
		return c.AnswerCertificate(creds[0])
	}
	return c.AnswerCertificate(nil)
}

func (c *conn) answerSign() error {
	scheme, message := c.SignRequest()
	signature, err := c.Credential().Tag.(tag).signer.Sign(rand.Reader, scheme, message)
	if err != nil {
		return err
	}
	return c.AnswerSign(signature)
}

func (c *conn) answerVerify() error {
	c.takeRejection()
	if c.verified++; c.verified > 1 {
		return mustFail("the peer's chain is judged twice")
	}
	if c.o.needsPSK() {
		return c.refuse(iana.AlertMissingExtension, errNoPSK)
	}
	if err := c.checkOverride(); err != nil {
		return err
	}
	if len(c.o.ExpectOCSP) > 0 && len(c.PeerStaple()) == 0 {
		return mustFail("no stapled response at the verifier")
	}
	if c.o.OCSPFail && !c.o.Server {
		return c.refuse(iana.AlertBadCertificateStatusResponse, errStaple)
	}
	if !c.expectedRaw() {
		return c.refuse(iana.AlertCertificateUnknown, fmt.Errorf("%w another raw public key", errVerify))
	}
	raw, _ := c.PeerRawPublicKey()
	if c.o.VerifyFail && (len(raw) > 0 || c.o.VerifyPeer || c.o.RequireCert || c.o.CustomVerify) {
		alert := iana.AlertHandshakeFailure
		if c.o.CustomVerify {
			alert = iana.AlertCertificateUnknown
		}
		return c.refuse(alert, fmt.Errorf("%w the test wants it", errVerify))
	}
	return c.AnswerVerify(core.AcceptVerified())
}
