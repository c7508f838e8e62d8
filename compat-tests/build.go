package compat

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"sync"
)

// Topic is one C program.
type Topic struct {
	Name   string // file name without .c
	Source string // path of the source
	Binary string // path of the program, set by Compile
}

// kitPattern matches the sources shared by all programs; they are no topics.
const kitPattern = "kit*.c"

// Topics lists the programs of dir, by name.
func Topics(dir string) ([]Topic, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.c"))
	if err != nil {
		return nil, err
	}
	sort.Strings(files)
	var topics []Topic
	for _, f := range files {
		base := filepath.Base(f)
		if kit, _ := filepath.Match(kitPattern, base); !kit {
			topics = append(topics, Topic{Name: strings.TrimSuffix(base, ".c"), Source: f})
		}
	}
	if len(topics) == 0 {
		return nil, fmt.Errorf("no C programs in %s", dir)
	}
	return topics, nil
}

// What the compiler is told for the sanitizers; the first is the linker's too.
var (
	tsanFlags = []string{"-fsanitize=thread", "-fno-omit-frame-pointer"}
	asanFlags = []string{"-fsanitize=address,undefined", "-fno-omit-frame-pointer"}
)

// Compiler says how programs are built.
type Compiler struct {
	Out     string   // directory for objects and programs
	Include []string // searched before the system's headers
	Asan    bool     // with the address and undefined-behaviour sanitizers
	Tsan    bool     // with the thread sanitizer
	Jobs    int      // compilers at once
}

func (c Compiler) flags() []string {
	flags := []string{"-std=gnu11", "-g", "-O1", "-Wall", "-Wextra", "-Werror", "-Wno-deprecated-declarations", "-pthread"}
	for _, dir := range c.Include {
		flags = append(flags, "-I", dir)
	}
	if c.Tsan {
		flags = append(flags, tsanFlags...)
	}
	if c.Asan {
		flags = append(flags, asanFlags...)
	}
	return flags
}

func (c Compiler) gcc(args ...string) error {
	cmd := exec.Command("gcc", append(c.flags(), args...)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args, " "), err, out)
	}
	return nil
}

// compileKit compiles what the programs share to object files and returns their paths.
func (c Compiler) compileKit(dir string) ([]string, error) {
	sources, err := filepath.Glob(filepath.Join(dir, kitPattern))
	if err != nil {
		return nil, err
	}
	var objects []string
	for _, source := range sources {
		object := filepath.Join(c.Out, strings.TrimSuffix(filepath.Base(source), ".c")+".o")
		if err := c.gcc("-c", "-o", object, source); err != nil {
			return nil, err
		}
		objects = append(objects, object)
	}
	return objects, nil
}

// Compile builds all topics and sets their Binary.
func (c Compiler) Compile(topics []Topic) error {
	if len(topics) == 0 {
		return fmt.Errorf("no topics to compile")
	}
	if err := os.MkdirAll(c.Out, 0o755); err != nil {
		return err
	}
	kit, err := c.compileKit(filepath.Dir(topics[0].Source))
	if err != nil {
		return err
	}
	errs := make([]error, len(topics))
	slots := make(chan struct{}, max(c.Jobs, 1))
	var wg sync.WaitGroup
	for i := range topics {
		wg.Add(1)
		go func() {
			defer wg.Done()
			slots <- struct{}{}
			defer func() { <-slots }()
			t := &topics[i]
			t.Binary = filepath.Join(c.Out, t.Name)
			errs[i] = c.gcc(slices.Concat([]string{"-o", t.Binary, t.Source}, kit, []string{"-lssl", "-lcrypto"})...)
		}()
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
