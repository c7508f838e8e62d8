// Command bogo_shim puts the engine before the TLS test runner of BoringSSL
// (BoGo), which plays a peer that misbehaves in thousands of ways and judges
// how this side takes it. docs/bogo.md says how to run it and what came of it.
//
// The runner starts the shim once for each test. The flags tell what to be
// (options.go); the shim makes a core.Config of them (config.go), dials the
// runner, shakes hands (conn.go, answers.go), checks what has been agreed on
// (check.go) and sends back what it receives with every bit turned
// (exchange.go). It ends with 0, with 1 and an error in words on stderr, or with
// 89 where the runner asks for what this library does not have.
package main

import (
	"errors"
	"fmt"
	"os"
)

// Exit codes of the runner's protocol.
const (
	exitFailed        = 1
	exitUnimplemented = 89
	exitMustFail      = 90 // a failure that no test expects
)

func main() {
	err := run(os.Args[1:])
	switch {
	case err == nil:
		return
	case errors.Is(err, errUnimplemented):
		fmt.Fprintln(os.Stderr, err)
		os.Exit(exitUnimplemented)
	}
	fmt.Fprintln(os.Stderr, describe(err))
	if errors.Is(err, errMustFail) {
		os.Exit(exitMustFail)
	}
	os.Exit(exitFailed)
}

// errMustFail goes with what is wrong whatever the test expects.
var errMustFail = errors.New("the shim's own expectation failed")

func mustFail(format string, a ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{errMustFail}, a...)...)
}

func run(args []string) error {
	if len(args) > 0 && args[len(args)-1] == "-is-handshaker-supported" {
		fmt.Println("No")
		return nil
	}
	initial, resume, retry, err := parseOptions(args)
	if err != nil {
		return err
	}
	m, err := newMemory()
	if err != nil {
		return err
	}
	for i := range initial.ResumeCount + 1 {
		o := initial
		if i > 0 {
			o = resume
			if !o.Server && m.session == nil {
				return errors.New("no session to resume")
			}
		}
		if err := connect(o, retry, m, i > 0); err != nil {
			return fmt.Errorf("connection %d: %w", i+1, err)
		}
		m.delay(o.ResumptionDelay)
	}
	return nil
}
