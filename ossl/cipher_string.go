package ossl

import (
	"strings"

	"patina/core/iana"
)

// The cipher string language of ciphers(1).
//
// Words select suites, prefixes say what to do with them (none: append those
// not yet in the list, '-': take out, '+': move to the end, '!': take out for
// good), "@STRENGTH" sorts and "@SECLEVEL=n" sets the security level.

// maxSecurityLevel is the highest security level (SSL_CTX_set_security_level(3)).
const maxSecurityLevel = 5

// cipherSelector is what a word means: a suite fits if it has one of the bits in each
// dimension that is not zero.
type cipherSelector struct {
	kx, auth, enc, strength uint8
	other                   bool // fits nothing we have: a protocol version, a MAC
	complement              bool // of DEFAULT: fits nothing we have, until a strength takes its place
	id                      iana.CipherSuite
}

// cipherWords are the aliases of ciphers(1). Those of which this library has no
// suite are known, and select nothing; those whose suites OpenSSL is built without
// (RC4, IDEA, GOST ...) it does not know either.
var cipherWords = func() map[string]cipherSelector {
	const aes128, aes256 = encAES128GCM | encAES128Other, encAES256GCM | encAES256Other
	m := map[string]cipherSelector{
		"ALL": {enc: ^encNull}, "HIGH": {strength: strengthHigh}, "FIPS": {strength: strengthFIPS},
		"kECDHE": {kx: kxECDHE}, "kEECDH": {kx: kxECDHE}, "ECDH": {kx: kxECDHE},
		"ECDHE": {kx: kxECDHE, auth: ^authOther}, "EECDH": {kx: kxECDHE, auth: ^authOther},
		"RSA": {kx: kxOther, auth: authRSA}, "AECDH": {kx: kxECDHE, auth: authOther}, "ADH": {kx: kxOther, auth: authOther},
		"aRSA": {auth: authRSA}, "aECDSA": {auth: authECDSA}, "ECDSA": {auth: authECDSA},
		"AES": {enc: aes128 | aes256}, "AESGCM": {enc: encAES128GCM | encAES256GCM},
		"AES128": {enc: aes128}, "AES256": {enc: aes256}, "CBC": {enc: encAES128Other | encAES256Other | encOther},
		"kECDHEPSK": {kx: kxECDHEPSK}, "PSK": {kx: kxECDHEPSK | kxOther}, "aPSK": {auth: authPSK},
		"CHACHA20": {enc: encChaCha20}, "TLSv1.2": {},
	}
	for _, w := range strings.Fields("kRSA kEDH kDHE DH kPSK kRSAPSK kDHEPSK kSRP EDH DHE SRP") {
		m[w] = cipherSelector{kx: kxOther}
	}
	for _, w := range strings.Fields("aDSS DSS aNULL aSRP") {
		m[w] = cipherSelector{auth: authOther}
	}
	for _, w := range strings.Fields("COMPLEMENTOFALL eNULL NULL") {
		m[w] = cipherSelector{enc: encNull}
	}
	for _, w := range strings.Fields("AESCCM AESCCM8") {
		m[w] = cipherSelector{enc: encAES128Other | encAES256Other}
	}
	for _, w := range strings.Fields("3DES CAMELLIA128 CAMELLIA256 CAMELLIA ARIA ARIAGCM ARIA128 ARIA256") {
		m[w] = cipherSelector{enc: encOther}
	}
	for _, w := range strings.Fields("LOW MEDIUM") {
		m[w] = cipherSelector{strength: strengthOther}
	}
	m["COMPLEMENTOFDEFAULT"] = cipherSelector{complement: true}
	for _, w := range strings.Fields("MD5 SHA1 SHA SHA256 SHA384 SSLv3 TLSv1 TLSv1.0") {
		m[w] = cipherSelector{other: true}
	}
	for _, c := range ciphers {
		if !c.IsTLS13() {
			m[c.Name] = cipherSelector{kx: c.kx, auth: c.auth, enc: c.enc, strength: c.strength(), id: c.ID}
		}
	}
	return m
}()

func (s cipherSelector) fits(c *Cipher) bool {
	return !s.other && !s.complement && (s.kx == 0 || s.kx&c.kx != 0) && (s.auth == 0 || s.auth&c.auth != 0) &&
		(s.enc == 0 || s.enc&c.enc != 0) && (s.strength == 0 || s.strength&c.strength() != 0) && (s.id == 0 || s.id == c.ID)
}

func (c *Cipher) strength() uint8 {
	if c.fips {
		return strengthHigh | strengthFIPS
	}
	return strengthHigh
}

// and narrows s to what fits t as well; false if nothing can.
func (s *cipherSelector) and(t cipherSelector) bool {
	s.complement = s.complement && (s.strength != 0 || t.strength == 0) || t.complement // as OpenSSL has it
	return narrow(&s.kx, t.kx) && narrow(&s.auth, t.auth) && narrow(&s.enc, t.enc) && narrow(&s.strength, t.strength) && s.also(t)
}

func (s *cipherSelector) also(t cipherSelector) bool {
	s.other = s.other || t.other
	if t.id != 0 {
		s.id = t.id
	}
	return true
}

func narrow(have *uint8, more uint8) bool {
	if *have == 0 {
		*have = more
	} else if more != 0 {
		*have &= more
		return *have != 0
	}
	return true
}

// cipherRules is a list under construction. Suites that are taken out, and
// those never taken in, wait in the order in which they would be taken in.
type cipherRules struct {
	order    []*Cipher
	active   map[*Cipher]bool
	secLevel int // -1: not set
}

