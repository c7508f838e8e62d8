// Package harness starts unmodified programs on a libssl of choice and looks at what they did.
//
// A [Library] says which libssl.so.3 a program gets and how (the system's own, ours by LD_PRELOAD, ours by
// LD_LIBRARY_PATH). A [PKI] is a folder of certificates made for one run. A [Server] is Debian's nginx, daemonised,
// with a master and its workers, started from a configuration text and stopped with everything it forked, even if the
// program that started it dies. A [Pattern] is content whose every byte depends on its position, so that a lost,
// repeated or exchanged piece is found and its offset named.
//
// The way of a test: NewPKI -> Start(Library, configuration) -> Run(Library, "curl", ...) -> Server.Stop.
//
// The package uses no TLS code of its own and none of this repository: everything goes over loopback sockets between
// real programs.
package harness
