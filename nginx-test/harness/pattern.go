package harness

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"os"
)

// word is the pattern's 8 bytes at offset 8*i: a bijective mix of i (the splitmix64 finaliser), so no two aligned
// words of a file are equal.
func word(i uint64) uint64 {
	z := (i + 1) * 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// fill writes the pattern from offset off, which is a multiple of 8, into b, whose length is a multiple of 8.
func fill(b []byte, off int64) {
	for i := uint64(off) / 8; len(b) >= 8; i++ {
		binary.LittleEndian.PutUint64(b, word(i))
		b = b[8:]
	}
}

const patternChunk = 1 << 16

// WritePattern writes a file of size bytes (a multiple of 64 KiB) of position-dependent content.
func WritePattern(file string, size int64) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer f.Close()
	buf := make([]byte, patternChunk)
	for off := int64(0); off < size; off += patternChunk {
		fill(buf, off)
		if _, err := f.Write(buf); err != nil {
			return err
		}
	}
	return f.Close()
}

// PatternSum returns the SHA-256, in hex, of the first size bytes of the pattern.
func PatternSum(size int64) string {
	h := sha256.New()
	buf := make([]byte, patternChunk)
	for off := int64(0); off < size; off += patternChunk {
		fill(buf, off)
		h.Write(buf[:min(patternChunk, size-off)])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// A Pattern is an io.Writer that compares what is written to it with the pattern and hashes it.
type Pattern struct {
	n    int64
	sum  hash.Hash
	want []byte // the pattern from wantOff
	off  int64
	bad  error
}

// NewPattern returns a checker that expects the pattern from its first byte.
func NewPattern() *Pattern {
	return &Pattern{sum: sha256.New(), want: make([]byte, patternChunk), off: -1}
}

// Write never fails early: the whole stream is counted, the first difference is kept.
func (p *Pattern) Write(b []byte) (int, error) {
	p.sum.Write(b)
	total := len(b)
	for len(b) > 0 {
		start := p.n &^ (patternChunk - 1)
		if p.off != start {
			fill(p.want, start)
			p.off = start
		}
		want := p.want[p.n-start:]
		k := min(len(want), len(b))
		if p.bad == nil && string(want[:k]) != string(b[:k]) {
			for i := range k {
				if want[i] != b[i] {
					p.bad = fmt.Errorf("content differs from offset %d", p.n+int64(i))
					break
				}
			}
		}
		p.n += int64(k)
		b = b[k:]
	}
	return total, nil
}

// Check reports whether exactly size bytes of the pattern arrived.
func (p *Pattern) Check(size int64) error {
	if p.bad != nil {
		return fmt.Errorf("%w (%d bytes arrived of %d)", p.bad, p.n, size)
	}
	if p.n != size {
		return fmt.Errorf("%d bytes arrived of %d", p.n, size)
	}
	return nil
}

// Sum returns the SHA-256 of what arrived, in hex.
func (p *Pattern) Sum() string { return hex.EncodeToString(p.sum.Sum(nil)) }

// CheckFile compares a file with the pattern and returns its SHA-256.
func CheckFile(file string, size int64) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	p := NewPattern()
	if _, err := io.CopyBuffer(struct{ io.Writer }{p}, struct{ io.Reader }{f}, make([]byte, 1<<18)); err != nil {
		return "", err
	}
	return p.Sum(), p.Check(size)
}
