// Package zstd compresses certificates with Zstandard (RFC 8878), by
// github.com/klauspost/compress/zstd.
package zstd

import (
	"sync"

	"github.com/klauspost/compress/zstd"

	"patina/core/certcomp"
	"patina/core/iana"
)

// Algorithm is Zstandard for Settings.CertCompression.
func Algorithm() certcomp.Algorithm {
	return certcomp.Algorithm{ID: iana.CompressionZstd, Compress: compress, Decompress: decompress}
}

func compress(msg []byte) ([]byte, error) {
	w, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedBestCompression))
	if err != nil {
		return nil, err
	}
	defer w.Close()
	return w.EncodeAll(msg, nil), nil
}

// maxWindow is the window a frame may ask for, in bytes, as RFC 8878, section
// 3.1.1.1.2, recommends.
const maxWindow = 8 << 20

// decoder decodes whole frames into memory of the caller's and no further,
// whatever they say of their size.
var decoder = sync.OnceValues(func() (*zstd.Decoder, error) {
	return zstd.NewReader(nil, zstd.WithDecodeAllCapLimit(true), zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderLowmem(true))
})

func decompress(dst, src []byte) error {
	r, err := decoder()
	if err != nil {
		return err
	}
	out, err := r.DecodeAll(src, dst[:0:len(dst)])
	if err != nil {
		return err
	}
	if len(out) != len(dst) {
		return certcomp.ErrLength
	}
	return nil
}
