// Package brotli compresses certificates with Brotli (RFC 7932), by
// github.com/andybalholm/brotli.
package brotli

import (
	"bytes"
	"errors"

	"github.com/andybalholm/brotli"

	"patina/core/certcomp"
	"patina/core/iana"
)

// Algorithm is Brotli for Settings.CertCompression.
func Algorithm() certcomp.Algorithm {
	return certcomp.Algorithm{ID: iana.CompressionBrotli, Compress: compress, Decompress: decompress}
}

func compress(msg []byte) ([]byte, error) {
	var b bytes.Buffer
	w := brotli.NewWriterLevel(&b, brotli.BestCompression)
	if _, err := w.Write(msg); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// maxWindowBits is the window a stream may ask for, as the logarithm of its
// bytes: what encoders use unless told otherwise. A decoder may need as much
// memory, which a peer nobody knows could ask for with a few bytes.
const maxWindowBits = 22

var errWindow = errors.New("brotli: the window is too large, or there is none")

// windowBits reads WBITS at a stream's beginning (RFC 7932, section 9.1); 0 if
// it is invalid.
func windowBits(src []byte) int {
	switch {
	case len(src) == 0:
		return 0
	case src[0]&1 == 0:
		return 16
	case src[0]>>1&7 != 0:
		return 17 + int(src[0]>>1&7)
	}
	switch n := int(src[0] >> 4 & 7); n {
	case 0:
		return 17
	case 1:
		return 0
	default:
		return 8 + n
	}
}

func decompress(dst, src []byte) error {
	if bits := windowBits(src); bits == 0 || bits > maxWindowBits {
		return errWindow
	}
	return certcomp.ReadExactly(brotli.NewReader(bytes.NewReader(src)), dst)
}
