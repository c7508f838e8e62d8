package core

import (
	"patina/core/iana"
	"patina/core/wire"
)

// How long records may be: record_size_limit (RFC 8449) and, before it,
// max_fragment_length (RFC 6066, section 4).

// maxRecordSizeLimit is the highest limit that means anything: a full record's
// content and, in TLS 1.3, its type (RFC 8449, section 4).
func maxRecordSizeLimit(v iana.ProtocolVersion) uint16 {
	if v == iana.VersionTLS13 {
		return maxPlaintext + 1
	}
	return maxPlaintext
}

// ownRecordSizeLimit is the limit this side tells the peer in that version.
func (c *Conn) ownRecordSizeLimit(v iana.ProtocolVersion) uint16 {
	limit := maxRecordSizeLimit(v)
	if own := c.params.RecordSizeLimit; own != 0 {
		limit = min(limit, own)
	}
	return limit
}

// takeRecordSizes applies what a server has answered.
func (c *Conn) takeRecordSizes(fragment uint8, size uint16) error {
	switch {
	case fragment != 0 && size != 0:
		// RFC 8449, section 5.
		return failure(KindBadRecordSizeLimit, "beside max_fragment_length")
	case fragment != 0:
		if fragment != c.hs.hello.MaxFragmentLength {
			return failure(KindBadMaxFragmentLength, "")
		}
		c.limitFragment(fragment)
	case size > maxRecordSizeLimit(c.version):
		return failure(KindBadRecordSizeLimit, "more than a record has")
	case size != 0:
		c.limitRecords(c.ownRecordSizeLimit(c.version), size)
	}
	return nil
}

// answerRecordSizes applies what a client has asked for, and is what the server
// answers: record_size_limit goes before max_fragment_length (RFC 8449, section
// 5).
func (c *Conn) answerRecordSizes() (fragment uint8, size uint16) {
	hello := c.hs.hello
	switch {
	case hello.RecordSizeLimit != 0:
		size = c.ownRecordSizeLimit(c.version)
		// A client may know of longer records than there are here.
		c.limitRecords(size, min(hello.RecordSizeLimit, maxRecordSizeLimit(c.version)))
	case hello.MaxFragmentLength != 0:
		fragment = hello.MaxFragmentLength
		c.limitFragment(fragment)
	}
	return fragment, size
}

// limitFragment applies a max_fragment_length that has been agreed.
func (c *Conn) limitFragment(code uint8) {
	c.fragmentLimit = 1 << (8 + code)
	c.contentLimit = c.fragmentLimit
	c.params.MaxFragment = min(c.params.MaxFragment, c.contentLimit)
	c.in.opener.MaxContent = c.fragmentLimit
}

// limitRecords applies record_size_limits that have been agreed. They hold for
// protected records; what is sent before them is only cut finer than it must be.
func (c *Conn) limitRecords(own, peer uint16) {
	c.recordLimits = [2]uint16{own, peer}
	// Early data is sent before the client knows of the limit, under keys from
	// before it was agreed on (RFC 8449, section 4).
	if c.client || c.early == nil || !c.early.open {
		c.in.opener.MaxInner = int(own)
	}
	c.contentLimit = int(peer)
	if c.ofTLS13() {
		c.contentLimit-- // the content type
	}
	c.params.MaxFragment = min(c.params.MaxFragment, c.contentLimit)
}

// RecordSizeLimits are the record_size_limits (RFC 8449) both sides have agreed
// on, in bytes: of records received and of records sent. Zero without them. In
// TLS 1.3 a byte of each is the content type.
func (c *Conn) RecordSizeLimits() (own, peer int) {
	return int(c.recordLimits[0]), int(c.recordLimits[1])
}

// clampRecordSizeLimit brings Params.RecordSizeLimit into its range.
func clampRecordSizeLimit(v uint16) uint16 {
	if v == 0 {
		return 0
	}
	return min(max(v, wire.MinRecordSizeLimit), maxRecordSizeLimit(iana.VersionTLS13))
}
