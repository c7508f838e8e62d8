package main

import (
	"net/netip"
	"time"

	"patina/core"
	"patina/core/iana"
	"patina/core/pki"
)

// verify judges the server's chain against the roots.
func (o *options) verify(c *core.Conn, roots *pki.Pool) (iana.AlertDescription, error) {
	if o.insecure {
		return 0, nil
	}
	opts := pki.Options{Roots: roots, Now: time.Now(), Purpose: pki.ServerAuth, Depth: -1, Level: 1}
	if ip, err := netip.ParseAddr(o.name); err == nil {
		opts.IP = ip
	} else {
		opts.Hosts = []string{o.name}
	}
	var leaf *pki.Cert
	for i, x := range c.PeerChain() {
		cert, err := pki.New(x)
		if err != nil {
			return iana.AlertBadCertificate, err
		}
		if i == 0 {
			leaf = cert
		} else {
			opts.Untrusted = append(opts.Untrusted, cert)
		}
	}
	if _, _, err := pki.Verify(leaf, &opts); err != nil {
		return alertOf(err.Reason), err
	}
	return 0, nil
}

// alertOf is the alert for a chain that is not accepted (RFC 8446, section
// 6.2).
func alertOf(r pki.Reason) iana.AlertDescription {
	switch r {
	case pki.NoIssuer, pki.NoIssuerLocally, pki.SelfSignedLeaf, pki.SelfSignedInChain:
		return iana.AlertUnknownCA
	case pki.Expired, pki.NotYetValid:
		return iana.AlertCertificateExpired
	}
	return iana.AlertBadCertificate
}
