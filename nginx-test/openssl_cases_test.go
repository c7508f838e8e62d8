package nginxtest

// runs makes clientRuns of options that need no more.
func runs(options ...string) []clientRun {
	var list []clientRun
	for _, o := range options {
		list = append(list, clientRun{options: o})
	}
	return list
}

// unconnected makes clientRuns of options with which s_client does not come as far as to connect.
func unconnected(options ...string) []clientRun {
	list := runs(options...)
	for i := range list {
		list[i].connections, list[i].script = none, []step{}
	}
	return list
}

const (
	noOldVersions = "TLS 1.0 and 1.1 are not there"
)

// reversed is the script against -rev.
var reversed = []step{clientSays("hello\n"), clientShows("olleh"), clientSays("CLOSE\n")}

// keyUpdates are asked for by the client, the second with an answer; serverKeyUpdates by the server.
var (
	keyUpdates       = append(aLineEachWay, clientSays("k\n"), pause, clientSays("one\n"), serverShows("one"), clientSays("K\n"), pause, clientSays("two\n"), serverShows("two"), serverSays("three\n"), clientShows("three"), clientEnds)
	serverKeyUpdates = append(aLineEachWay, serverSays("k\n"), pause, serverSays("one\n"), clientShows("one"), serverSays("K\n"), pause, serverSays("two\n"), clientShows("two"), clientSays("three\n"), serverShows("three"), clientEnds)
)

