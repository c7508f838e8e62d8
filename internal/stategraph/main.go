// Command stategraph draws the states of the engine (package core) from its source:
// which there are, what each takes, sends and asks, and what follows it. The result
// is docs/states.md; a test says when it is out of date.
//
//	go generate ./core
//	go run ./internal/stategraph [-core DIR] [-o FILE]
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	dir := flag.String("core", "core", "directory of the package core")
	out := flag.String("o", "docs/states.md", "file to write")
	flag.Parse()
	states, err := ReadStates(*dir)
	if err == nil {
		err = os.WriteFile(*out, []byte(Draw(states)), 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "stategraph:", err)
		os.Exit(1)
	}
}
