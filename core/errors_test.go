package core

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"patina/core/iana"
)

// TestKinds: every kind has a name of its own and an alert, or none on purpose.
func TestKinds(t *testing.T) {
	silent := map[Kind]bool{KindHTTPRequest: true, KindHTTPSProxyRequest: true, KindNotTLS: true}
	names := map[string]Kind{}
	for k := Kind(0); int(k) < len(kinds); k++ {
		name := k.String()
		if name == "" || name == Kind(255).String() {
			t.Errorf("kind %d has no name", k)
		}
		if other, ok := names[name]; ok && !(other == KindNoPeerCertificate && k == KindCertificateRequired) {
			t.Errorf("kinds %d and %d are both %q", other, k, name)
		}
		names[name] = k
		alert, ok := AlertOf(failure(k, "detail"))
		if ok == silent[k] {
			t.Errorf("%v: alert %v, %v", k, alert, ok)
		}
		// Through a wrapping error, the same.
		if a, o := AlertOf(fmt.Errorf("wrapped: %w", failure(k, ""))); o != ok || ok && a != alert {
			t.Errorf("%v: wrapped, the alert is %v", k, a)
		}
	}
	if int(kindEnd) != len(kinds) {
		t.Errorf("%d kinds are described", len(kinds))
	}
}

func TestAlertOf(t *testing.T) {
	for _, c := range []struct {
		err  error
		want iana.AlertDescription
		ok   bool
	}{
		{AlertError(iana.AlertHandshakeFailure), 0, false},
		{ErrUnexpectedEOF, 0, false},
		{ErrFreed, 0, false},
		{io.EOF, 0, false},
		{&AbortError{Alert: iana.AlertUnknownCA, Err: io.EOF}, iana.AlertUnknownCA, true},
		{failureOf(KindInternal, io.EOF), iana.AlertInternalError, true},
		{&AbortError{Alert: iana.AlertUnknownCA}, iana.AlertUnknownCA, true},
		{errors.New("anything else"), iana.AlertInternalError, true},
	} {
		if a, ok := AlertOf(c.err); ok != c.ok || ok && a != c.want {
			t.Errorf("%v: %v, %v", c.err, a, ok)
		}
	}
}

func TestErrorTexts(t *testing.T) {
	for want, err := range map[string]error{
		"tls: unexpected message: finished":       unexpected(iana.TypeFinished),
		"tls: bad signature: EOF":                 failureOf(KindBadSignature, io.EOF),
		"tls: the peer sent the alert unknown_ca": AlertError(iana.AlertUnknownCA),
		"tls: aborted: unknown_ca: EOF":           &AbortError{iana.AlertUnknownCA, io.EOF},
		"tls: aborted: unknown_ca":                &AbortError{Alert: iana.AlertUnknownCA},
	} {
		if err.Error() != want {
			t.Errorf("%q, want %q", err, want)
		}
	}
	if !errors.Is(failureOf(KindDecode, io.EOF), io.EOF) || !errors.Is(&AbortError{Err: io.EOF}, io.EOF) {
		t.Error("the cause is lost")
	}
}
