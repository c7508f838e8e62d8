package wire

import "patina/core/iana"

// ParseFinished decodes a Finished (RFC 8446, section 4.4.4; RFC 5246, section
// 7.4.9), whose verify data must be size bytes long.
func ParseFinished(msg []byte, size int) (verifyData []byte, err error) {
	r, err := body(msg, iana.TypeFinished)
	if err != nil {
		return nil, err
	}
	if verifyData = r.take(size); !r.done() {
		return nil, malformed(iana.TypeFinished)
	}
	return verifyData, nil
}

// AppendFinished encodes a Finished.
func AppendFinished(dst, verifyData []byte) []byte {
	at := len(dst)
	dst = openMessage(dst, iana.TypeFinished)
	dst = append(dst, verifyData...)
	return closeMessage(dst, at)
}

// ParseKeyUpdate decodes a KeyUpdate (RFC 8446, section 4.6.3) and tells
// whether the peer asks for one in return.
func ParseKeyUpdate(msg []byte) (request bool, err error) {
	r, err := body(msg, iana.TypeKeyUpdate)
	if err != nil {
		return false, err
	}
	v := r.u8()
	if !r.done() {
		return false, malformed(iana.TypeKeyUpdate)
	}
	if v > 1 {
		return false, illegal(iana.TypeKeyUpdate, "request_update")
	}
	return v == 1, nil
}

// AppendKeyUpdate encodes a KeyUpdate.
func AppendKeyUpdate(dst []byte, request bool) []byte {
	at := len(dst)
	dst = openMessage(dst, iana.TypeKeyUpdate)
	var v byte
	if request {
		v = 1
	}
	dst = append(dst, v)
	return closeMessage(dst, at)
}

// ParseEmpty checks a message that has no content: HelloRequest,
// ServerHelloDone, EndOfEarlyData.
func ParseEmpty(msg []byte, t iana.HandshakeType) error {
	r, err := body(msg, t)
	if err != nil {
		return err
	}
	if !r.done() {
		return malformed(t)
	}
	return nil
}

// AppendEmpty encodes a message that has no content.
func AppendEmpty(dst []byte, t iana.HandshakeType) []byte { return openMessage(dst, t) }

// AppendMessageHash encodes the synthetic message that stands for the first
// ClientHello in the transcript after a HelloRetryRequest (RFC 8446, section
// 4.4.1).
func AppendMessageHash(dst, hash []byte) []byte {
	at := len(dst)
	dst = openMessage(dst, iana.TypeMessageHash)
	dst = append(dst, hash...)
	return closeMessage(dst, at)
}
