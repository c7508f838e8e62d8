package main

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"patina/core/iana"
)

// trace writes down which messages pass, in the words of the runner, and keeps
// the secrets.
type trace struct {
	text    string
	secrets map[string][]byte // by SSLKEYLOGFILE label
}

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

func (t *trace) Secret(label string, _, secret []byte) {
	if t.secrets == nil {
		t.secrets = make(map[string][]byte)
	}
	t.secrets[label] = bytes.Clone(secret)
}

// traffic are the traffic secrets that a side reads and writes with, after their
// length, as the runner wants them.
func (t *trace) traffic(server bool) []byte {
	read, write := t.secrets["SERVER_TRAFFIC_SECRET_0"], t.secrets["CLIENT_TRAFFIC_SECRET_0"]
	if server {
		read, write = write, read
	}
	b := binary.LittleEndian.AppendUint16(nil, uint16(len(read)))
	return append(append(b, read...), write...)
}
