//go:build race

package tlsnet

const raceEnabled = true
