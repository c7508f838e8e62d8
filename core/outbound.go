package core

import (
	"patina/core/iana"
	"patina/core/keys"
)

type outbound struct {
	flight []byte
}

func (o *outbound) queueCCS(c *Conn) error                  { panic("unwritten") }
func (o *outbound) setSecret(c *Conn, s *keys.Secret) error { panic("unwritten") }
func (o *outbound) setKeys(c *Conn, key, iv []byte) error   { panic("unwritten") }
func (o *outbound) sealFlight(c *Conn) error                { panic("unwritten") }
func (o *outbound) alert(c *Conn, level iana.AlertLevel, alert iana.AlertDescription) {
	panic("unwritten")
}
func (o *outbound) write(c *Conn, p []byte) (int, error) { panic("unwritten") }
func (o *outbound) wantKeyUpdate(request bool)           { panic("unwritten") }
func (o *outbound) pending() []byte                      { panic("unwritten") }
func (o *outbound) sent(c *Conn, n int)                  { panic("unwritten") }
func (o *outbound) release(c *Conn)                      { panic("unwritten") }
func (o *outbound) free(c *Conn)                         { panic("unwritten") }
