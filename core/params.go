package core

import "patina/core/iana"

// Limits and defaults of Params.
const (
	// DefaultMaxCertificateBytes limits the body of a peer's Certificate message, in
	// bytes; of a compressed one, compressed and not.
	DefaultMaxCertificateBytes = 100 << 10
	// maxPlaintext is the most content a record may have (RFC 8446, section 5.1).
	maxPlaintext = 1 << 14
	minFragment  = 512
	// DefaultSessionLifetime is how long a server's sessions last, in seconds.
	DefaultSessionLifetime = 7200
)

// withDefaults fills in what is zero and brings what is out of range into it.
func (p Params) withDefaults() Params {
	if p.MinVersion < iana.VersionTLS12 {
		p.MinVersion = iana.VersionTLS12
	}
	if p.MaxVersion == 0 || p.MaxVersion > iana.VersionTLS13 {
		p.MaxVersion = iana.VersionTLS13
	}
	if p.MaxFragment <= 0 || p.MaxFragment > maxPlaintext {
		p.MaxFragment = maxPlaintext
	}
	if p.MaxFragment < minFragment {
		p.MaxFragment = minFragment
	}
	if p.MaxFragmentLength > 4 {
		p.MaxFragmentLength = 0
	}
	p.RecordSizeLimit = clampRecordSizeLimit(p.RecordSizeLimit)
	if p.MaxCertificateBytes <= 0 {
		p.MaxCertificateBytes = DefaultMaxCertificateBytes
	}
	p.PSKIdentityHint = p.PSKIdentityHint[:min(len(p.PSKIdentityHint), maxPSKIdentity12)]
	if p.EarlyDataWindow <= 0 {
		p.EarlyDataWindow = DefaultEarlyDataWindow
	}
	if p.EarlyDataLimit == 0 {
		p.EarlyDataLimit = max(p.MaxEarlyData, DefaultEarlyDataLimit)
	}
	if p.SessionLifetime == 0 {
		p.SessionLifetime = DefaultSessionLifetime
	}
	return p
}

// requiresEMS reports that TLS 1.2 is spoken with extended_master_secret only.
func (c *Conn) requiresEMS() bool {
	return c.params.RequireEMS || c.cfg.restricted != nil && c.cfg.restricted.RequireEMS()
}
