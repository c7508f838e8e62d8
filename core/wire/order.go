package wire

import (
	"encoding/binary"

	"patina/core/iana"
)

// Order is an order of the extensions of a ClientHello. pre_shared_key is always
// the last (RFC 8446, section 4.2.11).
type Order []uint8

// OrderBytes is how many random bytes RandomOrder takes.
const OrderBytes = 4 * len(registry)

// RandomOrder makes an order of random bytes.
func RandomOrder(random []byte) Order {
	order := make(Order, 0, len(registry))
	last := -1
	for i := range registry {
		if registry[i].typ == iana.ExtPreSharedKey {
			last = i
			continue
		}
		order = append(order, uint8(i))
	}
	for n := len(order); n > 1; n-- {
		i := binary.BigEndian.Uint32(random[4*n:]) % uint32(n)
		order[i], order[n-1] = order[n-1], order[i]
	}
	return append(order, uint8(last))
}
