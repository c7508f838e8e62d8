// state_c.c: what C can tell of a connection's state without entering Go.

#define OPENSSL_SUPPRESS_DEPRECATED
#include "handle.h"

int SSL_in_init(const SSL *s) { return patina_is_ssl(s) && s->view.in_init; }
int SSL_is_init_finished(const SSL *s) {
	return patina_is_ssl(s) && !s->view.in_init && s->view.state == TLS_ST_OK;
}
int SSL_in_before(const SSL *s) { return patina_is_ssl(s) && s->view.in_init && s->view.state == TLS_ST_BEFORE && !s->view.begun; }
OSSL_HANDSHAKE_STATE SSL_get_state(const SSL *s) { return patina_is_ssl(s) ? s->view.state : TLS_ST_BEFORE; }
int SSL_version(const SSL *s) { return patina_is_ssl(s) ? s->view.version : 0; }
// The ClientHello's own version stops at TLS 1.2 (RFC 8446, section 4.1.2).
int SSL_client_version(const SSL *s) {
	int version = SSL_version(s);
	if (SSL_in_before(s) && s->past_version) return s->past_version;
	if (version <= TLS1_2_VERSION) return version;
	return SSL_in_before(s) ? TLS_ANY_VERSION : TLS1_2_VERSION;
}
// What a session lives, in seconds, when nobody says otherwise.
long SSL_get_default_timeout(const SSL *s) { (void)s; return 7200; }
int SSL_is_dtls(const SSL *s) { (void)s; return 0; }
int SSL_get_shutdown(const SSL *s) { return patina_is_ssl(s) ? s->view.shutdown : 0; }
int SSL_get_quiet_shutdown(const SSL *s) { return patina_is_ssl(s) && s->view.quiet; }
int SSL_session_reused(const SSL *s) { return patina_is_ssl(s) && s->view.resumed; }

const char *SSL_get_version(const SSL *s) {
	switch (SSL_version(s)) {
	case TLS1_3_VERSION: return "TLSv1.3";
	case TLS1_2_VERSION: return "TLSv1.2";
	}
	return "unknown";
}

// Before its role is set, a connection counts as what its method can be, a server first.
int SSL_is_server(const SSL *s) {
	if (!patina_is_ssl(s)) return 0;
	if (s->view.role) return s->view.role == 2;
	return s->method != TLS_client_method() && s->method != TLSv1_2_client_method();
}

const char *SSL_rstate_string(const SSL *s) { return s->view.body ? "RB" : "RH"; }
const char *SSL_rstate_string_long(const SSL *s) { return s->view.body ? "read body" : "read header"; }

// What SSL_state_string and SSL_state_string_long say of each state.
static const struct state_name {
	const char *brief, *full;
} state_names[] = {
	[0] = {"PINIT", "before SSL initialization"},
	[1] = {"SSLOK", "SSL negotiation finished successfully"},
	[12] = {"TWCH", "SSLv3/TLS write client hello"},
	[3] = {"TRSH", "SSLv3/TLS read server hello"},
	[4] = {"TRSC", "SSLv3/TLS read server certificate"},
	[5] = {"TRCS", "SSLv3/TLS read certificate status"},
	[6] = {"TRSKE", "SSLv3/TLS read server key exchange"},
	[7] = {"TRCR", "SSLv3/TLS read server certificate request"},
	[8] = {"TRSD", "SSLv3/TLS read server done"},
	[9] = {"TRST", "SSLv3/TLS read server session ticket"},
	[10] = {"TRCCS", "SSLv3/TLS read change cipher spec"},
	[11] = {"TRFIN", "SSLv3/TLS read finished"},
	[38] = {"TREE", "TLSv1.3 read encrypted extensions"},
	[39] = {"TRSCV", "TLSv1.3 read server certificate verify"},
	[41] = {"TRHR", "SSLv3/TLS read hello request"},
	[45] = {"TRKU", "TLSv1.3 read server key update"},
	[13] = {"TWCC", "SSLv3/TLS write client certificate"},
	[14] = {"TWCKE", "SSLv3/TLS write client key exchange"},
	[15] = {"TWCV", "SSLv3/TLS write certificate verify"},
	[16] = {"TWCCS", "SSLv3/TLS write change cipher spec"},
	[18] = {"TWFIN", "SSLv3/TLS write finished"},
	[43] = {"TWKU", "TLSv1.3 write client key update"},
	[19] = {"TWHR", "SSLv3/TLS write hello request"},
	[20] = {"TRCH", "SSLv3/TLS read client hello"},
	[22] = {"TWSH", "SSLv3/TLS write server hello"},
	[23] = {"TWSC", "SSLv3/TLS write certificate"},
	[24] = {"TWSKE", "SSLv3/TLS write key exchange"},
	[25] = {"TWCR", "SSLv3/TLS write certificate request"},
	[26] = {"TWSD", "SSLv3/TLS write server done"},
	[34] = {"TWCS", "SSLv3/TLS write certificate status"},
	[37] = {"TWEE", "TLSv1.3 write encrypted extensions"},
	[40] = {"TWSCV", "TLSv1.3 write server certificate verify"},
	[33] = {"TWST", "SSLv3/TLS write session ticket"},
	[35] = {"TWCCS", "SSLv3/TLS write change cipher spec"},
	[36] = {"TWFIN", "SSLv3/TLS write finished"},
	[42] = {"TWKU", "TLSv1.3 write server key update"},
	[27] = {"TRCC", "SSLv3/TLS read client certificate"},
	[28] = {"TRCKE", "SSLv3/TLS read client key exchange"},
	[29] = {"TRCV", "SSLv3/TLS read certificate verify"},
	[31] = {"TRCCS", "SSLv3/TLS read change cipher spec"},
	[32] = {"TRFIN", "SSLv3/TLS read finished"},
	[44] = {"TRKU", "TLSv1.3 read client key update"},
	[46] = {"TED", "TLSv1.3 early data"},
	[47] = {"TPEDE", "TLSv1.3 pending early data end"},
	[48] = {"TWEOED", "TLSv1.3 write end of early data"},
	[49] = {"TWEOED", "TLSv1.3 read end of early data"},
};

static const struct state_name *state_name(const SSL *s) {
	static const struct state_name unknown = {"UNKWN", "unknown state"};
	int state = SSL_get_state(s);
	if (state < 0 || state >= (int)(sizeof state_names / sizeof *state_names) || !state_names[state].brief) return &unknown;
	return &state_names[state];
}

// After a fatal error the states have names of their own.
const char *SSL_state_string(const SSL *s) { return patina_is_ssl(s) && s->view.failed ? "SSLERR" : state_name(s)->brief; }
const char *SSL_state_string_long(const SSL *s) {
	return patina_is_ssl(s) && s->view.failed ? "error" : state_name(s)->full;
}
