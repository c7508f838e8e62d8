package tlsnet

import (
	"errors"
	"fmt"

	"patina/core"
	"patina/core/iana"
)

// answer answers the question w from the Config, with rd held and mu not, so that
// what the Config's functions do holds nobody up. An error has ended the
// connection; its alert waits to be sent.
func (c *Conn) answer(w core.Wait) error {
	switch w {
	case core.WaitVerify:
		return c.verify()
	case core.WaitSessionStore:
		return c.store()
	case core.WaitSessionLookup:
		id := c.eng.SessionID()
		s := c.o.ServerSessions.Load(id)
		return c.reply(0, nil, func() error { return c.eng.AnswerSession(s) })
	case core.WaitClientHello:
		return c.choose()
	case core.WaitCertificate:
		cred, err := c.o.ClientCertificate(c.eng.CertificateRequest())
		return c.reply(iana.AlertInternalError, err, func() error { return c.eng.AnswerCertificate(cred) })
	case core.WaitSign:
		if c.o.Sign == nil {
			return c.reply(iana.AlertInternalError, errors.New("tls: the credential has no Signer and the Config no Sign"), nil)
		}
		scheme, message := c.eng.SignRequest()
		signature, err := c.o.Sign(c.eng.Credential(), scheme, message)
		return c.reply(iana.AlertInternalError, err, func() error { return c.eng.AnswerSign(signature) })
	case core.WaitStaple:
		response := c.o.Staple(c.eng.Credential())
		return c.reply(0, nil, func() error { return c.eng.AnswerStaple(response) })
	}
	return c.reply(iana.AlertInternalError, fmt.Errorf("tls: nobody answers the question %v", w), nil)
}

// reply gives the engine an answer or, with an error, ends the connection with
// the alert.
func (c *Conn) reply(alert iana.AlertDescription, err error, answer func() error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		c.eng.Abort(alert, err)
		return err
	}
	return answer()
}

// choose lets another Server answer for this client.
func (c *Conn) choose() error {
	s, err := c.o.ForClient(c.eng.ClientHello())
	if err != nil {
		return c.reply(iana.AlertUnrecognizedName, err, nil)
	}
	return c.reply(0, nil, func() error {
		if s == nil || s.o == c.o {
			return c.eng.AnswerClientHello(nil, nil)
		}
		s.o.rotateTickets()
		c.o = s.o
		return c.eng.AnswerClientHello(s.o.engine, &s.o.Params)
	})
}
