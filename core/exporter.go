package core

// ExportKeyingMaterial is the exporter of RFC 8446, section 7.5, and RFC 5705:
// n bytes for label and context. A nil context differs from an empty one in
// TLS 1.2.
func (c *Conn) ExportKeyingMaterial(label string, context []byte, n int) ([]byte, error) {
	panic("unwritten")
}
