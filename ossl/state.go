package ossl

// State is OSSL_HANDSHAKE_STATE: where the handshake is (SSL_get_state(3)).
// The numbers are those of <openssl/ssl.h>.
type State int32

// States that TLS 1.2 and TLS 1.3 pass through.
const (
	StateBefore                State = 0
	StateOK                    State = 1
	StateCRServerHello         State = 3
	StateCRCert                State = 4
	StateCRCertStatus          State = 5
	StateCRKeyExchange         State = 6
	StateCRCertRequest         State = 7
	StateCRServerDone          State = 8
	StateCRSessionTicket       State = 9
	StateCRChange              State = 10
	StateCRFinished            State = 11
	StateCWClientHello         State = 12
	StateCWCert                State = 13
	StateCWKeyExchange         State = 14
	StateCWCertVerify          State = 15
	StateCWChange              State = 16
	StateCWFinished            State = 18
	StateSWHelloRequest        State = 19
	StateSRClientHello         State = 20
	StateSWServerHello         State = 22
	StateSWCert                State = 23
	StateSWKeyExchange         State = 24
	StateSWCertRequest         State = 25
	StateSWServerDone          State = 26
	StateSRCert                State = 27
	StateSRKeyExchange         State = 28
	StateSRCertVerify          State = 29
	StateSRChange              State = 31
	StateSRFinished            State = 32
	StateSWSessionTicket       State = 33
	StateSWCertStatus          State = 34
	StateSWChange              State = 35
	StateSWFinished            State = 36
	StateSWEncryptedExtensions State = 37
	StateCREncryptedExtensions State = 38
	StateCRCertVerify          State = 39
	StateSWCertVerify          State = 40
	StateCRHelloRequest        State = 41
	StateSWKeyUpdate           State = 42
	StateCWKeyUpdate           State = 43
	StateSRKeyUpdate           State = 44
	StateCRKeyUpdate           State = 45
	StateEarlyData             State = 46
)

type stateName struct{ short, long string }

// stateNames are what SSL_state_string and SSL_state_string_long return.
var stateNames = map[State]stateName{
	StateBefore:                {"PINIT ", "before SSL initialization"},
	StateOK:                    {"SSLOK ", "SSL negotiation finished successfully"},
	StateCWClientHello:         {"TWCH", "SSLv3/TLS write client hello"},
	StateCRServerHello:         {"TRSH", "SSLv3/TLS read server hello"},
	StateCRCert:                {"TRSC", "SSLv3/TLS read server certificate"},
	StateCRCertStatus:          {"TRCS", "SSLv3/TLS read certificate status"},
	StateCRKeyExchange:         {"TRSKE", "SSLv3/TLS read server key exchange"},
	StateCRCertRequest:         {"TRCR", "SSLv3/TLS read server certificate request"},
	StateCRServerDone:          {"TRSD", "SSLv3/TLS read server done"},
	StateCRSessionTicket:       {"TRST", "SSLv3/TLS read server session ticket"},
	StateCRChange:              {"TRCCS", "SSLv3/TLS read change cipher spec"},
	StateCRFinished:            {"TRFIN", "SSLv3/TLS read finished"},
	StateCREncryptedExtensions: {"TREE", "TLSv1.3 read encrypted extensions"},
	StateCRCertVerify:          {"TRSCV", "TLSv1.3 read server certificate verify"},
	StateCRHelloRequest:        {"TRHR", "SSLv3/TLS read hello request"},
	StateCRKeyUpdate:           {"TRKU", "TLSv1.3 read server key update"},
	StateCWCert:                {"TWCC", "SSLv3/TLS write client certificate"},
	StateCWKeyExchange:         {"TWCKE", "SSLv3/TLS write client key exchange"},
	StateCWCertVerify:          {"TWCV", "SSLv3/TLS write certificate verify"},
	StateCWChange:              {"TWCCS", "SSLv3/TLS write change cipher spec"},
	StateCWFinished:            {"TWFIN", "SSLv3/TLS write finished"},
	StateCWKeyUpdate:           {"TWKU", "TLSv1.3 write client key update"},
	StateSWHelloRequest:        {"TWHR", "SSLv3/TLS write hello request"},
	StateSRClientHello:         {"TRCH", "SSLv3/TLS read client hello"},
	StateSWServerHello:         {"TWSH", "SSLv3/TLS write server hello"},
	StateSWCert:                {"TWSC", "SSLv3/TLS write certificate"},
	StateSWKeyExchange:         {"TWSKE", "SSLv3/TLS write key exchange"},
	StateSWCertRequest:         {"TWCR", "SSLv3/TLS write certificate request"},
	StateSWServerDone:          {"TWSD", "SSLv3/TLS write server done"},
	StateSWCertStatus:          {"TWCS", "SSLv3/TLS write certificate status"},
	StateSWEncryptedExtensions: {"TWEE", "TLSv1.3 write encrypted extensions"},
	StateSWCertVerify:          {"TWSCV", "TLSv1.3 write server certificate verify"},
	StateSWSessionTicket:       {"TWST", "SSLv3/TLS write session ticket"},
	StateSWChange:              {"TWCCS", "SSLv3/TLS write change cipher spec"},
	StateSWFinished:            {"TWFIN", "SSLv3/TLS write finished"},
	StateSWKeyUpdate:           {"TWKU", "TLSv1.3 write server key update"},
	StateSRCert:                {"TRCC", "SSLv3/TLS read client certificate"},
	StateSRKeyExchange:         {"TRCKE", "SSLv3/TLS read client key exchange"},
	StateSRCertVerify:          {"TRCV", "SSLv3/TLS read certificate verify"},
	StateSRChange:              {"TRCCS", "SSLv3/TLS read change cipher spec"},
	StateSRFinished:            {"TRFIN", "SSLv3/TLS read finished"},
	StateSRKeyUpdate:           {"TRKU", "TLSv1.3 read client key update"},
	StateEarlyData:             {"TED", "TLSv1.3 early data"},
}
