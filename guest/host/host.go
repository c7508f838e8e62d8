// Package host holds the C side of the guest runtime: the gate between C and Go (gate.h), the start of the runtime on
// first use and its passage through fork. A package with exported Go functions imports it and includes gate.h.
package host

// #cgo CFLAGS: -std=gnu11 -O2 -Wall -Wextra
// #cgo LDFLAGS: -lpthread
import "C"
