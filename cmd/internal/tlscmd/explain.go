package tlscmd

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"

	"patina/core"
	"patina/core/iana"
	"patina/core/pki"
	"patina/core/tlsnet"
)

// Shaking marks an error as one that has ended a handshake, which Explain says
// where it makes a difference.
func Shaking(err error) error {
	if err == nil {
		return nil
	}
	return &shakingError{err}
}

type shakingError struct{ error }

func (e *shakingError) Unwrap() error { return e.error }

// Explain says what went wrong in words a person can act on. client says whose
// side tells it.
func Explain(err error, client bool) string {
	peer := "client"
	if client {
		peer = "server"
	}
	var cert *tlsnet.CertificateError
	var alert core.AlertError
	var failure *core.Error
	var rejected *core.ECHRejectedError
	var dns *net.DNSError
	var op *net.OpError
	var shaking *shakingError
	switch {
	case errors.As(err, &cert):
		return plain(cert) + adviceFor(cert, client)
	case errors.As(err, &rejected):
		if len(rejected.RetryConfigs) == 0 {
			return fmt.Sprintf("the server (%s) does not do Encrypted Client Hello; connect without -ech", rejected.PublicName)
		}
		return fmt.Sprintf("the server (%s) does not know this ECH configuration and offers another; get a fresh one for -ech", rejected.PublicName)
	case errors.As(err, &alert):
		return explainAlert(iana.AlertDescription(alert), peer)
	case errors.As(err, &failure):
		return explainKind(failure, peer)
	case errors.As(err, &dns):
		return fmt.Sprintf("the name %q cannot be resolved: %s", dns.Name, dns.Err)
	case errors.Is(err, syscall.ECONNREFUSED) && errors.As(err, &op):
		return fmt.Sprintf("nobody listens on %v", op.Addr)
	case errors.Is(err, syscall.EADDRINUSE) && errors.As(err, &op):
		return fmt.Sprintf("%v is in use by another program", op.Addr)
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return fmt.Sprintf("the %s has cut the connection", peer)
	case errors.Is(err, io.ErrUnexpectedEOF) && errors.As(err, &shaking):
		return fmt.Sprintf("the %s has closed the connection in the middle of the handshake, without saying why", peer)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Sprintf("the %s has ended the connection without saying so (no close_notify): what came may be incomplete", peer)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Sprintf("the %s did not answer in time (%s)", peer, plain(err))
	}
	return plain(err)
}

// plain is an error's text without the name of the library, which says nothing to
// whoever has called a command.
func plain(err error) string { return strings.ReplaceAll(err.Error(), "tls: ", "") }

// adviceFor is what the flags can do about a chain that is refused.
func adviceFor(e *tlsnet.CertificateError, client bool) string {
	roots := map[bool]string{true: "-cafile", false: "-auth"}[client]
	switch e.Reason {
	case pki.NoIssuer, pki.NoIssuerLocally, pki.SelfSignedLeaf, pki.SelfSignedInChain:
		return fmt.Sprintf(" (%s names the roots to trust)", roots)
	case pki.HostnameMismatch, pki.IPAddressMismatch:
		return " (-name says whom to expect)"
	}
	return ""
}

// alerts are what the peer means by an alert; %s is the peer.
var alerts = map[iana.AlertDescription]string{
	iana.AlertHandshakeFailure:       "the %s found nothing in common with what we offer (suites, groups, signatures), or wants a certificate of ours",
	iana.AlertProtocolVersion:        "the %s speaks none of the versions of TLS we allow",
	iana.AlertUnknownCA:              "the %s does not trust the authority that issued our certificate",
	iana.AlertBadCertificate:         "the %s does not accept our certificate",
	iana.AlertCertificateExpired:     "our certificate has expired, says the %s",
	iana.AlertCertificateRevoked:     "our certificate has been revoked, says the %s",
	iana.AlertCertificateUnknown:     "the %s does not accept our certificate and does not say why",
	iana.AlertUnsupportedCertificate: "the %s cannot use a certificate of this kind",
	iana.AlertCertificateRequired:    "the %s requires a certificate of ours (-auth-certs, -auth-key)",
	iana.AlertUnrecognizedName:       "the %s does not know the name we asked for",
	iana.AlertNoApplicationProtocol:  "the %s speaks none of our application protocols (-proto)",
	iana.AlertInsufficientSecurity:   "the %s finds what we offer too weak",
	iana.AlertDecryptError:           "the %s could not verify a signature or Finished of ours: is the right key in use?",
	iana.AlertInternalError:          "something has gone wrong inside the %s",
	iana.AlertAccessDenied:           "the %s does not let us in",
	iana.AlertInappropriateFallback:  "the %s could speak a higher version and thinks that somebody is lowering it",
	iana.AlertECHRequired:            "the %s would not go on, since Encrypted Client Hello was rejected",
}

func explainAlert(a iana.AlertDescription, peer string) string {
	if words := alerts[a]; words != "" {
		return fmt.Sprintf(words, peer) + " (alert " + a.String() + ")"
	}
	return "the " + peer + " ended the connection with the alert " + a.String()
}

// kinds are what an error of ours means; %s is the peer.
var kinds = map[core.Kind]string{
	core.KindHTTPRequest:           "the %s speaks HTTP without TLS on this port",
	core.KindNotTLS:                "the %s does not speak TLS on this port",
	core.KindBadRecordType:         "the %s does not speak TLS on this port",
	core.KindWrongVersionNumber:    "the %s does not speak TLS, or none of its versions we have, on this port",
	core.KindUnsupportedProtocol:   "the %s speaks none of the versions of TLS we allow (-protover)",
	core.KindNoSharedCipher:        "there is no cipher suite that both we and the %s have (-suite)",
	core.KindNoSharedGroup:         "there is no key exchange group that both we and the %s have (-group)",
	core.KindNoCredential:          "none of our certificates is of a kind that the %s accepts",
	core.KindNoApplicationProtocol: "there is no application protocol that both we and the %s have (-proto)",
	core.KindCertificateRequired:   "the %s has shown no certificate, and one is required",
	core.KindNoPeerCertificate:     "the %s has shown no certificate, and one is required",
	core.KindBadRecordMAC:          "what came from the %s has been changed on the way, or was sealed with other keys",
	core.KindUnsafeRenegotiation:   "the %s is too old: it does not know secure renegotiation (RFC 5746)",
	core.KindDowngrade:             "the %s was made to believe that we only speak an older version: somebody may be on the way",
}

func explainKind(e *core.Error, peer string) string {
	if words := kinds[e.Kind]; words != "" {
		if words = fmt.Sprintf(words, peer); e.Detail != "" {
			words += "; " + e.Detail
		}
		return words
	}
	switch e.Kind {
	case core.KindInternal, core.KindSigningFailed, core.KindBadCredential, core.KindNoCiphersAvailable, core.KindNoECHConfig:
		return plain(e) // our own
	}
	return "the " + peer + " broke the protocol: " + plain(e)
}
