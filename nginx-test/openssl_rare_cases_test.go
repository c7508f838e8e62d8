package nginxtest

const (
	noSRTP      = "DTLS and SRTP are not there"
	noNPN       = "NPN is not there; ALPN has taken its place (RFC 7301)"
	storeErrors = "each search by name in a store that is a file leaves an error on the queue, which s_server takes for its own; ours searches less often"
	noSRP       = "SRP is not there"
)

// rare are conversations with the options that few people use, so that each has its row.
var rare = []conversation{
	// What is shown.
	{server: "", runs: runs("-trace", "-trace -tls1_2", "-trace -msgfile written", "-msg -msgfile written -tls1_2", "-keylogfile written", "-keylogfile written -tls1_2")},
	{server: "-trace", runs: runs("", "-tls1_2")},
	{server: "-msg -msgfile written", runs: runs("", "-tls1_2")},
	{server: "-keylogfile written", runs: runs("", "-tls1_2")},
	{server: "", runs: runs("-security_debug", "-security_debug -tls1_2", "-security_debug_verbose", "-security_debug_verbose -tls1_2")},
	{server: "-security_debug", runs: runs("", "-tls1_2")},
	{server: "-security_debug_verbose", runs: runs("", "-tls1_2")},
	{server: "-crlf -no_ign_eof -ignore_unexpected_eof", runs: runs("", "-tls1_2 -no_ign_eof")},
	{server: "-ign_eof -4", runs: runs("", "-bind 127.0.0.1")},

	// Versions and protocols that are not there.
	{server: "-tls1", runs: runs(""), differs: noOldVersions},
	{server: "-tls1_1", runs: runs(""), differs: noOldVersions},
	{server: "-no_ssl3 -no_tls1 -no_tls1_1 -no_comp", runs: runs("", "-tls1_2")},
	{server: "-no_tls1_2", runs: runs("", "-tls1_2"), differs: noOldVersions},
	{server: "-dtls", differs: noSRTP},
	{server: "-dtls1", differs: noSRTP},
	{server: "-dtls1_2 -timeout -mtu 1400", differs: noSRTP},
	{server: "-dtls1_2 -listen", differs: noSRTP},
	{server: "", runs: unconnected("-dtls", "-dtls1", "-dtls1_2", "-dtls1_2 -timeout -mtu 1400"), differs: noSRTP},
	{server: "-use_srtp SRTP_AES128_CM_SHA1_80", runs: runs("-use_srtp SRTP_AES128_CM_SHA1_80", "-use_srtp SRTP_AES128_CM_SHA1_80 -tls1_2"), differs: noSRTP},
	{server: "", runs: unconnected("-use_srtp NOSUCH"), differs: noSRTP},
	{server: "-nextprotoneg h2,http/1.1", runs: runs("-nextprotoneg h2 -tls1_2", "-nextprotoneg h2"), differs: noNPN},
	{server: "-srpvfile srp.vfile -srpuserseed seed", runs: runs("-srpuser me -srppass pass:secret -tls1_2"), differs: noSRP},
	{server: "", runs: runs("-srpuser me -srppass pass:secret -srp_lateuser -srp_moregroups -srp_strength 1024 -tls1_2")},

	// Renegotiation's options.
	{server: "-client_renegotiation", runs: runs("", "-tls1_2")},
	{server: "-no_renegotiation", runs: runs("", "-tls1_2")},
	{server: "-legacy_server_connect"},
	{server: "-no_legacy_server_connect"},
	{server: "-www -no_renegotiation", runs: []clientRun{{options: "-tls1_2", script: unanswered("/reneg")}}},
	{server: "-www -num_tickets 0", runs: []clientRun{{options: "-tls1_3", script: unanswered("/reneg")}}},
	{server: "-www", runs: []clientRun{{options: "-tls1_2", script: get("/reneg")}, {options: "-tls1_2", script: get("/renegcert")}}, differs: "no renegotiation, for a server; SSL_do_handshake fails where it would begin"},
	{server: "-debug_broken_protocol", runs: runs("", "-tls1_2")},
	{server: "-curves P-256:X25519", runs: runs("", "-curves P-256 -tls1_2")},
	{server: "", runs: runs("-named_curve P-256")},

	// Certificate transparency and serverinfo.
	{server: "-serverinfo sct.pem", runs: runs("-serverinfo 18", "-serverinfo 18 -tls1_2", "-serverinfo 18,1000", "-ct -ctlogfile ctlog.cnf -CAfile ca.pem", "-ct -ctlogfile ctlog.cnf -tls1_2", "-ct -ctlogfile ctlog.cnf -CAfile ca.pem -brief")},
	{server: "", runs: runs("-ct -ctlogfile ctlog.cnf -CAfile ca.pem", "-serverinfo 18,5", "-serverinfo x", "-xkey client.key", "-xcert client.pem -xkey b.key", "-engine nosuch")},
	{server: "", runs: unconnected("-ct -ctlogfile nosuch")},
	{server: "-serverinfo nosuch"},

	// Cookies.
	{server: "-stateless", runs: runs("-no_middlebox", "-no_middlebox -tls1_2")},
	{server: "-stateless", runs: runs("-tls1_2", "-no_middlebox -tls1_3 -groups P-384:X25519", "-tls1_3")},
	{server: "-stateless", runs: runs("", "-tls1_3"), differs: "a change_cipher_spec for middleboxes that comes before the second ClientHello does not end SSL_stateless"},

	// Stores.
	{server: "", runs: runs("-CAstore ca.pem -verify_return_error", "-CAstore file:ca.pem -verify_return_error -tls1_2", "-verifyCAstore ca.pem -verify_return_error",
		"-no-CAfile -no-CApath -no-CAstore -verify_return_error", "-CAfile ca.pem -no-CApath -no-CAstore -verify_return_error")},
	{server: "", runs: runs("-CAstore inter.pem -verify_return_error"), differs: storeErrors},
	{server: "", runs: unconnected("-CAstore nosuch", "-verifyCAstore nosuch", "-ssl_client_engine nosuch", "-ssl_config nosuch", "-provider nosuch")},
	{server: "-Verify 3 -CAstore ca.pem -no-CAfile -no-CApath -no-CAstore", runs: runs("-cert client.pem -key client.key -cert_chain inter.pem"), differs: storeErrors},
	{server: "-Verify 3 -verifyCAstore ca.pem -verify_return_error", runs: runs("-cert client.pem -key client.key -cert_chain inter.pem", "-cert untrusted.pem -key untrusted.key"), differs: storeErrors},
	{server: "-Verify 3 -verifyCApath capath -verify_return_error", runs: runs("-cert client.pem -key client.key -cert_chain inter.pem", "-cert untrusted.pem -key untrusted.key")},
	{server: "-cert deep.pem -key deep.key -cert_chain deep.pem -build_chain -chainCAstore inter.pem", runs: runs("-CAfile ca.pem -showcerts")},

	// Verification's options.
	{server: "", runs: runs("-CAfile ca.pem -verify_return_error -allow_proxy_certs -extended_crl -ignore_critical -inhibit_any -inhibit_map -issuer_checks -no_alt_chains -use_deltas",
		"-CAfile ca.pem -verify_return_error -policy_print", "-CAfile ca.pem -verify_return_error -suiteB_128_only", "-CAfile ca.pem -verify_return_error -suiteB_192",
		"-CApath capath2 -crl_check_all -extended_crl -use_deltas -verify_return_error", "-CAfile ca.pem -crl_check -crl_download -verify_return_error")},
	{server: "-Verify 3 -CAfile ca.pem -verify_return_error -allow_proxy_certs -extended_crl -ignore_critical -inhibit_any -inhibit_map -issuer_checks -no_alt_chains -use_deltas -trusted_first -check_ss_sig -x509_strict",
		runs: runs("-cert client.pem -key client.key -cert_chain inter.pem", "-cert untrusted.pem -key untrusted.key")},
	{server: "-Verify 3 -CAfile ca.pem -verify_return_error -policy 1.2.3.4 -policy_check -policy_print -explicit_policy", runs: runs("-cert client.pem -key client.key -cert_chain inter.pem")},
	{server: "-Verify 3 -CAfile ca.pem -verify_return_error -purpose sslserver", runs: runs("-cert client.pem -key client.key -cert_chain inter.pem")},
	{server: "-Verify 3 -CAfile ca.pem -verify_return_error -purpose crlsign", runs: runs("-cert client.pem -key client.key -cert_chain inter.pem")},
	{server: "-Verify 3 -CAfile ca.pem -verify_return_error -verify_name ssl_client -verify_depth 0", runs: runs("-cert client.pem -key client.key -cert_chain inter.pem")},
	{server: "-Verify 3 -CAfile ca.pem -verify_return_error -auth_level 4", runs: runs("-cert client.pem -key client.key -cert_chain inter.pem")},
	{server: "-Verify 3 -CAfile ca.pem -verify_return_error -attime 1000000000", runs: runs("-cert client.pem -key client.key -cert_chain inter.pem")},
	{server: "-Verify 3 -CAfile ca.pem -verify_return_error -attime 1000000000 -no_check_time", runs: runs("-cert client.pem -key client.key -cert_chain inter.pem")},
	{server: "-Verify 3 -CAfile inter.pem -verify_return_error -partial_chain", runs: runs("-cert client.pem -key client.key")},
	{server: "-Verify 3 -CAfile mail.pem -verify_return_error -verify_email me@a.test", runs: runs("-cert mail.pem -key mail.key", "-cert client.pem -key client.key")},
	{server: "-Verify 3 -CAfile mail.pem -verify_return_error -verify_email you@a.test", runs: runs("-cert mail.pem -key mail.key")},
	{server: "-Verify 3 -CAfile mail.pem -verify_return_error -verify_ip 127.0.0.1", runs: runs("-cert mail.pem -key mail.key")},
	{server: "-Verify 3 -CAfile ca.pem -verify_return_error -verify_hostname client.test", runs: runs("-cert client.pem -key client.key -cert_chain inter.pem", "-cert a-rsa.pem -key a-rsa.key -cert_chain inter.pem")},
	{server: "-Verify 3 -CAfile ca.pem -verify_return_error -suiteB_128", runs: runs("-cert client.pem -key client.key -cert_chain inter.pem")},
	{server: "-Verify 3 -CAfile ca.pem -verify_return_error -suiteB_128_only", runs: runs("-cert client.pem -key client.key -cert_chain inter.pem", "-cert a-rsa.pem -key a-rsa.key -cert_chain inter.pem")},
	{server: "-Verify 3 -CAfile ca.pem -verify_return_error -suiteB_192", runs: runs("-cert client.pem -key client.key -cert_chain inter.pem")},
	{server: "-Verify 3 -CAfile ca.pem -crl_check -crl_download -verify_return_error", runs: runs("-cert client.pem -key client.key -cert_chain inter.pem")},

	// Forms of keys and certificates.
	{server: "-cert a-rsa.pem -certform PEM -key a-rsa.enc -keyform PEM -pass pass:secret -dcert client.der -dcertform DER -dkey client.enc -dkeyform PEM -dpass pass:secret", runs: runs("", "-sigalgs RSA-PSS+SHA256")},
	{server: "-Verify 3 -CAfile ca.pem -xcert a-rsa.pem -xcertform PEM -xkey a-rsa.key -xkeyform PEM", runs: runs("-cert client.pem -key client.key -keyform PEM -cert_chain inter.pem",
		"-xcert client.pem -xkey client.key -xchain inter.pem", "-xcert client.pem -xcertform PEM -xkey client.key -xkeyform PEM -xchain_build -chainCAfile inter.pem",
		"-cert client.pem -key client.key -build_chain -chainCApath capath", "-cert client.pem -key client.key -build_chain -chainCAstore inter.pem")},
	{server: "", runs: unconnected("-xcert nosuch", "-cert client.pem -keyform ENGINE")},

	// Pre-shared keys.
	{server: "-tls1_3 -psk_session nosuch"},
	{server: "-tls1_2 -psk 0102 -psk_hint someone", runs: runs("-tls1_2 -psk 0102", "-tls1_2")},
	{server: "-tls1_2 -nocert -psk 0102030405060708090a0b0c0d0e0f10 -psk_identity me -psk_hint someone -cipher ECDHE-PSK-CHACHA20-POLY1305", runs: runs(
		"-psk 0102030405060708090a0b0c0d0e0f10 -psk_identity me", "-psk 0102030405060708090a0b0c0d0e0f10 -psk_identity you -tls1_2", "-psk 01 -psk_identity me", "", "-tls1_2 -psk 0102030405060708090a0b0c0d0e0f10 -cipher aRSA",
		"-psk 0102030405060708090a0b0c0d0e0f10 -psk_identity me -tls1_2 -msg -cipher ECDHE-PSK-CHACHA20-POLY1305", "-psk 0102030405060708090a0b0c0d0e0f10 -psk_identity me -tls1_2 -sess_out s", "-psk 0102030405060708090a0b0c0d0e0f10 -sess_in s -tls1_2",
		"-psk 0102030405060708090a0b0c0d0e0f10 -psk_identity me -tls1_2 -no_ticket -sess_out n", "-psk 01 -sess_in n -tls1_2 -no_ticket")},
	{server: "-tls1_2 -psk 0102 -serverpref -cipher ECDHE-PSK-CHACHA20-POLY1305:ECDHE+AESGCM -Verify 1", runs: runs("-psk 0102", "-psk 0102 -cipher ECDHE+AESGCM", "-psk 0102 -groups P-384 -keymatexport label")},

	// Providers, engines, configuration.
	{server: "-provider-path . -provider default -propquery provider=default -rand page -writerand rnd", runs: runs("-provider-path . -provider default -propquery provider=default -rand page -writerand rnd", "-provider default -provider legacy -tls1_2")},
	{server: "", runs: unconnected("-propquery provider=nosuch")},
	{server: "-engine nosuch"},
	{server: "-ssl_config server", runs: runs("-ssl_config client", "-ssl_config client12", "", "-tls1_2")},
	{server: "-ssl_config wrong", runs: unconnected("", "-ssl_config wrong")},

	// OCSP through a proxy.
	{server: "-cert staple.pem -key staple.key -cert_chain staple.pem -CAfile ca.pem -status -status_timeout 1 -status_url http://127.0.0.1:1/ -proxy http://127.0.0.1:1 -no_proxy 127.0.0.2", runs: runs("-status")},

	// Pages.
	{server: "-WWW -sendfile"},

	// STARTTLS's names.
	{server: "", runs: []clientRun{{options: "-starttls smtp -name client.test", preamble: "smtp"}, {options: "-starttls xmpp -name a.test", preamble: "xmpp"}, {options: "-starttls xmpp-server -xmpphost a.test -tls1_2", preamble: "xmpp"},
		{options: "-starttls nntp", preamble: "nntp"}, {options: "-starttls sieve", preamble: "sieve"}, {options: "-starttls irc", preamble: "irc"}, {options: "-starttls telnet", preamble: "telnet"}, {options: "-starttls ldap", preamble: "ldap"}}},
}
