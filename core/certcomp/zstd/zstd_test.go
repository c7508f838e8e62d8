package zstd

import "testing"

// TestWindow: a frame of one byte that asks for a window of 8 MiB, and for one that
// is an eighth more (RFC 8878, section 3.1.1.1.2).
func TestWindow(t *testing.T) {
	for descriptor, fits := range map[byte]bool{13 << 3: true, 13<<3 | 1: false, 14 << 3: false, 31 << 3: false} {
		frame := []byte{0x28, 0xb5, 0x2f, 0xfd, 0, descriptor, 1<<3 | 1, 0, 0, 'x'}
		dst := make([]byte, 1)
		if err := decompress(dst, frame); (err == nil) != fits || fits && dst[0] != 'x' {
			t.Errorf("window descriptor %#x: %v", descriptor, err)
		}
	}
}