// Cipher string operations.
const (
	cipherAdd     = 0
	cipherDelete  = '-'
	cipherOrder   = '+'
	cipherKill    = '!'
	cipherSpecial = '@'
)

func (r *cipherRules) apply(op byte, fits func(*Cipher) bool) {
	var stay, move []*Cipher
	for _, c := range r.order {
		if fits(c) && (op == cipherKill || r.active[c] == (op != cipherAdd)) {
			move = append(move, c)
		} else {
			stay = append(stay, c)
		}
	}
	switch op {
	case cipherAdd:
		for _, c := range move {
			r.active[c] = true
		}
		r.order = append(stay, move...)
	case cipherOrder:
		r.order = append(stay, move...)
	case cipherDelete:
		for _, c := range move {
			r.active[c] = false
		}
		r.order = append(move, stay...)
	case cipherKill:
		r.order = stay
	}
}

// sortByStrength moves the suites to the end, strongest first.
func (r *cipherRules) sortByStrength() {
	for _, bits := range []int{256, 128} {
		r.apply(cipherOrder, func(c *Cipher) bool { return c.StrengthBits == bits })
	}
}

func isCipherSeparator(c byte) bool { return c == ':' || c == ' ' || c == ';' || c == ',' }

// cipherWord cuts the word at the front of s.
func cipherWord(s string) (word, rest string) {
	i := 0
	for i < len(s) && (s[i] >= 'A' && s[i] <= 'Z' || s[i] >= 'a' && s[i] <= 'z' || s[i] >= '0' && s[i] <= '9' ||
		s[i] == '-' || s[i] == '.' || s[i] == '=') {
		i++
	}
	return s[:i], s[i:]
}

// process applies the rules of s. A part that names something unknown is
// left out; one that is not well-formed ends it, an unknown special one makes the
// result false, and the rest is still applied, as OpenSSL does.
func (r *cipherRules) process(s string) bool {
	ok := true
	for s != "" {
		op := byte(cipherAdd)
		switch s[0] {
		case cipherDelete, cipherOrder, cipherKill, cipherSpecial:
			op, s = s[0], s[1:]
		default:
			if isCipherSeparator(s[0]) {
				s = s[1:]
				continue
			}
		}
		var sel cipherSelector
		found, word := false, ""
		for {
			word, s = cipherWord(s)
			if word == "" {
				return false
			}
			if op == cipherSpecial {
				break
			}
			var t cipherSelector
			if t, found = cipherWords[word]; !found {
				break
			}
			if found = sel.and(t); !found {
				break
			}
			if s == "" || s[0] != '+' {
				break
			}
			s = s[1:]
		}
		if op == cipherSpecial {
			ok = r.special(word) && ok
		} else if found {
			r.apply(op, sel.fits)
			continue
		}
		for s != "" && !isCipherSeparator(s[0]) {
			s = s[1:]
		}
	}
	return ok
}

func (r *cipherRules) special(word string) bool {
	if word == "STRENGTH" {
		r.sortByStrength()
		return true
	}
	if level, isLevel := strings.CutPrefix(word, "SECLEVEL="); isLevel && len(level) == 1 {
		if n := int(level[0]) - '0'; n >= 0 && n <= maxSecurityLevel {
			r.secLevel = n
			return true
		}
	}
	return false
}

// suiteB are the profiles of RFC 6460 that a cipher string may start with.
var suiteB = []struct {
	name   string
	suites []iana.CipherSuite
}{
	{"SUITEB128ONLY", []iana.CipherSuite{iana.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}},
	{"SUITEB128C2", []iana.CipherSuite{iana.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384}},
	{"SUITEB128", []iana.CipherSuite{iana.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, iana.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384}},
	{"SUITEB192", []iana.CipherSuite{iana.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384}},
}

// parseCipherString makes the TLS 1.2 suites of a cipher string, in order.
// level is the security level it sets, -1 for none. ok is false if a part
// of it is not well-formed: nothing but the level is to be used then.
func parseCipherString(s string) (list []*Cipher, level int, ok bool) {
	for _, p := range suiteB {
		if strings.HasPrefix(s, p.name) {
			for _, id := range p.suites {
				list = append(list, CipherByID(id))
			}
			return list, -1, true
		}
	}
	r := cipherRules{active: map[*Cipher]bool{}, secLevel: -1}
	for _, c := range ciphers {
		if !c.IsTLS13() {
			r.order = append(r.order, c)
		}
	}
	if rest, isDefault := strings.CutPrefix(s, "DEFAULT"); isDefault {
		r.process(defaultCipherList)
		s = strings.TrimPrefix(rest, ":")
	}
	ok = r.process(s)
	for _, c := range r.order {
		if r.active[c] {
			list = append(list, c)
		}
	}
	return list, r.secLevel, ok
}

// defaultCipherList and defaultCipherSuites are what OSSL_default_cipher_list
// and OSSL_default_ciphersuites return.
const (
	defaultCipherList   = "ALL:!COMPLEMENTOFDEFAULT:!eNULL"
	defaultCipherSuites = "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256"
)

// parseCipherSuites makes the suites of a list of SSL_CTX_set_ciphersuites:
// IANA names with colons between them, unknown ones left out. A list that is
// not empty and names no suite is not ok.
func parseCipherSuites(s string) (list []*Cipher, ok bool) {
	if s == "" {
		return nil, true
	}
	for name := range strings.SplitSeq(s, ":") {
		if c := cipherByStdName(strings.Trim(name, " \t\n\v\f\r")); c != nil {
			list = append(list, c)
		}
	}
	return list, len(list) > 0
}
