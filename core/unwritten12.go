package core

import "patina/core/wire"

func startClient12(c *Conn, sh *wire.ServerHello, m message) (state, Wait, error) { panic("unwritten") }

func startServer12(c *Conn) (state, Wait, error) { panic("unwritten") }


