package ossl

// Ptr is a pointer of the C world: an application's function or argument, or an
// object of libcrypto. It is kept and compared, never followed.
type Ptr uintptr

// Callback is a C function with its argument; a zero Fn means none.
type Callback struct{ Fn, Arg Ptr }

// Set reports whether there is a function.
func (c Callback) Set() bool { return c.Fn != 0 }
