package core

import (
	"errors"
	"fmt"

	"patina/core/iana"
)

// Errors that are not about the peer.
var (
	// ErrNoQuestion: an answer came to a question that does not stand.
	ErrNoQuestion = errors.New("tls: no such question stands")
	// ErrUnexpectedEOF: the transport has ended without a close_notify.
	ErrUnexpectedEOF = errors.New("tls: unexpected end of the transport")
	// ErrClosed: this side has sent its close_notify; nothing can be written.
	ErrClosed = errors.New("tls: this side is closed")
	// ErrFreed: the connection has been freed.
	ErrFreed = errors.New("tls: the connection has been freed")
	// ErrHandshake: the operation needs a complete handshake.
	ErrHandshake = errors.New("tls: the handshake is not complete")
)

// Error is a connection's permanent failure, caused by what the peer sent or
// by what this side cannot do.
type Error struct {
	Kind   Kind
	Detail string // for people; may be empty
	Err    error  // the cause, or nil
}

func (e *Error) Error() string {
	s := "tls: " + e.Kind.String()
	if e.Detail != "" {
		s += ": " + e.Detail
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *Error) Unwrap() error { return e.Err }

// failure makes an Error. A nil cause is allowed.
func failure(k Kind, detail string) error { return &Error{Kind: k, Detail: detail} }

// isKind reports whether err is of the kind k.
func isKind(err error, k Kind) bool {
	e, ok := err.(*Error)
	return ok && e.Kind == k
}

func failureOf(k Kind, cause error) error { return &Error{Kind: k, Err: cause} }

// AlertError is a fatal alert of the peer.
type AlertError iana.AlertDescription

func (e AlertError) Error() string {
	return "tls: the peer sent the alert " + iana.AlertDescription(e).String()
}

// AbortError is what [Conn.Abort] has put on a connection: the owner's error
// and the alert it chose.
type AbortError struct {
	Alert iana.AlertDescription
	Err   error
}

func (e *AbortError) Error() string {
	if e.Err == nil {
		return "tls: aborted: " + e.Alert.String()
	}
	return fmt.Sprintf("tls: aborted: %s: %v", e.Alert, e.Err)
}

func (e *AbortError) Unwrap() error { return e.Err }

// AlertOf derives the alert that tells the peer of err. It is the only place
// where an alert is chosen. ok is false where no alert is due: the peer has
// ended the connection itself.
func AlertOf(err error) (alert iana.AlertDescription, ok bool) {
	// First what this side decided, whatever its cause.
	var ab *AbortError
	if errors.As(err, &ab) {
		return ab.Alert, true
	}
	var e *Error
	if errors.As(err, &e) && int(e.Kind) < len(kinds) {
		alert = kinds[e.Kind].alert
		return alert, alert != iana.AlertCloseNotify
	}
	var ae AlertError
	if errors.As(err, &ae) || errors.Is(err, ErrUnexpectedEOF) || errors.Is(err, ErrFreed) || errors.Is(err, ErrExtracted) ||
		errors.Is(err, errPeerClosed) {
		return 0, false
	}
	return iana.AlertInternalError, true
}
