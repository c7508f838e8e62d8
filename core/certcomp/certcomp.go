// Package certcomp is what the engine knows of certificate compression (RFC
// 8879): an algorithm is two functions. The algorithms themselves are in packages
// of their own, zlib, brotli and zstd, so that a program carries only those it
// names in its Settings: about 0.1, 1.8 and 0.6 MB.
package certcomp

import (
	"errors"
	"io"

	"patina/core/iana"
)

// Algorithm compresses and decompresses Certificate messages. Its functions are
// called from many connections at once.
type Algorithm struct {
	ID iana.CertificateCompressionAlgorithm
	// Compress returns msg compressed. Nil: this side never compresses with it.
	// The engine keeps the result, so it may take its time.
	Compress func(msg []byte) ([]byte, error)
	// Decompress fills dst with what src was compressed from, and is an error if
	// that is not exactly len(dst) bytes or anything follows. It must not need
	// more memory or time than lengths of dst and src justify: a peer nobody knows
	// chooses them. Nil: this side does not offer to receive it.
	Decompress func(dst, src []byte) error
}

// ErrLength: what comes out is not as long as the peer has said.
var ErrLength = errors.New("certcomp: not of the length announced")

// ReadExactly fills dst from r, which must have no more than that: Decompress
// for algorithms that come as an io.Reader.
func ReadExactly(r io.Reader, dst []byte) error {
	if _, err := io.ReadFull(r, dst); err != nil {
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return ErrLength
		}
		return err
	}
	var more [1]byte
	for {
		switch n, err := r.Read(more[:]); {
		case n > 0:
			return ErrLength
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
	}
}