var conversations = []conversation{
	// Versions.
	{server: "", runs: runs("", "-tls1_2", "-tls1_3", "-no_tls1_3", "-min_protocol TLSv1.3", "-max_protocol TLSv1.2",
		"-min_protocol TLSv1.3 -max_protocol TLSv1.2", "-no_ssl3 -no_tls1 -no_tls1_1", "-fallback_scsv", "-fallback_scsv -tls1_2")},
	{server: "-tls1_2", runs: runs("", "-tls1_2", "-tls1_3", "-fallback_scsv -tls1_2")},
	{server: "-tls1_3", runs: runs("", "-tls1_2", "-tls1_3")},
	{server: "-no_tls1_3", runs: runs("", "-tls1_2", "-tls1_3")},
	{server: "-min_protocol TLSv1.3", runs: runs("", "-tls1_2")},
	{server: "-max_protocol TLSv1.2", runs: runs("", "-tls1_3")},
	{server: "", runs: unconnected("-min_protocol TLSv9", "-nosuchoption", "-ssl3", "-tls1_2 -tls1_3")},
	{server: "", runs: runs("-no_tls1_2"), differs: noOldVersions},
	{server: "", runs: runs("-no_tls1_2 -no_tls1_3"), differs: noOldVersions},
	{server: "", runs: runs("-tls1_1"), differs: noOldVersions},
	{server: "", runs: runs("-tls1"), differs: noOldVersions},

	// Options that change nothing that is seen, or little.
	{server: "", runs: runs("-bugs", "-comp", "-no_comp", "-serverpref", "-legacy_renegotiation", "-client_renegotiation", "-no_renegotiation",
		"-legacy_server_connect", "-no_legacy_server_connect -tls1_2", "-no_resumption_on_reneg", "-allow_no_dhe_kex", "-prioritize_chacha",
		"-strict", "-no_middlebox", "-no_etm", "-debug_broken_protocol", "-ignore_unexpected_eof", "-4", "-noct", "-nocommands",
		"-enable_pha", "-no_etm -tls1_2", "-comp -tls1_2")},
	{server: "-bugs -comp -serverpref -prioritize_chacha -legacy_renegotiation -no_resumption_on_reneg -allow_no_dhe_kex -no_middlebox -no_etm -strict",
		runs: runs("", "-tls1_2", "-ciphersuites TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256")},
	{server: "-named_curve P-384 -dhparam dh.pem", runs: runs("", "-tls1_2", "-groups X25519")},
	{server: "-no_dhe", runs: runs("", "-tls1_2")},

	// Records and buffers.
	{server: "-record_padding 512 -max_send_frag 600 -split_send_frag 512 -max_pipelines 2 -read_buf 30000", runs: runs("", "-tls1_2",
		"-record_padding 512", "-max_send_frag 512", "-split_send_frag 512 -max_pipelines 4", "-read_buf 40000",
		"-maxfraglen 1024", "-maxfraglen 1024 -tls1_2", "-maxfraglen 512 -max_send_frag 4000")},
	{server: "", runs: unconnected("-max_send_frag 511", "-maxfraglen 1000", "-record_padding -1", "-split_send_frag 0", "-max_pipelines 100")},

	// I/O.
	{server: "", runs: runs("-nbio", "-nbio -tls1_2", "-async", "-async -tls1_2", "-nbio_test", "-crlf")},
	{server: "-nbio", runs: runs("", "-tls1_2", "-nbio")},
	{server: "-async", runs: runs("", "-tls1_2", "-async")},

	// What is shown.
	{server: "", runs: runs("-showcerts", "-brief", "-prexit", "-prexit -tls1_2", "-tlsextdebug -tls1_2", "-tlsextdebug -tls1_3",
		"-state", "-state -tls1_2", "-msg", "-msg -tls1_2", "-debug", "-nameopt utf8,sep_multiline", "-verify_quiet", "-verify_quiet -CAfile ca.pem",
		"-keymatexport label", "-keymatexport label -keymatexportlen 64 -tls1_2")},
	{server: "", runs: []clientRun{{options: "-quiet", script: greetServerEnds}, {options: "-ign_eof -tls1_2", script: greetServerEnds}}},
	{server: "-state", runs: runs("", "-tls1_2")},
	{server: "-msg", runs: runs("", "-tls1_2")},
	{server: "-debug", runs: runs("", "-tls1_2")},
	{server: "-tlsextdebug", runs: runs("", "-tls1_2")},
	{server: "-brief", runs: runs("-brief", "-tls1_2 -brief")},
	{server: "-quiet", runs: runs("", "-tls1_2")},
	{server: "-keymatexport label -keymatexportlen 40", runs: runs("", "-tls1_2")},

	// Names, ALPN, groups, signature algorithms, suites.
	{server: "-servername b.test -cert2 b.pem -key2 b.key -alpn h2,http/1.1", runs: runs("-servername b.test", "-servername a.test", "-noservername",
		"-servername b.test -tls1_2", "-servername a.test -tls1_2", "-alpn h2", "-alpn http/1.1,h2 -tls1_2", "-alpn other", "-alpn other -tls1_2", "-nextprotoneg h2 -tls1_2")},
	{server: "-servername b.test -servername_fatal -cert2 b.pem -key2 b.key", runs: runs("-servername a.test", "-servername a.test -tls1_2", "-servername b.test")},
	{server: "", runs: runs("-alpn h2", "-groups P-384", "-curves P-256 -tls1_2", "-groups P-521:X25519", "-groups X25519:P-256 -tls1_2", "-sigalgs ECDSA+SHA256",
		"-sigalgs RSA+SHA256", "-sigalgs RSA-PSS+SHA256 -tls1_2", "-sigalgs ECDSA+SHA384:ECDSA+SHA256 -tls1_2", "-client_sigalgs ECDSA+SHA256",
		"-ciphersuites TLS_CHACHA20_POLY1305_SHA256", "-tls1_2 -cipher ECDHE-ECDSA-AES128-GCM-SHA256", "-tls1_2 -cipher ECDHE+CHACHA20",
		"-tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256", "-tls1_2 -cipher ECDHE+AESGCM:@SECLEVEL=3")},
	{server: "", runs: unconnected("-groups nosuchgroup", "-sigalgs nosuch", "-cipher NOSUCH", "-ciphersuites NOSUCH", "-alpn ,", "-client_sigalgs x")},
	{server: "-groups P-256 -sigalgs ECDSA+SHA256 -cipher ECDHE+AES128 -ciphersuites TLS_AES_128_GCM_SHA256", runs: runs("", "-tls1_2", "-groups X25519",
		"-groups X25519 -tls1_2", "-sigalgs RSA+SHA256", "-ciphersuites TLS_AES_256_GCM_SHA384", "-cipher ECDHE+AES256 -tls1_2")},
	{server: "-dcert a-rsa.pem -dkey a-rsa.key -dcert_chain a-rsa.pem", runs: runs("", "-tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256", "-sigalgs RSA-PSS+SHA256", "-sigalgs RSA+SHA256 -tls1_2", "-sigalgs ECDSA+SHA256")},
	{server: "-cert ed25519.pem -key ed25519.key", runs: runs("", "-tls1_2", "-sigalgs ECDSA+SHA256", "-sigalgs ed25519")},
	{server: "-cert p384.pem -key p384.key", runs: runs("", "-tls1_2", "-sigalgs ECDSA+SHA256", "-sigalgs ECDSA+SHA256 -tls1_2", "-groups P-384 -tls1_2")},
	{server: "-cert a-rsa.pem -key a-rsa.key -cert_chain a-rsa.pem", runs: runs("", "-tls1_2", "-sigalgs RSA-PSS+SHA512", "-sigalgs ECDSA+SHA256")},
	{server: "-nocert", runs: runs("", "-tls1_2")},
	{server: "-xcert a-ecdsa.pem -xkey a-ecdsa.key -xchain inter.pem -xcert a-rsa.pem -xkey a-rsa.key -xchain_build -chainCAfile ca.pem", runs: runs("", "-sigalgs RSA-PSS+SHA256")},

	// Verification of the server.
	{server: "", runs: runs("-CAfile ca.pem -verify_return_error", "-CAfile ca.pem -verify 3", "-CAfile ca.pem -verify 0 -verify_return_error", "-verify_return_error", "-verify 1",
		"-CApath capath -verify_return_error", "-CApath nocapath -verify_return_error", "-CAfile selfsigned.pem -verify_return_error", "-CApath capath -tls1_2 -verify_return_error",
		"-CAfile ca.pem -verify_hostname a.test -verify_return_error", "-CAfile ca.pem -verify_hostname b.test -verify_return_error",
		"-CAfile ca.pem -verify_hostname b.test", "-CAfile ca.pem -verify_ip 127.0.0.1 -verify_return_error", "-CAfile ca.pem -verify_email me@a.test -verify_return_error",
		"-CAfile ca.pem -verify_name ssl_server", "-CAfile ca.pem -purpose sslclient", "-CAfile ca.pem -purpose crlsign -verify_return_error", "-CAfile ca.pem -auth_level 2 -verify_return_error",
		"-CAfile ca.pem -auth_level 4 -verify_return_error", "-CAfile ca.pem -x509_strict -verify_return_error", "-CAfile ca.pem -verify_depth 0 -verify_return_error",
		"-CAfile inter.pem -partial_chain -verify_return_error", "-CAfile inter.pem -verify_return_error", "-CAfile ca.pem -attime 1000000000 -verify_return_error",
		"-CAfile ca.pem -attime 1000000000 -no_check_time -verify_return_error", "-verifyCAfile ca.pem -verify_return_error", "-verifyCApath capath -verify_return_error",
		"-CAfile ca.pem -policy 1.2.3.4 -policy_check -explicit_policy -verify_return_error", "-CAfile ca.pem -suiteB_128 -verify_return_error", "-CAfile ca.pem -trusted_first -check_ss_sig")},
	{server: "", runs: runs("-CAfile ca.pem -crl_check -CRL crl.pem -verify_return_error", "-CAfile ca.pem -crl_check -verify_return_error", "-CAfile ca.pem -crl_check",
		"-CApath capath2 -crl_check_all -verify_return_error", "-CApath capath2 -crl_check -verify_return_error", "-CApath capath -crl_check_all -verify_return_error",
		"-CAfile ca.pem -crl_check -CRL crl.der -CRLform DER -verify_return_error")},
	{server: "-cert revoked.pem -key revoked.key -cert_chain revoked.pem", runs: runs("-CApath capath2 -crl_check_all -verify_return_error", "-CApath capath2 -crl_check", "-CApath capath2 -crl_check -tls1_2 -verify_return_error", "-CApath capath2 -verify_return_error")},
	{server: "-cert expired.pem -key expired.key -cert_chain expired.pem", runs: runs("-CAfile ca.pem -verify_return_error", "-CAfile ca.pem", "-CAfile ca.pem -verify_quiet")},
	{server: "-cert selfsigned.pem -key selfsigned.key", runs: runs("-CAfile ca.pem -verify_return_error", "-CAfile selfsigned.pem -verify_return_error", "-CAfile ca.pem -tls1_2")},
	{server: "-cert untrusted.pem -key untrusted.key -cert_chain untrusted.pem", runs: runs("-CAfile ca.pem -verify_return_error", "-CAfile ca.pem -tls1_2 -verify_return_error")},
	{server: "-cert mail.pem -key mail.key", runs: runs("-CAfile mail.pem -verify_email me@a.test -verify_return_error", "-CAfile mail.pem -verify_email you@a.test -verify_return_error",
		"-CAfile mail.pem -verify_ip 127.0.0.1 -verify_return_error", "-CAfile mail.pem -verify_ip 127.0.0.2 -verify_return_error")},
	{server: "-cert deep.pem -key deep.key -cert_chain deep.pem -build_chain -chainCAfile inter.pem", runs: runs("-CAfile ca.pem -verify_return_error -showcerts", "-CAfile ca.pem -tls1_2 -showcerts")},
	{server: "-cert deep.pem -key deep.key -build_chain -CAfile ca.pem -chainCApath capath", runs: runs("-CAfile ca.pem -showcerts")},

	// Client certificates.
	{server: "-verify 3 -CAfile ca.pem", runs: runs("", "-tls1_2", "-cert client.pem -key client.key", "-cert client.pem -key client.key -tls1_2", "-cert client.pem -key client.key -cert_chain inter.pem",
		"-cert client.pem -key client.key -cert_chain inter.pem -tls1_2", "-cert client.der -certform DER -key client.key -cert_chain inter.pem",
		"-cert client.pem -key client.enc -pass pass:secret -cert_chain inter.pem", "-cert untrusted.pem -key untrusted.key", "-cert expired.pem -key expired.key -tls1_2 -cert_chain inter.pem",
		"-cert client.pem -key client.key -build_chain -chainCAfile inter.pem", "-cert a-rsa.pem -key a-rsa.key -cert_chain inter.pem", "-cert ed25519.pem -key ed25519.key")},
	{server: "-verify 3 -CAfile ca.pem -verify_return_error", runs: runs("", "-cert client.pem -key client.key -cert_chain inter.pem", "-cert untrusted.pem -key untrusted.key", "-cert untrusted.pem -key untrusted.key -tls1_2")},
	{server: "-Verify 3 -CAfile ca.pem", runs: runs("", "-tls1_2", "-cert client.pem -key client.key -cert_chain inter.pem", "-cert client.pem -key client.key -cert_chain inter.pem -tls1_2")},
	{server: "-Verify 3 -CApath capath -verify_return_error -verify_quiet -nameopt oneline", runs: runs("", "-cert client.pem -key client.key -cert_chain inter.pem", "-cert client.pem -key client.key")},
	{server: "-Verify 3 -CApath capath2 -crl_check_all -verify_return_error", runs: runs("-cert client.pem -key client.key -cert_chain inter.pem", "-cert revoked.pem -key revoked.key -cert_chain inter.pem", "-cert revoked.pem -key revoked.key -cert_chain inter.pem -tls1_2")},
	{server: "-Verify 3 -CAfile ca.pem -CRL crl.der -CRLform DER -crl_check -verify_return_error", runs: runs("-cert client.pem -key client.key -cert_chain inter.pem", "-cert revoked.pem -key revoked.key -cert_chain inter.pem")},
	{server: "-verify 0 -CAfile ca.pem -verify_return_error", runs: runs("-cert client.pem -key client.key -cert_chain inter.pem")},
	{server: "-verify 3 -CAfile ca.pem -client_sigalgs RSA+SHA256:ECDSA+SHA384", runs: runs("-cert client.pem -key client.key", "-cert a-rsa.pem -key a-rsa.key -tls1_2")},
	{server: "-verify 3 -verifyCAfile ca.pem -no_ca_names", runs: runs("-cert client.pem -key client.key -cert_chain inter.pem", "-tls1_2")},
	{server: "-verify 3 -CAfile ca.pem -nocert", runs: runs("")},
	{server: "", runs: runs("-requestCAfile ca.pem", "-requestCAfile ca.pem -tls1_2", "-key client.key")},
	{server: "", runs: unconnected("-cert nosuch.pem", "-cert client.pem -key b.key", "-cert client.pem -key client.enc -pass pass:wrong", "-CAfile nosuch.pem", "-CApath nosuch",
		"-cert_chain nosuch.pem -cert client.pem -key client.key", "-CRL nosuch.pem", "-sess_in nosuch", "-requestCAfile nosuch", "-psk xyz", "-psk_session nosuch", "-starttls nosuch", "-verify_ip 1.2.3.4.5")},

	// Sessions.
	{server: "", runs: runs("-sess_out s13 -tls1_3", "-sess_in s13", "-sess_in s13 -tls1_2", "-sess_out s12 -tls1_2", "-sess_in s12 -tls1_2", "-sess_in s12",
		"-no_ticket -sess_out n13", "-sess_in n13 -no_ticket", "-no_ticket -tls1_2 -sess_out n12", "-sess_in n12 -tls1_2 -no_ticket", "-sess_in s13 -sess_out s13b", "-sess_in s13b")},
	{server: "-no_ticket", runs: runs("-sess_out s13 -tls1_3", "-sess_in s13", "-sess_out s12 -tls1_2", "-sess_in s12 -tls1_2")},
	{server: "-no_ticket -no_cache", runs: runs("-sess_out s13 -tls1_3", "-sess_in s13", "-sess_out s12 -tls1_2", "-sess_in s12 -tls1_2")},
	{server: "-no_ticket -ext_cache", runs: runs("-sess_out s13 -tls1_3", "-sess_in s13", "-sess_out s12 -tls1_2", "-sess_in s12 -tls1_2")},
	{server: "-context place -id_prefix abc -no_ticket", runs: runs("-sess_out s12 -tls1_2", "-sess_in s12 -tls1_2")},
	{server: "-num_tickets 0", runs: runs("")},
	{server: "-num_tickets 4", runs: runs("", "-sess_out s -tls1_3", "-sess_in s -tls1_3")},
	{server: "-no_resume_ephemeral", runs: runs("-sess_out s12 -tls1_2", "-sess_in s12 -tls1_2")},
	{server: "-anti_replay -early_data", runs: runs("-sess_out s", "-sess_in s", "-sess_in s")},
	{server: "-verify 3 -CAfile ca.pem", runs: runs("-cert client.pem -key client.key -cert_chain inter.pem -sess_out s", "-cert client.pem -key client.key -sess_in s", "-cert client.pem -key client.key -cert_chain inter.pem -sess_out t -tls1_2", "-sess_in t -tls1_2")},
	{server: "-www", runs: []clientRun{{options: "-reconnect -tls1_2", connections: 6, script: get("/")}, {options: "-reconnect -tls1_3", connections: 6, script: get("/")}, {options: "-reconnect -no_ticket -tls1_2", connections: 6, script: get("/")}}},

	// Early data.
	{server: "-early_data", runs: runs("-sess_out s", "-sess_in s -early_data early", "-sess_in s -early_data early", "-early_data early", "-tls1_2", "-tls1_2 -early_data early")},
	{server: "-early_data -no_anti_replay", runs: runs("-sess_out s", "-sess_in s -early_data early", "-sess_in s -early_data early", "-sess_in s -early_data early -alpn h2")},
	{server: "-early_data -no_anti_replay", runs: runs("-sess_out s", "-sess_in s -early_data early -servername other"), differs: "a session is not resumed under another server name (RFC 6066, section 3)"},
	{server: "", runs: runs("-sess_out s12 -tls1_2", "-sess_in s12 -tls1_2 -servername other.test"), differs: "a session is not resumed under another server name (RFC 6066, section 3)"},
	{server: "-early_data -no_anti_replay", runs: runs("-sess_out s", "-sess_in s -early_data early -ciphersuites TLS_AES_128_GCM_SHA256"), differs: "early data is not offered for a suite that the client does not offer (RFC 8446, section 4.2.10)"},
	{server: "-early_data -max_early_data 5 -recv_max_early_data 5", runs: runs("-sess_out s", "-sess_in s -early_data early"), differs: "more early data than a ticket allows is refused before anything is sent; the certificate of its session is not shown"},
	{server: "", runs: runs("-sess_out s", "-sess_in s -early_data early")},

	// Pre-shared keys.
	{server: "-psk 0102030405060708090a0b0c0d0e0f10 -psk_identity me -nocert", runs: runs("-psk 0102030405060708090a0b0c0d0e0f10 -psk_identity me", "-psk 0102030405060708090a0b0c0d0e0f10 -psk_identity you", "-psk 01 -psk_identity me", "", "-psk 0102030405060708090a0b0c0d0e0f10 -psk_identity me -ciphersuites TLS_CHACHA20_POLY1305_SHA256"), differs: "tickets of a connection by PSK live as long as the context says; a binder that does not verify is a decrypt_error"},
	{server: "-psk 0102030405060708090a0b0c0d0e0f10", runs: runs("-psk 0102030405060708090a0b0c0d0e0f10", "-psk 0102030405060708090a0b0c0d0e0f11", "")},
	{server: "-tls1_3", runs: runs("-sess_out s", "-psk_session s")},

	// OCSP.
	{server: "-cert staple.pem -key staple.key -cert_chain staple.pem -status_file staple.ocsp", runs: runs("-status", "-status -tls1_2", "-CAfile ca.pem", "-status -CAfile ca.pem -brief")},
	{server: "-cert staple.pem -key staple.key -cert_chain staple.pem -status_file revoked.ocsp -status_verbose", runs: runs("-status -CAfile ca.pem", "-tls1_2 -status", "")},
	{server: "-cert staple.pem -key staple.key -cert_chain staple.pem -CAfile ca.pem -status -status_verbose -status_timeout 1 -status_url http://127.0.0.1:1/", runs: runs("-status", "-status -tls1_2")},

	// Pages.
	{server: "-www", runs: []clientRun{{options: "-CAfile ca.pem", script: get("/")}, {options: "-tls1_2", script: get("/")}, {options: "", script: get("/stats")}, {options: "-ign_eof", script: get("/")}}},
	{server: "-WWW", runs: []clientRun{{script: get("/page")}, {options: "-tls1_2", script: get("/page")}, {script: get("/nosuch")}, {script: get("/../x")}}},
	{server: "-HTTP", runs: []clientRun{{script: get("/page")}, {options: "-tls1_2", script: get("/page")}, {options: "-nbio", script: get("/page")}, {options: "-max_send_frag 600", script: get("/page")}}},
	{server: "-HTTP -http_server_binmode -nbio -max_send_frag 1000", runs: []clientRun{{script: get("/page")}, {options: "-tls1_2", script: get("/page")}}},
	{server: "-rev", runs: []clientRun{{script: reversed}, {options: "-tls1_2", script: reversed}}},

	// Commands in the session.
	{server: "", runs: []clientRun{
		{options: "-tls1_3", script: keyUpdates}, {options: "-tls1_3", script: serverKeyUpdates},
		{options: "-tls1_2", script: append(aLineEachWay, clientSays("k\n"), clientEnds)},
		{options: "-tls1_2", script: append(aLineEachWay, clientSays("B\n"), serverShows("B"), clientEnds)},
		{options: "-tls1_3", script: append(aLineEachWay, clientSays("R\n"), clientEnds)},
		{options: "-tls1_3", script: append(aLineEachWay, clientSays("Q\n"))}, {options: "-tls1_2", script: append(aLineEachWay, clientSays("Q\n"))},
		{options: "-tls1_3", script: append(aLineEachWay, serverSays("S\n"), pause, clientEnds)},
		{options: "-nocommands -tls1_3", script: append(aLineEachWay, clientSays("Q\n"), serverShows("Q\n"), clientSays("k\n"), serverShows("k\n"), clientEnds)}}},
	{server: "-verify 3 -CAfile ca.pem", runs: []clientRun{
		{options: "-tls1_3 -enable_pha -cert client.pem -key client.key -cert_chain inter.pem", script: append(aLineEachWay, serverSays("c\n"), serverShows("SSL_do_handshake"), clientSays("again\n"), serverShows("again"), clientEnds)},
	}},
	{server: "", runs: []clientRun{{options: "-tls1_2", script: append(aLineEachWay, clientSays("R\n"), pause, clientSays("again\n"), serverShows("again"), clientEnds)}}, differs: "no renegotiation, for a client"},
	{server: "", runs: []clientRun{{options: "-tls1_2", script: append(aLineEachWay, serverSays("r\n"), pause, clientSays("again\n"), serverShows("again"), clientEnds)}}, differs: "no renegotiation, for a server"},

	// STARTTLS.
	{server: "", runs: startTLS()},
	{server: "", runs: []clientRun{{options: "-starttls smtp", preamble: "none at all"}}},
}
