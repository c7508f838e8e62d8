// Package provider is what the engine asks of a cryptography library.
package provider

// Provider makes the cryptography.
type Provider interface {
	// Name of the provider, for people.
	Name() string
}
