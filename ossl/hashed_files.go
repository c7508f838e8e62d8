package ossl

import (
	"bytes"
	"encoding/pem"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// fileIdentity tells a file from another, and from itself after a change.
type fileIdentity struct {
	dev, ino       uint64
	size           int64
	changed, wrote syscall.Timespec
}

func identityOf(st *syscall.Stat_t) fileIdentity {
	return fileIdentity{dev: st.Dev, ino: st.Ino, size: st.Size, changed: st.Ctim, wrote: st.Mtim}
}

// hashedPath is the name of a file in a hashed directory, as rehash makes it.
func hashedPath(dir string, hash uint32, kind string, number int) string {
	const digits = "0123456789abcdef"
	b := make([]byte, 0, len(dir)+1+8+1+len(kind)+10)
	b = append(b, dir...)
	b = append(b, '/')
	for shift := 28; shift >= 0; shift -= 4 {
		b = append(b, digits[hash>>shift&15])
	}
	b = append(b, '.')
	b = append(b, kind...)
	return string(strconv.AppendInt(b, int64(number), 10))
}

// uninterrupted repeats a system call that a signal has interrupted.
func uninterrupted(call func() error) error {
	for {
		if err := call(); err != syscall.EINTR {
			return err
		}
	}
}

// isThere reports whether there is such a name, whatever it leads to.
func isThere(path string) bool {
	var st syscall.Stat_t
	return uninterrupted(func() error { return syscall.Lstat(path, &st) }) == nil
}

// maxHashedFile is the size of the greatest file that is read here, in bytes.
const maxHashedFile = 8 << 20

// fileState is what a file of a hashed directory is to its store.
type fileState uint8

const (
	fileNew    fileState = iota
	fileLoaded           // the store has it
	fileOdd              // libcrypto has to read it
	filePassed           // it cannot be opened, and is passed over
)

// read reads a file that is a sequence of PEM blocks, of which wanted ones count.
func (d *hashedDir) read(path string, wanted func(blockType string) bool) (f hashedFile, state fileState) {
	f.path = path
	fd := -1
	err := uninterrupted(func() (err error) {
		fd, err = syscall.Open(path, syscall.O_RDONLY|syscall.O_CLOEXEC|syscall.O_NONBLOCK, 0)
		return err
	})
	switch err {
	case nil:
	case syscall.EACCES, syscall.ENOENT, syscall.ELOOP, syscall.ENOTDIR:
		return f, filePassed
	default:
		return f, fileOdd
	}
	defer syscall.Close(fd)
	var st syscall.Stat_t
	if syscall.Fstat(fd, &st) != nil || st.Mode&syscall.S_IFMT != syscall.S_IFREG || st.Size > maxHashedFile {
		return f, fileOdd
	}
	f.is = identityOf(&st)
	d.mu.Lock()
	loaded, odd := d.loaded[path] == f.is, d.odd[path] == f.is
	d.mu.Unlock()
	switch {
	case loaded:
		return f, fileLoaded
	case odd:
		return f, fileOdd
	}
	data := make([]byte, st.Size+1)
	n := 0
	for {
		var got int
		err := uninterrupted(func() (err error) { got, err = syscall.Read(fd, data[n:]); return err })
		n += max(got, 0)
		if err != nil || n > int(st.Size) {
			return f, fileOdd // it is being written
		}
		if got == 0 {
			break
		}
	}
	ders, ok := derBlocks(data[:n], wanted)
	if !ok {
		d.mu.Lock()
		remember(&d.odd, []hashedFile{f})
		d.mu.Unlock()
		return f, fileOdd
	}
	f.ders = ders
	return f, fileNew
}

func certificateBlock(t string) bool { return t == "CERTIFICATE" || t == "X509 CERTIFICATE" }
func listBlock(t string) bool        { return t == "X509 CRL" }

// Lengths up to which lines are read alike everywhere, in a block and outside.
const (
	maxPEMLine  = 64
	maxTextLine = 250
)

// derBlocks takes the wanted blocks out of a PEM file. ok is false where the file
// might be read otherwise by libcrypto: nothing wanted, lines too long, blocks that
// are broken or encrypted, certificates with trust settings.
func derBlocks(data []byte, wanted func(blockType string) bool) (ders [][]byte, ok bool) {
	blocks, limit := 0, maxTextLine
	for line := range bytes.Lines(data) {
		switch {
		case bytes.Contains(line, []byte("-----BEGIN")):
			blocks, limit = blocks+1, maxPEMLine
		case bytes.Contains(line, []byte("-----END")):
			limit = maxTextLine
		}
		if len(bytes.TrimRight(line, " \r\n")) > limit || bytes.IndexByte(line, 0) >= 0 {
			return nil, false
		}
	}
	for {
		block, rest := pem.Decode(data)
		if block == nil {
			break
		}
		blocks--
		if len(block.Headers) > 0 || block.Type == "TRUSTED CERTIFICATE" {
			return nil, false
		}
		if wanted(block.Type) {
			der := cryptobyte.String(block.Bytes)
			if !der.SkipASN1(asn1.SEQUENCE) || !der.Empty() {
				return nil, false
			}
			ders = append(ders, block.Bytes)
		}
		data = rest
	}
	return ders, blocks == 0 && len(ders) > 0
}

// dirListing is what a directory has been seen to hold. It is immutable.
type dirListing struct {
	is     fileIdentity
	final  bool     // the directory had been at rest when it was read
	hashes []uint32 // of names that begin with one and end in a number, sorted
}

// restTime is how long ago a directory must have been changed for its time of
// change to tell of the next one.
const restTime = 2 * time.Second

// has reports whether a directory may hold something under a hash, looking through
// it where it has changed.
func (d *hashedDir) has(hash uint32) bool {
	if scheme, _, ok := strings.Cut(d.Dir, ":"); ok && !strings.ContainsAny(scheme, "/.") {
		return true // perhaps no directory at all, but a URI
	}
	var st syscall.Stat_t
	if uninterrupted(func() error { return syscall.Stat(d.Dir, &st) }) != nil {
		return false
	}
	if st.Mode&syscall.S_IFMT != syscall.S_IFDIR {
		return true
	}
	l := d.listing.Load()
	if l == nil || !l.final || l.is != identityOf(&st) {
		var ok bool
		if l, ok = listDir(d.Dir); !ok {
			return false
		}
		d.listing.Store(l)
	}
	_, there := slices.BinarySearch(l.hashes, hash)
	return there
}

// listDir reads a directory; ok is false if it cannot be opened.
func listDir(dir string) (l *dirListing, ok bool) {
	var fd int
	err := uninterrupted(func() (err error) {
		fd, err = syscall.Open(dir, syscall.O_RDONLY|syscall.O_CLOEXEC|syscall.O_DIRECTORY|syscall.O_NONBLOCK, 0)
		return err
	})
	if err != nil {
		return nil, false
	}
	defer syscall.Close(fd)
	var st syscall.Stat_t
	if syscall.Fstat(fd, &st) != nil {
		return nil, false
	}
	l = &dirListing{is: identityOf(&st), final: now().Sub(time.Unix(st.Mtim.Unix())) > restTime}
	buf := make([]byte, 32<<10)
	var names []string
	for {
		var n int
		err := uninterrupted(func() (err error) { n, err = syscall.ReadDirent(fd, buf); return err })
		if err != nil {
			return nil, false
		}
		if n <= 0 {
			break
		}
		_, _, names = syscall.ParseDirent(buf[:n], -1, names[:0])
		for _, name := range names {
			if hash, ok := hashOfName(name); ok {
				l.hashes = append(l.hashes, hash)
			}
		}
	}
	slices.Sort(l.hashes)
	return l, true
}

// hashOfName is the hash that a file of a hashed directory is named by: eight
// digits of any case, a dot, perhaps an r, and a number.
func hashOfName(name string) (hash uint32, ok bool) {
	if len(name) < 10 || name[8] != '.' || name[0] == '+' || name[0] == '-' {
		return 0, false
	}
	n, err := strconv.ParseUint(name[:8], 16, 32)
	number := strings.TrimPrefix(name[9:], "r")
	if err != nil || number == "" || strings.Trim(number, "0123456789") != "" {
		return 0, false
	}
	return uint32(n), true
}
