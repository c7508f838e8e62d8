package tlsnet

import (
	"fmt"
	"io"

	"patina/core"
	"patina/core/iana"
)

// observe gives the engine what the Config wants to see of it.
func (c *Conn) observe() {
	var o core.Observer
	if c.o.Observer != nil {
		o = c.o.Observer()
	}
	if c.o.KeyLog != nil {
		o = keyLog{o, c.o.KeyLog}
	}
	if o != nil {
		c.eng.SetObserver(o)
	}
}

// keyLog writes SSLKEYLOGFILE lines (RFC 9850); next, if not nil, sees everything.
type keyLog struct {
	next core.Observer
	w    io.Writer
}

func (k keyLog) Message(sent bool, v iana.ProtocolVersion, typ iana.ContentType, data []byte) {
	if k.next != nil {
		k.next.Message(sent, v, typ, data)
	}
}

func (k keyLog) RecordHeader(sent bool, header []byte) {
	if k.next != nil {
		k.next.RecordHeader(sent, header)
	}
}

func (k keyLog) InnerContentType(sent bool, typ iana.ContentType) {
	if k.next != nil {
		k.next.InnerContentType(sent, typ)
	}
}

func (k keyLog) Secret(label string, clientRandom, secret []byte) {
	fmt.Fprintf(k.w, "%s %x %x\n", label, clientRandom, secret)
	if k.next != nil {
		k.next.Secret(label, clientRandom, secret)
	}
}
