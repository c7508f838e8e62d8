// Package compat runs the same C programs on two libraries, the system's
// libssl.so.3 and ours, and compares what they print. OpenSSL is the
// specification: where its manual is silent, the program's output on the
// system's library is the answer.
//
//	go test ./compat-tests             builds the library with make lib, runs every topic
//	go test -v ./compat-tests          and shows one line per topic
//	go test ./compat-tests -topic io -case read_ahead
//	go test ./compat-tests -tool valgrind   memcheck on the C side
//	go test ./compat-tests -tool asan       address and undefined-behaviour sanitizers, in the membrane's C files too
//	go test -v ./compat-tests -run CFiles -tool functions   which topics enter which C files
//	go test ./compat-tests -tool tsan       thread sanitizer, in the programs and in our C files
//	go test ./compat-tests -headers ours    programs compiled with include/openssl
//	PATINA_LIB=system go test ./compat-tests     both sides are the system's library
//	PATINA_LIB=/path/libssl.so.3 go test ./compat-tests
//
// # The way of a topic
//
// c/TOPIC.c is a table of cases; c/kit*.h are what programs share. It is compiled once, against the
// system's headers and -lssl -lcrypto, and run twice; LD_LIBRARY_PATH chooses the library
// (LD_PRELOAD with -load preload). The program reports from /proc/self/maps which libssl it has
// mapped; a run on any but the wanted file is a failure, so that the comparison
// cannot be of a library with itself. Its output is a sequence of cases, each a
// sequence of lines; every line is one check. A program that dies or hangs in
// one case is started again behind it, so a crash costs one case and is shown as
// a line of its own.
//
// A topic's line reads
//
//	resumption   14 of 15 cases the same   212 checks   2 on purpose  0 open  FAIL
//
// Certificates, keys and the like are made for each test run (fixtures.go).
//
// # What may differ
//
// Output must be identical, byte for byte. The programs keep these rules:
//
//  1. Nothing is printed that differs between two runs on one library: no
//     pointers (only NULL or set), times, random values, paths (the fixtures'
//     directory is shown as FILES).
//  2. Error queue entries are compared by library, reason number, reason
//     string and data. File, line and function name are not: they are
//     OpenSSL's own source, and the manual promises nothing about them. Entries of
//     the library number of libcrypto's providers are left out: they come from
//     inside its ciphers, which we do not use.
//  3. Lists of ciphers are compared after dropping the suites that we refuse
//     to have (kit_ours in c/kit.c has the ten we do have): no CBC, no RSA key
//     exchange, no finite-field DH, no SRP suites, of those with a PSK only the one with ECDHE and ChaCha20-Poly1305, no CCM, ARIA or Camellia.
//  4. Sizes and numbers of records and messages are compared only where
//     the protocol fixes them: a ClientHello's length depends on the groups offered.
//     Where several are coalesced into one write is not compared.
//  5. A difference made on purpose is a row in differences.tsv: topic, case,
//     the system's line, ours, and why. A row that no longer occurs is a
//     failure, so the file stays true. An empty line column stands for no line on that side.
//
// Everything else that differs is a defect of ours and shows as a failing
// topic with a diff; no topic and no case is left out. A defect that is known and
// not mended yet is a row in open.tsv: topic, case, the fingerprint of the lines
// that differ, and why. Each run prints these rows and counts their cases as open,
// never as the same; a case that differs in another way than its row says, or no
// longer, is a failure.
package compat
