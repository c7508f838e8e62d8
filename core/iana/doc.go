// Package iana holds the numbers of the TLS protocol under the names that the
// IANA registries and the RFCs give them, each with a String method that
// prints the registered name. It is a leaf: it depends on nothing and decides
// nothing.
package iana
