//go:build race

package keys

// The race detector keeps the compiler from saving allocations in the hashes.
const raceDetector = true
