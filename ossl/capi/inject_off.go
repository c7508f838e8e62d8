//go:build !patina_panic

package capi

// begin marks the beginning of the export name, for the build that panics there
// on purpose (inject_on.go).
func begin(name string) {}
