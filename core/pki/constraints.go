package pki

import (
	"math/bits"
	"net/netip"
	"net/url"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// maxConstraintChecks limits names times constraints, so that a chain cannot
// buy quadratic work.
const maxConstraintChecks = 1 << 20

// checkConstraints applies the name constraints of each issuer to all
// certificates below it, except self-issued intermediates (RFC 5280, section
// 4.2.1.10).
func (b *builder) checkConstraints() *Error {
	for i := len(b.chain) - 1; i >= 0; i-- {
		c := b.chain[i]
		if i > 0 && c.selfIssued {
			continue
		}
		for j := len(b.chain) - 1; j > i; j-- {
			nc := b.chain[j]
			if nc.otherConstraint {
				return b.fail(Undecided, j)
			}
			if !nc.constrains() {
				continue
			}
			if r, ok := applyConstraints(c, nc, i == 0, b.o.HostFlags); !ok {
				if err := b.fail(r, i); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (c *Cert) constrains() bool {
	x := c.X509
	return len(c.permittedDirs)+len(c.excludedDirs)+len(x.PermittedDNSDomains)+len(x.ExcludedDNSDomains)+len(x.PermittedEmailAddresses)+
		len(x.ExcludedEmailAddresses)+len(x.PermittedIPRanges)+len(x.ExcludedIPRanges)+
		len(x.PermittedURIDomains)+len(x.ExcludedURIDomains) > 0
}

func applyConstraints(c, by *Cert, leaf bool, f HostFlags) (Reason, bool) {
	x, nc := c.X509, by.X509
	var dirs []string
	if len(by.permittedDirs)+len(by.excludedDirs) > 0 {
		dirs = c.directoryNames()
	}
	dns, email := x.DNSNames, append(subjectValues(c, oidEmailAddress), x.EmailAddresses...)
	if leaf && f&NeverCheckSubject == 0 && (f&AlwaysCheckSubject != 0 || !c.hasDNSName) {
		for _, cn := range subjectValues(c, oidCommonName) {
			if looksLikeHost(cn) {
				dns = append(dns[:len(dns):len(dns)], cn)
			}
		}
	}
	names := len(dirs) + len(dns) + len(email) + len(x.IPAddresses) + len(x.URIs)
	rules := len(by.permittedDirs) + len(by.excludedDirs) + len(nc.PermittedDNSDomains) + len(nc.ExcludedDNSDomains) + len(nc.PermittedEmailAddresses) + len(nc.ExcludedEmailAddresses) +
		len(nc.PermittedIPRanges) + len(nc.ExcludedIPRanges) + len(nc.PermittedURIDomains) + len(nc.ExcludedURIDomains)
	if names > 0 && rules > maxConstraintChecks/names {
		return Unspecified, false
	}
	if r, ok := inSubtrees(dirs, by.permittedDirs, by.excludedDirs, dirWithin); !ok {
		return r, false
	}
	if r, ok := inSubtrees(email, nc.PermittedEmailAddresses, nc.ExcludedEmailAddresses, emailWithin); !ok {
		return r, false
	}
	if r, ok := inSubtrees(dns, nc.PermittedDNSDomains, nc.ExcludedDNSDomains, dnsWithin); !ok {
		return r, false
	}
	if r, ok := inSubtrees(x.URIs, nc.PermittedURIDomains, nc.ExcludedURIDomains, uriWithin); !ok {
		return r, false
	}
	for _, u := range x.URIs {
		// As OpenSSL, which takes the user for part of the host.
		if u.User != nil && len(nc.PermittedURIDomains) > 0 {
			return PermittedViolation, false
		}
	}
	var ips []netip.Addr
	for _, ip := range x.IPAddresses {
		if a, ok := netip.AddrFromSlice(ip); ok {
			ips = append(ips, a)
		}
	}
	var permitted, excluded []netip.Prefix
	for _, n := range nc.PermittedIPRanges {
		permitted = append(permitted, prefixOf(n.IP, n.Mask))
	}
	for _, n := range nc.ExcludedIPRanges {
		excluded = append(excluded, prefixOf(n.IP, n.Mask))
	}
	return inSubtrees(ips, permitted, excluded, func(ip netip.Addr, p netip.Prefix) bool { return p.Contains(ip) })
}

// prefixOf is a range of addresses; crypto/x509 has parsed the mask and found it
// to be ones before zeros.
func prefixOf(ip, mask []byte) netip.Prefix {
	a, _ := netip.AddrFromSlice(ip)
	ones := 0
	for _, m := range mask {
		ones += bits.OnesCount8(m)
	}
	return netip.PrefixFrom(a, ones)
}

func inSubtrees[N, S any](names []N, permitted, excluded []S, within func(N, S) bool) (Reason, bool) {
	for _, n := range names {
		found := len(permitted) == 0
		for _, s := range permitted {
			found = found || within(n, s)
		}
		if !found {
			return PermittedViolation, false
		}
		for _, s := range excluded {
			if within(n, s) {
				return ExcludedViolation, false
			}
		}
	}
	return 0, true
}

// dnsWithin: the base itself and names below it; an empty base holds all.
func dnsWithin(name, base string) bool {
	if base == "" {
		return true
	}
	if len(name) < len(base) || !equalFold(name[len(name)-len(base):], base) {
		return false
	}
	rest := name[:len(name)-len(base)]
	return rest == "" || base[0] == '.' || rest[len(rest)-1] == '.'
}

func emailWithin(name, base string) bool {
	at := strings.LastIndexByte(name, '@')
	if at < 0 {
		return false
	}
	switch b := strings.LastIndexByte(base, '@'); {
	case base != "" && base[0] == '.':
		return dnsWithin(name, base)
	case b > 0 && name[:at] != base[:b]:
		return false
	default:
		return equalFold(name[at+1:], base[b+1:])
	}
}

func uriWithin(u *url.URL, base string) bool {
	host := u.Hostname()
	if host == "" {
		return false
	}
	if base != "" && base[0] == '.' {
		return len(host) > len(base) && equalFold(host[len(host)-len(base):], base)
	}
	return equalFold(host, base)
}

// looksLikeHost tells common names that are meant as host names from others: the
// constraints on DNS names apply only to these.
func looksLikeHost(cn string) bool {
	labels := strings.Split(cn, ".")
	if len(labels) < 2 {
		return false
	}
	for _, l := range labels {
		if l == "" || l[0] == '-' || l[len(l)-1] == '-' {
			return false
		}
		for i := 0; i < len(l); i++ {
			if !isAlnum(l[i]) && l[i] != '-' && l[i] != '_' && l[i] != '*' {
				return false
			}
		}
	}
	return true
}

// dirWithin: the first parts of the name are the base's, both canonical.
func dirWithin(name, base string) bool {
	rest, ok := strings.CutPrefix(name, base)
	return ok && (rest == "" || rest[0] == partMark)
}

// directoryNames are c's subject, if it has one, and the directory names among its
// alternative names, canonical. One that cannot be read is within nothing.
func (c *Cert) directoryNames() (list []string) {
	if c.subject != "" {
		list = append(list, c.subject)
	}
	for _, e := range c.X509.Extensions {
		if !e.Id.Equal(oidSAN) {
			continue
		}
		in := cryptobyte.String(e.Value)
		var names cryptobyte.String
		if !in.ReadASN1(&names, asn1.SEQUENCE) {
			return append(list, unreadable)
		}
		for !names.Empty() {
			var name cryptobyte.String
			var tag asn1.Tag
			if !names.ReadAnyASN1(&name, &tag) {
				return append(list, unreadable)
			}
			if tag != tagDirectoryName {
				continue
			}
			canonical, ok := canonicalName(name)
			if !ok {
				canonical = unreadable
			}
			list = append(list, canonical)
		}
	}
	return list
}

// unreadable is no canonical name.
const unreadable = "?"

// readConstraints takes the constraints on directory names, which crypto/x509
// passes over, and notes whether there are others of that kind.
func (c *Cert) readConstraints() {
	for _, e := range c.X509.Extensions {
		if !e.Id.Equal(oidNameConstr) {
			continue
		}
		in := cryptobyte.String(e.Value)
		var all cryptobyte.String
		if !in.ReadASN1(&all, asn1.SEQUENCE) {
			c.otherConstraint = true
			return
		}
		for !all.Empty() {
			var list cryptobyte.String
			var kind asn1.Tag
			if !all.ReadAnyASN1(&list, &kind) {
				c.otherConstraint = true
				return
			}
			for !list.Empty() {
				if !c.readSubtree(&list, kind == asn1.Tag(1).Constructed().ContextSpecific()) {
					c.otherConstraint = true
					return
				}
			}
		}
	}
}

// readSubtree reads one GeneralSubtree; ok is false if it is none that is applied
// here.
func (c *Cert) readSubtree(list *cryptobyte.String, excluded bool) (ok bool) {
	var subtree, base cryptobyte.String
	var tag asn1.Tag
	if !list.ReadASN1(&subtree, asn1.SEQUENCE) || !subtree.ReadAnyASN1(&base, &tag) || !subtree.Empty() {
		return false
	}
	if tag == tagDirectoryName {
		name, ok := canonicalName(base)
		if excluded {
			c.excludedDirs = append(c.excludedDirs, name)
		} else {
			c.permittedDirs = append(c.permittedDirs, name)
		}
		return ok
	}
	switch tag &^ 0xa0 {
	case 1, 2, 6, 7: // rfc822Name, dNSName, uniformResourceIdentifier, iPAddress
		return true
	}
	return false
}
