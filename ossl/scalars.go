package ossl

import "patina/core/iana"

// scalars are the settings that programs change on single connections without
// a second thought. An SSL copies them from its SSL_CTX when it is made; after
// that each has its own. The methods on it serve both, SSL_CTX_set_... and
// SSL_set_...; a Ctx publishes the change (Ctx.change).
type scalars struct {
	options        uint64
	mode           uint32
	readAhead      bool
	readAheadValue int  // as it was set
	readBuffer     int  // bytes, SSL_CTX_set_default_read_buffer_len; 0: as much as a record takes
	quiet          bool // SSL_CTX_set_quiet_shutdown
	tickets        int  // SSL_CTX_set_num_tickets
	minVersion     iana.ProtocolVersion
	maxVersion     iana.ProtocolVersion

	verifyMode     int
	verifyCallback Ptr
	securityLevel  int

	sessionContext [32]byte // SSL_set_session_id_context
	sessionCtxLen  int

	maxCertList       int // bytes of the peer's certificate message
	maxSendFragment   int
	splitSendFragment int
	maxPipelines      int
	maxFragmentLength uint8  // TLSEXT_max_fragment_length_...
	statusType        int    // TLSEXT_STATUSTYPE_..., -1 for none
	certFlags         uint32 // SSL_CERT_FLAG_...
	postHandshakeAuth bool
	maxEarlyData      uint32 // SSL_CTX_set_max_early_data
	recvEarlyData     uint32 // SSL_CTX_set_recv_max_early_data

	infoCallback    Ptr      // SSL_set_info_callback
	messageCallback Callback // SSL_set_msg_callback and its argument
	extensionDebug  Callback // SSL_set_tlsext_debug_callback and its argument
	notResumable    Ptr      // SSL_set_not_resumable_session_callback
	generateID      Ptr      // SSL_set_generate_session_id
	certCallback    Callback
	padding         Callback
	allowEarlyData  Callback // SSL_set_allow_early_data_cb
	pskClient       Ptr      // SSL_set_psk_client_callback and so on
	pskServer       Ptr
	pskFindSession  Ptr
	pskUseSession   Ptr
	pskHint         string // SSL_use_psk_identity_hint, without a NUL
	blockPadding    int    // SSL_set_block_padding
	security        Callback
	daneFlags       uint64   // DANE_FLAG_...
	ct              Callback // SSL_set_ct_validation_callback
}

// Modes (SSL_MODE_...).
const (
	modePartialWrite     = 0x1
	modeMovingBuffer     = 0x2
	modeAutoRetry        = 0x4
	modeNoAutoChain      = 0x8
	modeReleaseBuffers   = 0x10
	modeSendFallbackSCSV = 0x80
	modeAsync            = 0x100
)

// Options (SSL_OP_...), named as there.
const (
	opNoExtendedMasterSecret   = 1 << 0
	opNoCompression            = 1 << 17
	opIgnoreUnexpectedEOF      = 1 << 7
	opAllowNoDHEKEX            = 1 << 10
	opNoTicket                 = 1 << 14
	opNoResumption             = 1 << 16 // on renegotiation
	opMiddleboxCompat          = 1 << 20
	opPrioritizeChaCha         = 1 << 21
	opCipherServerPreference   = 1 << 22
	opNoSSLv3                  = 1 << 25
	opNoTLSv1                  = 1 << 26
	opNoTLSv12                 = 1 << 27
	opNoTLSv11                 = 1 << 28
	opNoTLSv13                 = 1 << 29
	opNoRenegotiation          = 1 << 30
	opNoAntiReplay             = 1 << 24
	opDisableTLSExtCANames     = 1 << 9
	opAllowUnsafeRenegotiation = 1 << 18
)

// Verification modes (SSL_VERIFY_...).
const (
	verifyNone          = 0
	verifyPeer          = 1
	verifyFailIfNoPeer  = 2
	verifyClientOnce    = 4
	verifyPostHandshake = 8
)
