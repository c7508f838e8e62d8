package core

// Config is an immutable compilation of Settings, shared by any number of
// connections.
type Config struct{ Settings }

// NewConfig checks and compiles s. It keeps no reference to its slices.
func NewConfig(s Settings) (*Config, error) { panic("unwritten") }

// TicketKeys seal sessions into tickets.
type TicketKeys struct{}
