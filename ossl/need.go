package ossl

import "patina/core/iana"

// Need is what an operation needs of the outside world before it goes on. The
// numbers are shared with ossl/capi/loop.h.
type Need uint8

// Needs, with the fields of [Step] they use and the answer ([Answer].Value)
// they take.
const (
	// NeedNothing: the operation has ended with Step.Ret.
	NeedNothing Need = iota
	// NeedRead: read from the read BIO into Data: at most len(Data), and at
	// most Min where SSL_set_read_ahead is off. Without Data, nothing is to be read
	// now: the program is told to try again. Answer.Received, Answer.EOF.
	NeedRead
	// NeedWrite: write all of Data to the write BIO, then flush it if Flush is
	// set. Answer.Sent. If Final is set the operation has ended with Ret once
	// that is done, and need not be stepped again: Sent goes with the next. If Spare
	// is set and the peer has gone, all of it counts as sent.
	NeedWrite
	// NeedEvents: deliver Events, in order, to the info, message and keylog
	// callbacks. No answer.
	NeedEvents
	// NeedClientHello: Callback is the client hello callback. Value: its
	// return value, Alert.
	NeedClientHello
	// NeedServerName: Callback is the servername callback. Value, Alert.
	NeedServerName
	// NeedALPN: Callback selects of Data, the client's list as on the wire.
	// Value: SSL_TLSEXT_ERR_..., Bytes: the protocol.
	NeedALPN
	// NeedCert: Callback is the certificate callback. Value.
	NeedCert
	// NeedClientCert: Callback is the client certificate callback; what it
	// gives is installed in the SSL. Value.
	NeedClientCert
	// NeedStatus: Callback is the OCSP status callback. Value. On a server the
	// response to staple is what SSL_set_tlsext_status_ocsp_resp has set.
	NeedStatus
	// NeedSign: sign Data, not yet hashed, with Scheme by the key of slot Num. Value: 1, Bytes: the signature;
	// or Result: why the certificate must not be presented.
	NeedSign
	// NeedVerify: the peer's chain is verified, Data: each certificate as its
	// length in four bytes, big endian, then its DER. Callback is that of
	// SSL_CTX_set_cert_verify_callback, Object that of SSL_set_verify, Num the
	// security level. Value: above 0 for
	// accepted, 0 refused, below 0 to ask again; Result: X509_V_ERR_...
	NeedVerify
	// NeedSessionNew: Callback is the new session callback, for Session. Value:
	// 1 if the callback has kept the reference.
	NeedSessionNew
	// NeedSessionGet: Callback looks up the session of ID Data. Session.
	NeedSessionGet
	// NeedSessionRemove: Callback is the remove session callback, for Session.
	NeedSessionRemove
	// NeedTicketOpen, NeedTicketSeal: Callback is the ticket key callback,
	// which sets up cipher and MAC; C opens or seals Data. Value: its return
	// value, Bytes: what came out of it.
	NeedTicketOpen
	NeedTicketSeal
	// NeedTicketAppData: the ticket callbacks of SSL_CTX_set_session_ticket_cb,
	// for Session: generating (Num 0), decrypted (Num: its SSL_TICKET_STATUS). Value.
	NeedTicketAppData
	// NeedSessionID: Callback generates a session ID. Value, Bytes.
	NeedSessionID
	// NeedPadding: Callback says how much to pad a record of application data,
	// which comes to Num bytes with its type. Value.
	NeedPadding
	// NeedNotResumable: Callback says whether the session to come is not to be
	// resumed; Num is 1 if its suite has forward secrecy. Value.
	NeedNotResumable
	// NeedEarlyData: Callback says whether early data is accepted. Value.
	NeedEarlyData
	// NeedPSKUseSession, NeedPSKClient: Callback chooses a PSK to offer; Value: 0
	// if it has failed, below 0 if a key is too long, Session, Bytes: the identity.
	NeedPSKUseSession
	NeedPSKClient
	// NeedPSKFindSession, NeedPSKServer: Callback looks for the PSK of the identity
	// Data. Value: 0 if it has failed, Session.
	NeedPSKFindSession
	NeedPSKServer
	// NeedSecurity: Callback is the security callback, Data Num questions to it, each
	// a struct patina_question of ossl/capi/loop.h. Bytes: the answers, one byte each.
	NeedSecurity
	// NeedCookie: Callback makes a cookie for the client. Value: 1, Bytes.
	NeedCookie
	// NeedCookieVerify: Callback judges the cookie Data. Value: 1.
	NeedCookieVerify
	// NeedExtensionAdd: Callback says what an extension Ext has, Object frees that; Cert
	// is the certificate it goes with, Num the slot of that or -1. Value, Alert, Bytes.
	NeedExtensionAdd
	// NeedExtensionParse: Callback judges Data of an extension Ext, and Cert the
	// certificate it came with. Value, Alert.
	NeedExtensionParse
	// NeedCT: Callback judges the timestamps of the peer's certificate. Value: below 0 if
	// they cannot be judged.
	NeedCT
)

// ExtStep is which extension a callback of SSL_CTX_add_custom_ext is for.
type ExtStep struct {
	Type, Context uint32
	Index         int // of the certificate
	Old           bool
}

// Step is where an operation has stopped. What its slices show is good until
// the next call on the SSL, except that of NeedRead and NeedWrite, which is
// memory of core.Settings.Buffers and good until the operation goes on.
type Step struct {
	Need     Need
	Flush    bool
	Final    bool
	Spare    bool // what is written is of no use to a peer that has gone: NewSessionTickets
	Try      bool // the operation has ended with Ret even if not all can be written now
	More     bool // a final write is followed by events: once all has been written, or tried in a handshake
	Ret      int  // of the operation: 1, or 0 or less
	Moved    int  // bytes read or written by the operation
	Data     []byte
	Min      int
	Num      int
	Callback Callback
	Object   Ptr
	Scheme   iana.SignatureScheme
	Ext      ExtStep
	Cert     []byte
	Session  *Session
	Events   []Event
	// Err, unless nil, is to be put on the error queue before anything else.
	Err error
}

// Answer is what the world says to a Need.
type Answer struct {
	// Sent bytes of the last NeedWrite, Received bytes of the last NeedRead.
	Sent, Received int
	// Lent, unless nil, is memory of C's that holds what has been received, from LentAt
	// on, which View.NextLead was. It is C's again after the Step.
	Lent   []byte
	LentAt int
	// EOF: the read BIO has ended.
	EOF bool
	// Ended: the operation of the last final NeedWrite has ended with its Ret,
	// which the program has been told.
	Ended bool
	// Tried: the last final NeedWrite with More has been tried.
	Tried bool
	// Need that Value answers; NeedNothing for none. An answer to what is not
	// needed any more is ignored.
	Need   Need
	Value  int
	Alert  uint8
	Result int32
	Bytes  []byte
	// Session is the answer to NeedSessionGet.
	Session *Session
}

// EventKind says which callback an Event is for.
type EventKind uint8

// Kinds of events.
const (
	EventInfo      EventKind = iota // Where, Ret
	EventMessage                    // Sent, Version, Type, Data
	EventKeylog                     // Data: the line, without newline
	EventExtension                  // Type, Data; Sent: this side is a client
)

// Event is a notification that waits to be delivered.
type Event struct {
	Kind     EventKind
	Sent     bool
	State    State // SSL_get_state while it is delivered
	InInit   bool  // SSL_in_init likewise
	Failed   bool  // the connection has failed, likewise
	Shutdown int   // SSL_get_shutdown likewise
	Callback Callback
	Where    int
	Ret      int
	Version  int
	Type     int
	Data     []byte
}
