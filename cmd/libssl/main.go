// Command libssl is the shared library libssl.so.3: the exports of ossl/capi and the guest runtime. guest/mklib builds it.
package main

import (
	_ "patina/guest/host"
	_ "patina/ossl/capi"
)

func main() {}
