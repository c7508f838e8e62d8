package brotli

import (
	"bytes"
	"testing"

	"github.com/andybalholm/brotli"
)

// TestWindow: every window an encoder can choose is read right; those above the
// limit are refused.
func TestWindow(t *testing.T) {
	msg := bytes.Repeat([]byte("certificate "), 300000)
	for bits := 10; bits <= 24; bits++ {
		var b bytes.Buffer
		w := brotli.NewWriterOptions(&b, brotli.WriterOptions{Quality: 5, LGWin: bits})
		w.Write(msg)
		w.Close()
		if got := windowBits(b.Bytes()); got != bits {
			t.Errorf("%d bits read as %d", bits, got)
		}
		dst := make([]byte, len(msg))
		if err := decompress(dst, b.Bytes()); (err == nil) != (bits <= 22) || err == nil && !bytes.Equal(dst, msg) {
			t.Errorf("%d bits: %v", bits, err)
		}
	}
	for _, src := range [][]byte{nil, {0x11}} { // none; the large window of no RFC
		if err := decompress(make([]byte, 1), src); err != errWindow {
			t.Errorf("%x: %v", src, err)
		}
	}
}
