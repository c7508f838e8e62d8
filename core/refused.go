package core

import (
	"fmt"
	"slices"
	"strings"

	"patina/core/iana"
	"patina/core/provider"
	"patina/core/suite"
	"patina/core/wire"
)

// What is refused on purpose is refused by not being there: this file only says,
// to whoever reads the error, what it was that a client offered instead.

// refusal is a reason, or several, for which a cipher suite is not spoken.
type refusal uint8

const (
	byRSA     refusal = 1 << iota // the server's key decrypts: no forward secrecy
	byDH                          // in finite fields
	nobody                        // no authentication
	inClear                       // no encryption
	forExport                     // keys of 40 and 56 bits
	withRC4
	withDES // and triple DES
	withCBC // MAC, then encrypt
)

var refusalNames = [...]string{"RSA key exchange", "finite-field Diffie-Hellman", "no authentication", "no encryption",
	"export suites", "RC4", "DES", "CBC"}

func (r refusal) String() string {
	var names []string
	for i, name := range refusalNames {
		if r&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// refused says why id is none of the engine's suites (IANA TLS Cipher Suites); 0
// for one that is, or is not known.
func refused(id iana.CipherSuite) refusal {
	within := func(list ...iana.CipherSuite) bool { // from, to, from, to
		for i := 0; i < len(list); i += 2 {
			if list[i] <= id && id <= list[i+1] {
				return true
			}
		}
		return false
	}
	var r refusal
	if within(0x0001, 0x000a, 0x002f, 0x002f, 0x0035, 0x0035, 0x003b, 0x003d, 0x0041, 0x0041, 0x0084, 0x0084, 0x0096, 0x0096,
		0x009c, 0x009d, 0x00ba, 0x00ba, 0x00c0, 0x00c0, 0xc09c, 0xc09d, 0xc0a0, 0xc0a1) {
		r |= byRSA
	}
	if within(0x000b, 0x001b, 0x0030, 0x0034, 0x0036, 0x003a, 0x003e, 0x0040, 0x0042, 0x0046, 0x0067, 0x006d, 0x0085, 0x0089,
		0x0097, 0x009b, 0x009e, 0x00a7, 0x00bb, 0x00bf, 0x00c1, 0x00c5, 0xc09e, 0xc09f, 0xc0a2, 0xc0a3, 0xccaa, 0xccaa) {
		r |= byDH
	}
	if within(0x0017, 0x001b, 0x0034, 0x0034, 0x003a, 0x003a, 0x0046, 0x0046, 0x006c, 0x006d, 0x0089, 0x0089, 0x009b, 0x009b,
		0x00a6, 0x00a7, 0x00bf, 0x00bf, 0x00c5, 0x00c5, 0xc015, 0xc019) {
		r |= nobody
	}
	if within(0x0001, 0x0002, 0x003b, 0x003b, 0xc001, 0xc001, 0xc006, 0xc006, 0xc00b, 0xc00b, 0xc010, 0xc010, 0xc015, 0xc015) {
		r |= inClear
	}
	if within(0x0003, 0x0003, 0x0006, 0x0006, 0x0008, 0x0008, 0x000b, 0x000b, 0x000e, 0x000e, 0x0011, 0x0011, 0x0014, 0x0014,
		0x0017, 0x0017, 0x0019, 0x0019) {
		r |= forExport
	}
	if within(0x0003, 0x0005, 0x0017, 0x0018, 0xc002, 0xc002, 0xc007, 0xc007, 0xc00c, 0xc00c, 0xc011, 0xc011, 0xc016, 0xc016) {
		r |= withRC4
	}
	if within(0x0008, 0x0016, 0x0019, 0x001b, 0xc003, 0xc003, 0xc008, 0xc008, 0xc00d, 0xc00d, 0xc012, 0xc012, 0xc017, 0xc017) {
		r |= withDES
	}
	if within(0x0007, 0x0007, 0x002f, 0x003a, 0x003c, 0x0046, 0x0067, 0x006d, 0x0084, 0x0089, 0x0096, 0x009b, 0x00ba, 0x00c5,
		0xc004, 0xc005, 0xc009, 0xc00a, 0xc00e, 0xc00f, 0xc013, 0xc014, 0xc018, 0xc019, 0xc023, 0xc02a) {
		r |= withCBC
	}
	return r
}

// maxListed is how many of a client's offers an error lists.
const maxListed = 8

// versionsOffered is for the error of a server that has no version in common with its
// client.
func versionsOffered(hello *wire.ClientHello) string {
	if !hello.Has(iana.ExtSupportedVersions) {
		return "client version " + hello.LegacyVersion.String()
	}
	names := make([]string, 0, maxListed)
	for _, v := range hello.SupportedVersions {
		if !iana.IsGREASE(uint16(v)) && len(names) < maxListed {
			names = append(names, v.String())
		}
	}
	return "the client offers " + strings.Join(names, ", ")
}

// suitesOffered is for the error of a server that has no suite in common with its
// client: those that are spoken here but not allowed, or do not fit, and what is
// wrong with the others.
func suitesOffered(offered []iana.CipherSuite) string {
	var ours []string
	var why refusal
	for _, id := range offered {
		if suite.Lookup(id) != nil && len(ours) < maxListed {
			ours = append(ours, id.String())
		}
		why |= refused(id)
	}
	switch {
	case len(ours) > 0:
		return "the client offers " + strings.Join(ours, ", ")
	case why != 0:
		return "the client offers nothing but what is refused here: " + why.String()
	case len(offered) > 0:
		return "the client offers no suite that is known here"
	}
	return "the client offers none"
}

// suiteChosen is for the error of a client whose server has chosen a suite that was
// not offered.
func suiteChosen(id iana.CipherSuite) string {
	if why := refused(id); why != 0 {
		return id.String() + ", which is refused here: " + why.String()
	}
	return id.String()
}

// whyNoSuite12 tells a server of TLS 1.2 without a suite from one without a
// certificate for the suites there are.
func (c *Conn) whyNoSuite12(schemes []iana.SignatureScheme) string {
	for _, x := range c.cfg.suites12 {
		if x.Auth != suite.AuthPSK && c.hs.hello.OffersSuite(x.ID) {
			return "no certificate for it: " + schemesOffered(schemes)
		}
	}
	return suitesOffered(c.hs.hello.CipherSuites)
}

// schemesOffered is for the error of a server none of whose certificates can sign as
// the client wants it.
func schemesOffered(offered []iana.SignatureScheme) string {
	known := make([]string, 0, maxListed)
	for _, s := range offered {
		if _, ok := provider.SchemeOf(s); ok && len(known) < maxListed {
			known = append(known, s.String())
		}
	}
	if len(known) == 0 {
		return "the client verifies no signatures but those refused here, such as with SHA-1"
	}
	return "the client verifies " + strings.Join(known, ", ")
}

// groupsOffered is the same of groups.
func groupsOffered(offered []iana.NamedGroup) string {
	names := make([]string, 0, maxListed)
	for _, g := range offered {
		name := g.String()
		switch {
		case iana.IsGREASE(uint16(g)):
			continue
		case g>>8 == 1: // ffdhe2048 and its like (RFC 7919)
			name = "finite-field Diffie-Hellman"
		}
		if !slices.Contains(names, name) && len(names) < maxListed {
			names = append(names, name)
		}
	}
	return fmt.Sprintf("the client offers %s", strings.Join(names, ", "))
}
