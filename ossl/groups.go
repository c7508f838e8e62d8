package ossl

import (
	"slices"
	"strings"

	"patina/core/iana"
)

// Lists of key exchange groups (SSL_CTX_set1_groups_list(3)).

// maxGroupName is the length of the longest name in a list of groups.
const maxGroupName = 63

// group is a row of groups: what programs call a group.
type group struct {
	id    iana.NamedGroup // zero: OpenSSL has it, this library does not
	nid   int             // 0: libcrypto has none
	names []string        // the first is what SSL_group_to_name returns
}

var groups = []group{
	{iana.GroupSecp256r1, 415, []string{"secp256r1", "prime256v1", "P-256"}},
	{iana.GroupSecp384r1, 715, []string{"secp384r1", "P-384"}},
	{iana.GroupSecp521r1, 716, []string{"secp521r1", "P-521"}},
	{iana.GroupX25519, 1034, []string{"x25519", "X25519"}},
	{iana.GroupX25519MLKEM768, 0, []string{"X25519MLKEM768", "x25519mlkem768"}},
	{0, 1035, []string{"x448", "X448"}},
	{0, 714, []string{"secp256k1"}},
	{0, 713, []string{"secp224r1", "P-224"}},
	{0, 409, []string{"secp192r1", "prime192v1", "P-192"}},
	{0, 927, []string{"brainpoolP256r1"}},
	{0, 931, []string{"brainpoolP384r1"}},
	{0, 933, []string{"brainpoolP512r1"}},
	{0, 1126, []string{"ffdhe2048"}},
	{0, 1127, []string{"ffdhe3072"}},
	{0, 1128, []string{"ffdhe4096"}},
	{0, 1129, []string{"ffdhe6144"}},
	{0, 1130, []string{"ffdhe8192"}},
}

// foreignGroup is a group that only peers have: how OpenSSL reports it.
type foreignGroup struct {
	nid  int
	name string
}

// foreignGroups are by their numbers of IANA.
var foreignGroups = map[iana.NamedGroup]foreignGroup{
	1: {721, "sect163k1"}, 2: {722, "sect163r1"}, 3: {723, "sect163r2"}, 4: {724, "sect193r1"},
	5: {725, "sect193r2"}, 6: {726, "sect233k1"}, 7: {727, "sect233r1"}, 8: {728, "sect239k1"},
	9: {729, "sect283k1"}, 10: {730, "sect283r1"}, 11: {731, "sect409k1"}, 12: {732, "sect409r1"},
	13: {733, "sect571k1"}, 14: {734, "sect571r1"}, 15: {708, "secp160k1"}, 16: {709, "secp160r1"},
	17: {710, "secp160r2"}, 18: {711, "secp192k1"}, 19: {409, "secp192r1"}, 20: {712, "secp224k1"},
	21: {713, "secp224r1"}, 22: {714, "secp256k1"}, 26: {927, "brainpoolP256r1"}, 27: {931, "brainpoolP384r1"},
	28: {933, "brainpoolP512r1"}, 30: {1035, "x448"}, 256: {1126, "ffdhe2048"}, 257: {1127, "ffdhe3072"},
	258: {1128, "ffdhe4096"}, 259: {1129, "ffdhe6144"}, 260: {1130, "ffdhe8192"},
}

// nidUnknownGroup is set in what SSL_get_negotiated_group and SSL_get1_groups
// return for a group without a NID (TLSEXT_nid_unknown).
const nidUnknownGroup = 0x1000000

// Groups that are used when the application names none: OpenSSL 3.0's, without
// X448. A server takes the hybrid as well when the client prefers it.
var (
	defaultGroups = []iana.NamedGroup{iana.GroupX25519, iana.GroupSecp256r1, iana.GroupSecp521r1, iana.GroupSecp384r1}

	defaultServerGroups = []iana.NamedGroup{iana.GroupX25519MLKEM768, iana.GroupX25519, iana.GroupSecp256r1,
		iana.GroupSecp521r1, iana.GroupSecp384r1}
)

// GroupNID is the NID of a group as OpenSSL reports it.
func GroupNID(id iana.NamedGroup) int {
	for _, g := range groups {
		if g.id == id && g.nid != 0 {
			return g.nid
		}
	}
	if g, ok := foreignGroups[id]; ok {
		return g.nid
	}
	return nidUnknownGroup | int(id)
}

// groupByNID is the group of this library with a NID, 0 if there is none.
func groupByNID(nid int) iana.NamedGroup {
	for _, g := range groups {
		if g.nid == nid && nid != 0 {
			return g.id
		}
	}
	return 0
}

// GroupName is what SSL_group_to_name returns for a NID of [GroupNID]; "" if it
// is not known.
func GroupName(nid int) string {
	for _, g := range groups {
		if g.nid == nid && nid != 0 || g.id != 0 && nidUnknownGroup|int(g.id) == nid {
			return g.names[0]
		}
	}
	for id, g := range foreignGroups {
		if nid == g.nid || nid == nidUnknownGroup|int(id) {
			return g.name
		}
	}
	return ""
}

// parseGroups makes the groups of a list of names with colons between. Names
// of groups that only OpenSSL has are left out; the list fails if no other is
// left, with a name nobody knows, and if one is named twice.
func parseGroups(s string) ([]iana.NamedGroup, error) {
	var rows []*group
	for name := range strings.SplitSeq(s, ":") {
		name = strings.Trim(name, " \t\n\v\f\r")
		if name == "" || len(name) > maxGroupName {
			return nil, errFailed
		}
		i := slices.IndexFunc(groups, func(g group) bool { return slices.Contains(g.names, name) })
		if i < 0 {
			return nil, failData(ReasonPassedInvalidArgument, "group '"+name+"' cannot be set")
		}
		rows = append(rows, &groups[i])
	}
	return groupIDs(rows)
}

// groupsByNID makes the groups of a list of NIDs (SSL_CTX_set1_groups).
func groupsByNID(nids []int) ([]iana.NamedGroup, error) {
	if len(nids) == 0 {
		return nil, fail(ReasonBadLength)
	}
	var rows []*group
	for _, nid := range nids {
		i := slices.IndexFunc(groups, func(g group) bool { return nid == g.nid && nid != 0 || g.id != 0 && nid == nidUnknownGroup|int(g.id) })
		if i < 0 {
			return nil, errFailed
		}
		rows = append(rows, &groups[i])
	}
	return groupIDs(rows)
}

func groupIDs(rows []*group) ([]iana.NamedGroup, error) {
	var ids []iana.NamedGroup
	for i, g := range rows {
		if slices.Contains(rows[:i], g) {
			return nil, errFailed
		}
		if g.id != 0 {
			ids = append(ids, g.id)
		}
	}
	if len(ids) == 0 {
		return nil, fail(ReasonUnsupportedEllipticCurve)
	}
	return ids, nil
}
