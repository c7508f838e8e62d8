// Package layout holds the rules about where code of this repository stands, and
// the test that keeps them.
//
// Layers import downwards only; what package core's own packages may import of each
// other is said in core/imports_test.go.
//
//	cmd, bench, compat-tests, nginx-test
//	ossl/capi     the membrane; with guest the only cgo and the only unsafe
//	ossl          what OpenSSL means
//	core          the engine
//	guest         knows nothing of TLS
//
// A file has one concept and at most [MaxLines] lines. Exempt are generated files,
// which say what makes them and are held up to date by a test beside their
// generator, and those that are one thing by nature, each with its reason in
// [Exempt]. The headers in include/openssl are so because their names are
// OpenSSL's: whoever compiles with -Iinclude gets each of OpenSSL's headers by its
// name, and a part of <openssl/ssl.h> in a header of its own would be a public
// name that OpenSSL does not have, which programs could begin to include.
//
// What packages core and ossl export is documented where it is declared.
package layout

// MaxLines is how long a file written by hand may be.
const MaxLines = 500

// Exempt are the longer files that are written by hand, with the reason.
var Exempt = map[string]string{
	"include/openssl/ssl.h":  "OpenSSL's header of that name: prototypes and constants, in sections by manual page",
	"include/openssl/tls1.h": "OpenSSL's header of that name: constants, in sections by registry",
}
