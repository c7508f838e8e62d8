// Package capi is the membrane between C and package ossl: the only cgo and the only unsafe beside guest/. README.md
// tells how a call passes through it.
//
// The C code is tuned so that gcc clears a struct patina_step by stores: it takes "rep stos" otherwise, which is slow
// to begin.
package capi

// #cgo CFLAGS: -std=gnu11 -O2 -Wall -Wextra -Werror=incompatible-pointer-types -Werror=discarded-qualifiers
// #cgo CFLAGS: -Werror=int-conversion -Werror=implicit-function-declaration
// #cgo CFLAGS: -mtune=skylake
// #cgo CFLAGS: -I${SRCDIR}/../../include -I${SRCDIR}/../../guest/host
// #cgo LDFLAGS: -lcrypto -lpthread
import "C"

import _ "patina/guest/host"

//go:generate go run ./gen
