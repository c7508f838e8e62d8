package core

import (
	"errors"

	"patina/core/wire"
)

// fromWire makes an Error of what core/wire says of a message.
func fromWire(err error) error {
	var e *wire.Error
	if !errors.As(err, &e) {
		return err
	}
	k := KindDecode
	switch e.Kind {
	case wire.Illegal:
		k = KindIllegalParameter
		if e.Extension != wire.NoExtension {
			switch e.What {
			case wire.WhatDuplicate:
				k = KindDuplicateExtension
			case wire.WhatForbidden:
				k = KindForbiddenExtension
			}
		}
	case wire.Unsolicited:
		k = KindUnsolicitedExtension
	case wire.Missing:
		k = KindMissingExtension
	case wire.BadName:
		k = KindUnrecognizedName
	case wire.Unexpected:
		k = KindUnexpectedMessage
	}
	return failureOf(k, e)
}
