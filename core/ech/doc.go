// Package ech holds the configurations and keys of Encrypted Client Hello (RFC
// 9849): what a server publishes, in DNS say, and what a client encrypts its
// ClientHello to. How the hello itself is encrypted is core's business.
//
//	NewConfig   -> Config, private key       a server makes a key
//	ConfigList.Append                        what it publishes
//	NewKeys     -> Keys                      what it opens with; shared, replaced at any time
//	ParseConfigList -> ConfigList -> Choose  what a client does with it
//	ParsePEM, Key.PEM                        the files servers keep keys in (RFC 9934)
//
// A Config is what one ECHConfig says, byte by byte as it came: its bytes go
// into the key schedule. A ConfigList keeps configurations of versions it does
// not know.
package ech
