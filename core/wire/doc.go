// Package wire encodes and decodes the messages of TLS 1.2 and TLS 1.3, and
// their extensions, each in one file. It holds no state and no policy.
package wire
