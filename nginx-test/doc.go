// Package nginxtest holds the scenarios in which Debian's unmodified nginx does its real work on a libssl of choice.
//
// Every scenario runs on each column of the table: the system's libssl, Patina by LD_PRELOAD, Patina by
// LD_LIBRARY_PATH. A scenario returns facts, a text without times, ports or process numbers; the facts of all columns
// must be the same as the system's, and what a scenario needs beyond that (no failed request, resumption on both
// workers, exit code 60) it demands itself, on the system's library too. The table of scenario by library is printed
// at the end.
//
// The openssl command (openssl_*_test.go) is compared more closely: whole conversations of s_server and s_clients on all
// four pairs of libraries, word for word but for what differs from run to run; ciphers, sess_id and s_time likewise. A
// difference made on purpose has its reason beside the case, and each line that ours says otherwise stands in
// testdata/openssl_differences.txt (-differences writes it anew); -table writes all of it. Every option that the commands list
// with -help has a case or a reason to have none. PostgreSQL is the server behind s_client -starttls postgres, and psql its client.
//
//	go test -v ./nginx-test/
//	go test -v ./nginx-test/ -args -libraries=system          only that column
//	go test -v ./nginx-test/ -run 'TestScenarios/.*/sni' -args -libssl=/usr/lib/patina/libssl.so.3
//
// Ours is build/libssl.so.3 (make lib) unless -libssl names another file. A missing file is a failure, never a skip.
package nginxtest
