package iana

import "fmt"

// ContentType is the type of a record (RFC 8446, section 5.1).
type ContentType uint8

// Content types.
const (
	ContentInvalid          ContentType = 0
	ContentChangeCipherSpec ContentType = 20
	ContentAlert            ContentType = 21
	ContentHandshake        ContentType = 22
	ContentApplicationData  ContentType = 23
	ContentHeartbeat        ContentType = 24
)

func (t ContentType) String() string {
	switch t {
	case ContentInvalid:
		return "invalid"
	case ContentChangeCipherSpec:
		return "change_cipher_spec"
	case ContentAlert:
		return "alert"
	case ContentHandshake:
		return "handshake"
	case ContentApplicationData:
		return "application_data"
	case ContentHeartbeat:
		return "heartbeat"
	}
	return fmt.Sprintf("ContentType(%d)", uint8(t))
}
