package ossl

import (
	"errors"
	"strconv"
)

// Error is an error as OpenSSL reports it: an entry of the error queue.
type Error struct {
	// Lib is ERR_LIB_..., zero for ERR_LIB_SSL.
	Lib    int
	Reason Reason
	// Data is the text after the reason; may be empty.
	Data string
}

func (e *Error) Error() string {
	s := "ossl: SSL reason " + strconv.Itoa(int(e.Reason))
	if e.Data != "" {
		s += ": " + e.Data
	}
	return s
}

// fail makes an error of a reason.
func fail(r Reason) error { return &Error{Reason: r} }

// failData makes an error of a reason with text after it.
func failData(r Reason, data string) error { return &Error{Reason: r, Data: data} }

// errFailed is a failure that leaves nothing on the error queue.
var errFailed = errors.New("ossl: failed")

// Silent reports whether err is a failure that leaves nothing on the error queue.
func Silent(err error) bool { return errors.Is(err, errFailed) }
