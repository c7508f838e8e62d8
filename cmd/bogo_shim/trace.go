package main

import (
	"fmt"

	"patina/core/iana"
)

// trace writes down which messages pass, in the words of the runner.
type trace struct{ text string }

func (t *trace) Message(sent bool, _ iana.ProtocolVersion, typ iana.ContentType, data []byte) {
	way := "read"
	if sent {
		way = "write"
	}
	switch typ {
	case iana.ContentHandshake:
		t.text += fmt.Sprintf("%s hs %d\n", way, data[0])
	case iana.ContentChangeCipherSpec:
		t.text += way + " ccs\n"
	case iana.ContentAlert:
		t.text += fmt.Sprintf("%s alert %d %d\n", way, data[0], data[1])
	}
}

func (t *trace) RecordHeader(bool, []byte) {}

func (t *trace) InnerContentType(bool, iana.ContentType) {}

func (t *trace) Secret(string, []byte, []byte) {}
