package core

import (
	"crypto/rand"
	"errors"
	"strings"
	"testing"

	"patina/core/iana"
)

// TestBadAnswers: an answer that cannot be used ends the handshake with an
// alert the peer gets; a refusal does with the owner's own.
func TestBadAnswers(t *testing.T) {
	id := identityOf(t, "p256")
	cred := &Credential{Chain: id.cred.Chain, Schemes: id.cred.Schemes}
	refusal := errors.New("not this one")
	for _, v := range bothVersions {
		for _, tt := range []struct {
			name   string
			ask    Ask
			params Params
			server answers
			client answers
			alert  iana.AlertDescription
		}{
			{"no signature", 0, Params{}, answers{WaitSign: func(c *Conn) error { c.AnswerSign(nil); return nil }}, nil, iana.AlertInternalError},
			{"a long signature", 0, Params{}, answers{WaitSign: func(c *Conn) error { c.AnswerSign(make([]byte, 8<<10+1)); return nil }}, nil, iana.AlertInternalError},
			{"a wrong signature", 0, Params{}, answers{WaitSign: func(c *Conn) error { return c.AnswerSign(make([]byte, 70)) }}, nil, iana.AlertDecryptError},
			{"a protocol too long", AskSelect, Params{}, answers{WaitSelect: func(c *Conn) error {
				c.AnswerSelect(Selection{ALPN: strings.Repeat("h", 256), ALPNDecided: true})
				return nil
			}}, nil, iana.AlertInternalError},
			{"a protocol not offered, which the client judges", AskSelect, Params{}, answers{WaitSelect: func(c *Conn) error {
				return c.AnswerSelect(Selection{ALPN: "h3", ALPNDecided: true})
			}, WaitSign: signWith(id)}, answers{}, iana.AlertDecodeError},
			{"another configuration without a credential", AskSelect, Params{}, answers{WaitSelect: func(c *Conn) error {
				return c.AnswerSelect(Selection{Config: configOf(t, nil)})
			}}, nil, iana.AlertHandshakeFailure},
			{"a hello refused", AskClientHello, Params{}, answers{WaitClientHello: func(c *Conn) error {
				c.Abort(iana.AlertUnrecognizedName, refusal)
				return nil
			}}, nil, iana.AlertUnrecognizedName},
			{"a chain refused by the client", 0, Params{}, answers{WaitSign: signWith(id)}, answers{WaitVerify: func(c *Conn) error {
				c.Abort(iana.AlertCertificateExpired, refusal)
				return nil
			}}, iana.AlertCertificateExpired},
			{"a chain refused by the server", 0, Params{ClientAuth: RequestClientCert}, answers{WaitSign: signWith(id), WaitVerify: func(c *Conn) error {
				c.Abort(iana.AlertUnknownCA, refusal)
				return nil
			}}, nil, iana.AlertUnknownCA},
			{"a chain nobody has judged", 0, Params{}, answers{WaitSign: signWith(id)}, answers{WaitVerify: func(c *Conn) error {
				if err := c.AnswerVerify(Verified{}); err != ErrNoQuestion {
					t.Errorf("AnswerVerify: %v", err)
				}
				c.Abort(iana.AlertBadCertificate, refusal)
				return nil
			}}, iana.AlertBadCertificate},
			{"a long staple", AskStaple, Params{}, answers{WaitStaple: func(c *Conn) error { c.AnswerStaple(make([]byte, 60<<10+1)); return nil }}, nil, iana.AlertInternalError},
		} {
			if tt.name == "a long staple" && v == iana.VersionTLS12 {
				continue // a message of its own, with 24 bits of length
			}
			t.Run(v.String()+"/"+tt.name, func(t *testing.T) {
				server := configOf(t, func(s *Settings) { s.Ask, s.Credentials = tt.ask, []*Credential{cred} })
				client := configOf(t, func(s *Settings) { s.ALPN, s.Credentials = []string{"h2"}, []*Credential{id.cred} })
				p := newPair(NewClient(client, Params{MinVersion: v, MaxVersion: v, RequestStaple: true}), NewServer(server, tt.params))
				tt.server.use(p.server)
				tt.client.use(p.client)
				cerr, serr := p.handshake()
				ours, theirs := serr, cerr
				if tt.client != nil || tt.alert == iana.AlertDecryptError {
					ours, theirs = cerr, serr
				}
				if ours == nil || alertOf(t, ours) != tt.alert {
					t.Fatalf("%v (the other side %v), want %v", ours, theirs, tt.alert)
				}
				if theirs != AlertError(tt.alert) {
					t.Errorf("the peer: %v, want the alert %v", theirs, tt.alert)
				}
				var ab *AbortError
				if errors.As(ours, &ab) && !errors.Is(ours, refusal) {
					t.Errorf("the owner's error is lost: %v", ours)
				}
			})
		}
	}
}

func signWith(id *identity) func(c *Conn) error {
	return func(c *Conn) error {
		scheme, msg := c.SignRequest()
		sig, err := id.cred.Signer.Sign(rand.Reader, scheme, msg)
		return errors.Join(err, c.AnswerSign(sig))
	}
}
