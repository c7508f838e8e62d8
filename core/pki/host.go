package pki

import (
	"net/netip"
	"strings"
)

// HostFlags change how host names are compared (X509_check_host(3)).
type HostFlags uint8

// Host flags, with the values of OpenSSL's X509_CHECK_FLAG_*.
const (
	AlwaysCheckSubject    HostFlags = 0x1
	NoWildcards           HostFlags = 0x2
	NoPartialWildcards    HostFlags = 0x4
	MultiLabelWildcards   HostFlags = 0x8
	SingleLabelSubdomains HostFlags = 0x10
	NeverCheckSubject     HostFlags = 0x20
)

// checkNames checks the leaf's names against the hosts, address and IP wanted.
func (b *builder) checkNames() (peerName string, err *Error) {
	o, leaf := b.o, b.chain[0]
	if len(o.Hosts) > 0 {
		name, ok := matchHosts(leaf, o.Hosts, o.HostFlags)
		if !ok {
			if err := b.fail(HostnameMismatch, 0); err != nil {
				return "", err
			}
		}
		peerName = name
		if b.o.PeerName != nil {
			*b.o.PeerName = name
		}
	}
	if o.Email != "" && !matchEmail(leaf, o.Email, o.HostFlags) {
		if err := b.fail(EmailMismatch, 0); err != nil {
			return "", err
		}
	}
	if o.IP.IsValid() && !matchIP(leaf, o.IP) {
		if err := b.fail(IPAddressMismatch, 0); err != nil {
			return "", err
		}
	}
	return peerName, nil
}

func matchHosts(c *Cert, hosts []string, f HostFlags) (string, bool) {
	for _, h := range hosts {
		if name, ok := matchHost(c, h, f); ok {
			return name, true
		}
	}
	return "", false
}

// matchHost looks among the DNS names; the subject's common names count only
// where there is no DNS name, or where the flags say so.
func matchHost(c *Cert, host string, f HostFlags) (string, bool) {
	for _, pattern := range c.X509.DNSNames {
		if hostFits(pattern, host, f) {
			return pattern, true
		}
	}
	if c.hasDNSName && f&AlwaysCheckSubject == 0 || f&NeverCheckSubject != 0 {
		return "", false
	}
	for _, cn := range subjectValues(c, oidCommonName) {
		if hostFits(cn, host, f) {
			return cn, true
		}
	}
	return "", false
}

func matchEmail(c *Cert, email string, f HostFlags) bool {
	same := func(have string) bool {
		// The part after the last @ is a domain and compared as one.
		i, j := strings.LastIndexByte(have, '@'), strings.LastIndexByte(email, '@')
		return i == j && i >= 0 && have[:i] == email[:j] && equalFold(have[i:], email[j:])
	}
	for _, have := range c.X509.EmailAddresses {
		if same(have) {
			return true
		}
	}
	if len(c.X509.EmailAddresses) > 0 && f&AlwaysCheckSubject == 0 || f&NeverCheckSubject != 0 {
		return false
	}
	for _, have := range subjectValues(c, oidEmailAddress) {
		if same(have) {
			return true
		}
	}
	return false
}

func matchIP(c *Cert, ip netip.Addr) bool {
	for _, have := range c.X509.IPAddresses {
		if a, ok := netip.AddrFromSlice(have); ok && a.Unmap() == ip.Unmap() {
			return true
		}
	}
	return false
}

// hostFits compares a certificate's name with the host wanted.
func hostFits(pattern, host string, f HostFlags) bool {
	if len(host) > 1 && host[0] == '.' {
		// Any name below the domain: the pattern's end must be the domain.
		if len(pattern) < len(host) {
			return false
		}
		cut := len(pattern) - len(host)
		if f&SingleLabelSubdomains != 0 && strings.IndexByte(pattern[:cut], '.') >= 0 {
			return false
		}
		return equalFold(pattern[cut:], host)
	}
	if f&NoWildcards == 0 {
		if star, ok := wildcard(pattern, f); ok {
			return wildcardFits(pattern[:star], pattern[star+1:], host, f)
		}
	}
	return equalFold(pattern, host)
}

// equalFold compares ASCII without case and nothing else; a NUL never fits.
func equalFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := 0; i < len(a); i++ {
		if a[i] == 0 || lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

func isAlnum(c byte) bool { c = lower(c); return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' }

// wildcard finds the one star of a pattern that may stand for something: in the
// first label, at its start or end, not in an IDNA label, with two labels or
// more behind it, in a name that is otherwise well formed.
func wildcard(p string, f HostFlags) (star int, ok bool) {
	star = -1
	labels := strings.Split(p, ".")
	if len(labels) < 3 {
		return 0, false
	}
	for i, l := range labels {
		if l == "" || l[0] == '-' || l[len(l)-1] == '-' {
			return 0, false
		}
		for j := 0; j < len(l); j++ {
			switch {
			case l[j] == '*':
				atStart, atEnd := j == 0, j == len(l)-1
				if star >= 0 || i > 0 || isIDNA(l) || !atStart && !atEnd ||
					f&NoPartialWildcards != 0 && !(atStart && atEnd) {
					return 0, false
				}
				star = j
			case !isAlnum(l[j]) && l[j] != '-':
				return 0, false
			}
		}
	}
	return star, star >= 0
}

func isIDNA(label string) bool { return len(label) >= 4 && equalFold(label[:4], "xn--") }

func wildcardFits(prefix, suffix, host string, f HostFlags) bool {
	if len(host) < len(prefix)+len(suffix) || !equalFold(host[:len(prefix)], prefix) ||
		!equalFold(host[len(host)-len(suffix):], suffix) {
		return false
	}
	middle := host[len(prefix) : len(host)-len(suffix)]
	whole := prefix == "" && suffix != "" && suffix[0] == '.'
	if whole && middle == "" || !whole && isIDNA(host[len(prefix):]) {
		return false
	}
	if middle == "*" {
		return true
	}
	for i := 0; i < len(middle); i++ {
		if !isAlnum(middle[i]) && middle[i] != '-' && !(whole && f&MultiLabelWildcards != 0 && middle[i] == '.') {
			return false
		}
	}
	return true
}
