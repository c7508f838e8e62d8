// Package zlib compresses certificates with zlib (RFC 1950), by the standard
// library.
package zlib

import (
	"bytes"
	"compress/zlib"
	"io"
	"sync"

	"patina/core/certcomp"
	"patina/core/iana"
)

// Algorithm is zlib for Settings.CertCompression.
func Algorithm() certcomp.Algorithm {
	return certcomp.Algorithm{ID: iana.CompressionZlib, Compress: compress, Decompress: decompress}
}

func compress(msg []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := zlib.NewWriterLevel(&b, zlib.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(msg); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// readers are those not in use, each with its window of 32 KiB.
var readers sync.Pool

func decompress(dst, src []byte) error {
	in := bytes.NewReader(src)
	r, _ := readers.Get().(io.ReadCloser)
	var err error
	if r == nil {
		r, err = zlib.NewReader(in)
	} else {
		err = r.(zlib.Resetter).Reset(in, nil)
	}
	if err != nil {
		return err
	}
	err = certcomp.ReadExactly(r, dst)
	readers.Put(r)
	if err == nil && in.Len() > 0 {
		return certcomp.ErrLength
	}
	return err
}
