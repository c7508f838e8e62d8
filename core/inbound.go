package core

import "patina/core/keys"

type inbound struct {
	app []byte
	eof bool
}

func (in *inbound) nextMessage(c *Conn) (m message, ok bool, err error) { panic("unwritten") }
func (in *inbound) expectCCS(c *Conn) (ok bool, err error)              { panic("unwritten") }
func (in *inbound) setSecret(c *Conn, s *keys.Secret) error             { panic("unwritten") }
func (in *inbound) setKeys(c *Conn, key, iv []byte) error               { panic("unwritten") }
func (in *inbound) consumeApp(n int)                                    { panic("unwritten") }
func (in *inbound) readBuffer(c *Conn) ([]byte, int)                    { panic("unwritten") }
func (in *inbound) received(n int)                                      { panic("unwritten") }
func (in *inbound) unprocessed() int                                    { panic("unwritten") }
func (in *inbound) release(c *Conn)                                     { panic("unwritten") }
func (in *inbound) free(c *Conn)                                        { panic("unwritten") }
