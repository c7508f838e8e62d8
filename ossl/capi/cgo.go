// Package capi is the membrane between C and package ossl: libssl's functions
// for C programs. See README.md for how a call passes.
package capi

// #cgo CFLAGS: -I${SRCDIR}/../../include -I${SRCDIR}/../../guest/host -std=gnu11 -O2 -Wall -Wextra -Wno-unused-parameter
// #cgo LDFLAGS: -lcrypto
// #include "handle.h"
import "C"

import _ "patina/guest/host" // the gate
