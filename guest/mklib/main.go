// Command mklib builds a shared library whose Go runtime is a guest of the program that loads it:
//
//	go run ./guest/mklib -main ./cmd/libssl -o build/libssl.so.3 -map ossl/capi/libssl.map
//
// It generates the runtime overlay, builds the main package as a C archive, renames the constructor of the archive's Go
// object so that nothing runs when the library is loaded (guest/host/start.c calls it on first use), and links the
// objects with the C compiler. When nothing changed it stops after go build, whose cache answers.
package main

import (
	"bytes"
	"crypto/sha256"
	"debug/elf"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"patina/guest/overlay"
)

// initSection is the name under which start.c finds the constructor of the Go object.
const initSection = "patina_go_init"

type build struct {
	main, out, mapFile, soname, tags, work, cflags, ldflags, libs string
	goflags                                                       string
	verbose                                                       bool
}

func main() {
	var b build
	flag.StringVar(&b.main, "main", "./cmd/libssl", "the main package")
	flag.StringVar(&b.out, "o", "build/libssl.so.3", "the library to write")
	flag.StringVar(&b.mapFile, "map", "", "the linker's version script; without one every C symbol is exported")
	flag.StringVar(&b.soname, "soname", "", "DT_SONAME; the base name of -o if empty")
	flag.StringVar(&b.tags, "tags", "", "build tags beside patina_guest, separated by commas")
	flag.StringVar(&b.work, "work", "", "directory for intermediate files; OUTPUT.work if empty")
	flag.StringVar(&b.cflags, "cflags", "-O2 -g", "flags for every C file (CGO_CFLAGS)")
	flag.StringVar(&b.ldflags, "ldflags", "", "flags for the C linker, before the libraries (-fsanitize=address)")
	flag.StringVar(&b.libs, "libs", "-lcrypto -lpthread", "libraries to link with")
	flag.StringVar(&b.goflags, "goflags", "", "further flags of go build")
	flag.BoolVar(&b.verbose, "v", false, "show the commands")
	flag.Parse()
	if err := b.run(); err != nil {
		fmt.Fprintf(os.Stderr, "mklib: %v\n", err)
		os.Exit(1)
	}
}

func (b *build) run() error {
	if b.soname == "" {
		b.soname = filepath.Base(b.out)
	}
	if b.work == "" {
		b.work = b.out + ".work"
	}
	if err := os.MkdirAll(b.work, 0o755); err != nil {
		return err
	}
	env, err := b.output("go", "env", "GOROOT", "GOVERSION")
	if err != nil {
		return err
	}
	goroot, version, _ := strings.Cut(strings.TrimSpace(env), "\n")
	overlayFile, err := overlay.Generate(overlay.Guest, goroot, version, filepath.Join(b.work, "overlay"))
	if err != nil {
		return err
	}

	archive := filepath.Join(b.work, "go.a")
	tags := "patina_guest"
	if b.tags != "" {
		tags += "," + b.tags
	}
	args := []string{"build", "-trimpath", "-tags", tags, "-overlay", overlayFile, "-buildmode=c-archive", "-ldflags=-w"}
	args = append(append(args, strings.Fields(b.goflags)...), "-o", archive, b.main)
	if err := b.command("go", args...); err != nil {
		return err
	}
	stamp, err := b.stamp(archive)
	if err != nil {
		return err
	}
	stampFile := filepath.Join(b.work, "stamp")
	if old, err := os.ReadFile(stampFile); err == nil && string(old) == stamp {
		if _, err := os.Stat(b.out); err == nil {
			return nil
		}
	}
	if err := b.link(archive); err != nil {
		return err
	}
	return os.WriteFile(stampFile, []byte(stamp), 0o644)
}

// stamp identifies everything the link step depends on.
func (b *build) stamp(archive string) (string, error) {
	h := sha256.New()
	for _, name := range []string{archive, b.mapFile} {
		if name == "" {
			continue
		}
		content, err := os.ReadFile(name)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(h, "%d\n", len(content))
		h.Write(content)
	}
	fmt.Fprintf(h, "%q", []string{b.soname, b.cflags, b.ldflags, b.libs})
	return hex.EncodeToString(h.Sum(nil)), nil
}

func (b *build) link(archive string) error {
	objects := filepath.Join(b.work, "objects")
	if err := os.RemoveAll(objects); err != nil {
		return err
	}
	if err := os.MkdirAll(objects, 0o755); err != nil {
		return err
	}
	archive, err := filepath.Abs(archive)
	if err != nil {
		return err
	}
	if err := b.commandIn(objects, "ar", "x", archive); err != nil {
		return err
	}
	goObject := filepath.Join(objects, "go.o")
	if err := b.command("objcopy", "--rename-section", ".init_array="+initSection+",alloc,load,data,contents", goObject); err != nil {
		return err
	}
	if err := checkGoObject(goObject); err != nil {
		return err
	}
	names, err := filepath.Glob(filepath.Join(objects, "*.o"))
	if err != nil {
		return err
	}
	slices.Sort(names)
	part := b.out + ".part"
	args := []string{"-shared", "-o", part, "-Wl,-soname," + b.soname, "-Wl,-z,nodelete", "-Wl,-z,now", "-Wl,-z,relro",
		"-Wl,-z,noexecstack", "-Wl,-Bsymbolic", "-Wl,--build-id", "-Wl,-z,defs"}
	if b.mapFile != "" {
		args = append(args, "-Wl,--version-script="+b.mapFile)
	}
	args = append(args, strings.Fields(b.ldflags)...)
	args = append(args, names...)
	args = append(args, strings.Fields(b.libs)...)
	if err := b.command(cc(), args...); err != nil {
		return err
	}
	return os.Rename(part, b.out)
}

// checkGoObject makes sure that the one constructor of the Go object waits in our section and none is left to run at load.
func checkGoObject(name string) error {
	f, err := elf.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	if s := f.Section(".init_array"); s != nil {
		return fmt.Errorf("%s still has a constructor in .init_array", name)
	}
	s := f.Section(initSection)
	if s == nil {
		return fmt.Errorf("%s has no section %s: the Go linker does not make its constructor as expected", name, initSection)
	}
	if s.Size != 8 {
		return fmt.Errorf("%s: section %s holds %d bytes, not one pointer", name, initSection, s.Size)
	}
	return nil
}

func cc() string {
	if cc := os.Getenv("CC"); cc != "" {
		return cc
	}
	return "gcc"
}

func (b *build) command(name string, args ...string) error { return b.commandIn("", name, args...) }

func (b *build) commandIn(dir, name string, args ...string) error {
	_, err := b.exec(dir, name, args...)
	return err
}

func (b *build) output(name string, args ...string) (string, error) { return b.exec("", name, args...) }

func (b *build) exec(dir, name string, args ...string) (string, error) {
	if b.verbose {
		fmt.Fprintln(os.Stderr, name, strings.Join(args, " "))
	}
	var stdout, stderr bytes.Buffer
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=1", "CGO_CFLAGS="+b.cflags)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if errors.Is(err, exec.ErrNotFound) {
		return "", fmt.Errorf("%w (the library is linked with gcc and binutils)", err)
	}
	if err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, stderr.Bytes())
	}
	if b.verbose {
		os.Stderr.Write(stderr.Bytes())
	}
	return stdout.String(), nil
}
