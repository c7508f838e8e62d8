package certcomp_test

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"runtime"
	"sync"
	"testing"

	"patina/core/certcomp"
	"patina/core/certcomp/brotli"
	"patina/core/certcomp/zlib"
	"patina/core/certcomp/zstd"
	"patina/core/iana"
)

var algorithms = []certcomp.Algorithm{zlib.Algorithm(), brotli.Algorithm(), zstd.Algorithm()}

// samples are messages: like certificates, nothing but repetition, and noise.
func samples() map[string][]byte {
	noise := make([]byte, 5000)
	rand.Read(noise)
	text := bytes.Repeat([]byte("id-at-organizationName, example.org; "), 200)
	return map[string][]byte{"one byte": {7}, "text": text, "noise": noise, "zeros": make([]byte, 100<<10), "both": append(text, noise...)}
}

func TestRoundTrip(t *testing.T) {
	for _, a := range algorithms {
		for name, msg := range samples() {
			packed, err := a.Compress(msg)
			if err != nil {
				t.Fatalf("%v, %s: %v", a.ID, name, err)
			}
			if name == "text" && len(packed) > len(msg)/10 {
				t.Errorf("%v: %d of %d bytes", a.ID, len(packed), len(msg))
			}
			dst := make([]byte, len(msg))
			if err := a.Decompress(dst, packed); err != nil || !bytes.Equal(dst, msg) {
				t.Errorf("%v, %s: %v", a.ID, name, err)
			}
			// Any other length is an error, as is anything cut off, behind or changed
			// so that it comes out differently.
			for _, n := range []int{0, len(msg) - 1, len(msg) + 1, 2 * len(msg)} {
				if err := a.Decompress(make([]byte, n), packed); err == nil && n != len(msg) {
					t.Errorf("%v, %s: %d bytes became %d", a.ID, name, len(msg), n)
				}
			}
			for _, cut := range []int{0, 1, len(packed) / 2, len(packed) - 1} {
				if err := a.Decompress(dst, packed[:cut]); err == nil && cut < len(packed) {
					t.Errorf("%v, %s: the first %d of %d bytes are enough", a.ID, name, cut, len(packed))
				}
			}
			if err := a.Decompress(dst, append(bytes.Clone(packed), 1)); err == nil {
				t.Errorf("%v, %s: a byte behind it is not seen", a.ID, name)
			}
		}
		if err := a.Decompress(make([]byte, 10), []byte("this is not compressed")); err == nil {
			t.Errorf("%v: text decompressed", a.ID)
		}
	}
}

// TestOthers: what other implementations have made: zlib 1.2.13, libbrotli 1.0.9
// and zstd 1.5.4.
func TestOthers(t *testing.T) {
	const want = "certificate certificate certificate"
	for i, packed := range []string{
		"78da4b4e2d2ac94ccb4c4e2c495548c6ce0600f8720dca",
		"1b2200f825000a18626a016f4c0d",
		"28b52ffd0468950000606365727469666963617465200100af4b1226d30c83",
	} {
		src, err := hex.DecodeString(packed)
		if err != nil {
			t.Fatal(err)
		}
		dst := make([]byte, len(want))
		if err := algorithms[i].Decompress(dst, src); err != nil || string(dst) != want {
			t.Errorf("%v: %q, %v", algorithms[i].ID, dst, err)
		}
	}
}

// TestConcurrent: one Algorithm serves many connections.
func TestConcurrent(t *testing.T) {
	for _, a := range algorithms {
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for name, msg := range samples() {
					packed, err := a.Compress(msg)
					dst := make([]byte, len(msg))
					if err != nil || a.Decompress(dst, packed) != nil || !bytes.Equal(dst, msg) {
						t.Errorf("%v, %s", a.ID, name)
					}
					if a.Decompress(dst[:len(dst)-1], packed) == nil {
						t.Errorf("%v, %s: one byte too many", a.ID, name)
					}
				}
			})
		}
		wg.Wait()
	}
}

// TestBomb: what would be 16 MiB is refused for a few bytes, without the memory
// it asks for.
func TestBomb(t *testing.T) {
	bomb := make([]byte, 16<<20)
	for _, a := range algorithms {
		packed, err := a.Compress(bomb)
		if err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for _, n := range []int{1, 1000, 100 << 10} {
			if err := a.Decompress(make([]byte, n), packed); err == nil {
				t.Errorf("%v: a bomb of %d bytes in %d", a.ID, len(packed), n)
			}
		}
		runtime.ReadMemStats(&after)
		// No more than the largest window Brotli is allowed, each.
		if used := after.TotalAlloc - before.TotalAlloc; used > maxWork {
			t.Errorf("%v: %d bytes of memory used on a bomb", a.ID, used)
		} else {
			t.Logf("%v: a bomb of %d bytes, %d bytes of memory", a.ID, len(packed), used)
		}
	}
}

// maxWork is how much memory three attempts at a bomb may take.
const maxWork = 3 * 5 << 20

// FuzzDecompress: whatever comes, nothing but the length announced goes out.
func FuzzDecompress(f *testing.F) {
	for i, a := range algorithms {
		for _, msg := range samples() {
			if packed, err := a.Compress(msg); err == nil && len(msg) <= 10000 {
				f.Add(byte(i), uint16(len(msg)), packed)
			}
		}
	}
	f.Fuzz(func(t *testing.T, which byte, n uint16, src []byte) {
		a := algorithms[int(which)%len(algorithms)]
		room := bytes.Repeat([]byte{0xa5}, int(n)+16)
		a.Decompress(room[:n:n], src)
		if !bytes.Equal(room[n:], bytes.Repeat([]byte{0xa5}, 16)) {
			t.Fatal("written beyond the length announced")
		}
	})
}

func TestNames(t *testing.T) {
	for i, want := range []string{"zlib", "brotli", "zstd"} {
		if id := algorithms[i].ID; id.String() != want || id != iana.CertificateCompressionAlgorithm(i+1) {
			t.Errorf("%d is %v", id, id)
		}
	}
}
