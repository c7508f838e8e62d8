package main

// #cgo CFLAGS: -I${SRCDIR}/../host -O2
import "C"

import _ "patina/guest/host"

//export goProbeAdd
func goProbeAdd(a, b C.int) C.int { return a + b }

func main() {}
