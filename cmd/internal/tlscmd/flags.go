// Package tlscmd is what the commands tlsclient and tlsserver share: flags that
// name versions, suites and groups, and words for what has been agreed on and for
// what went wrong.
package tlscmd

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"patina/core"
	"patina/core/iana"
	"patina/core/suite"
)

// Parse parses args. -h prints the usage, which begins with the lines of head, to
// stdout and is flag.ErrHelp; any other error is one for the caller to print.
func Parse(f *flag.FlagSet, args []string, head string, stdout io.Writer) error {
	f.SetOutput(io.Discard)
	f.Usage = func() {}
	err := f.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, head)
		f.SetOutput(stdout)
		f.PrintDefaults()
	case err != nil:
		err = fmt.Errorf("%w (-h lists the flags)", err)
	}
	return err
}

// Offer are the flags of both commands that choose what is spoken.
type Offer struct{ versions, suites, groups, protocols list }

// list is a flag that may be given several times, or with commas.
type list []string

func (l *list) String() string { return strings.Join(*l, ",") }

func (l *list) Set(s string) error {
	for _, v := range strings.Split(s, ",") {
		if v = strings.TrimSpace(v); v == "" {
			return errors.New("an empty name")
		}
		*l = append(*l, v)
	}
	return nil
}

// Flags adds the flags to f.
func (o *Offer) Flags(f *flag.FlagSet) {
	f.Var(&o.versions, "protover", "`version`s of TLS to speak: 1.2, 1.3 (default both)")
	f.Var(&o.suites, "suite", "cipher `suite`s, by IANA name, best first, with commas between them (default all)")
	f.Var(&o.groups, "group", "key exchange `group`s, by IANA name, best first, with commas between them (default all)")
	f.Var(&o.protocols, "proto", "application `protocol`s (ALPN), best first, with commas between them, such as h2,http/1.1")
}

// Given reports that protocols were named.
func (o *Offer) Given() bool { return len(o.protocols) > 0 }

// Apply puts what the flags say into s and p.
func (o *Offer) Apply(s *core.Settings, p *core.Params) error {
	for _, v := range o.versions {
		var n iana.ProtocolVersion
		switch v {
		case "1.2":
			n = iana.VersionTLS12
		case "1.3":
			n = iana.VersionTLS13
		default:
			return fmt.Errorf("-protover %s: this engine speaks 1.2 and 1.3", v)
		}
		if p.MinVersion == 0 || n < p.MinVersion {
			p.MinVersion = n
		}
		p.MaxVersion = max(p.MaxVersion, n)
	}
	var err error
	if s.Suites, err = lookup("-suite", o.suites, suite.Default()); err != nil {
		return err
	}
	if err := o.fit(s.Suites, p); err != nil {
		return err
	}
	if s.Groups, err = lookup("-group", o.groups, groups); err != nil {
		return err
	}
	for _, name := range o.protocols {
		if len(name) > 255 {
			return fmt.Errorf("-proto: a protocol's name has at most 255 bytes, and this one %d", len(name))
		}
	}
	s.ALPN = o.protocols
	return nil
}

// fit leaves out a version that none of the suites named belongs to, unless it has
// been named itself.
func (o *Offer) fit(suites []iana.CipherSuite, p *core.Params) error {
	if len(suites) == 0 {
		return nil
	}
	has := map[iana.ProtocolVersion]bool{}
	for _, id := range suites {
		has[suite.Lookup(id).Version] = true
	}
	for _, v := range []iana.ProtocolVersion{iana.VersionTLS12, iana.VersionTLS13} {
		spoken := (p.MinVersion == 0 || p.MinVersion <= v) && (p.MaxVersion == 0 || v <= p.MaxVersion)
		switch {
		case has[v] || !spoken:
		case len(o.versions) > 0:
			return fmt.Errorf("-suite names no suite of %s, which -protover wants", versionName(v))
		case v == iana.VersionTLS12:
			p.MinVersion = iana.VersionTLS13
		default:
			p.MaxVersion = iana.VersionTLS12
		}
	}
	return nil
}

// groups are those the flags know; the engine's default is a part of them.
var groups = append(core.DefaultGroups(), iana.GroupSecP256r1MLKEM768, iana.GroupSecP384r1MLKEM1024)

// lookup finds values by their names, whatever their case; nil for none.
func lookup[T fmt.Stringer](flag string, names []string, known []T) (found []T, err error) {
	for _, name := range names {
		i := slices.IndexFunc(known, func(v T) bool { return strings.EqualFold(v.String(), name) })
		if i < 0 {
			return nil, fmt.Errorf("%s %s is not known; there are %v", flag, name, known)
		}
		found = append(found, known[i])
	}
	return found, nil
}
