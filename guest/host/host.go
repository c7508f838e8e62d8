// Package host holds the C side of the guest runtime: the gate between C and Go (gate.h), the start of the runtime on
// first use and its passage through fork. A package with exported Go functions imports it and includes gate.h.
//
// With the build tag patina_guest it needs the runtime that patina/guest/overlay makes; without it everything compiles
// and works, only fork and signals are as in any Go program.
package host

// #cgo CFLAGS: -std=gnu11 -O2 -Wall -Wextra -Werror=implicit-function-declaration
// #cgo patina_guest CFLAGS: -DPATINA_GUEST
// #cgo LDFLAGS: -lpthread
import "C"
