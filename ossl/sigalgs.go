package ossl

import (
	"slices"
	"strings"

	"patina/core/iana"
)

// Lists of signature algorithms (SSL_CTX_set1_sigalgs_list(3)).

// maxSigAlgName is the length of the longest name in a list of signature algorithms.
const maxSigAlgName = 39

// Key types, by libcrypto's NIDs (EVP_PKEY_id).
const (
	nidRSA     = 6
	nidDSA     = 116
	nidEC      = 408
	nidRSAPSS  = 912
	nidEd25519 = 1087
	nidEd448   = 1088
	nidSHA1    = 64
	nidSHA224  = 675
	nidSHA512  = 674
)

// authOfSchemes are the ways of authentication of TLS 1.2 suites that schemes serve.
func authOfSchemes(schemes []iana.SignatureScheme) (auth uint8) {
	for _, a := range sigAlgs {
		if !slices.Contains(schemes, a.scheme) {
			continue
		}
		switch a.sig {
		case nidRSA, nidRSAPSS:
			auth |= authRSA
		case nidEC, nidEd25519:
			auth |= authECDSA
		}
	}
	return auth
}

// sigAlg is a row of sigAlgs: a scheme as OpenSSL sees it.
type sigAlg struct {
	scheme iana.SignatureScheme
	name   string
	sig    int // NID of the signature
	hash   int // NID of the digest, 0 for none
	ours   bool
}

var sigAlgs = []sigAlg{
	{iana.SigECDSASecp256r1SHA256, "ecdsa_secp256r1_sha256", nidEC, nidSHA256, true},
	{iana.SigECDSASecp384r1SHA384, "ecdsa_secp384r1_sha384", nidEC, nidSHA384, true},
	{iana.SigECDSASecp521r1SHA512, "ecdsa_secp521r1_sha512", nidEC, nidSHA512, true},
	{iana.SigEd25519, "ed25519", nidEd25519, nidUndef, true},
	{iana.SigEd448, "ed448", nidEd448, nidUndef, false},
	{iana.SigECDSASHA224, "", nidEC, nidSHA224, false},
	{iana.SigECDSASHA1, "", nidEC, nidSHA1, false},
	{iana.SigRSAPSSRSAESHA256, "rsa_pss_rsae_sha256", nidRSAPSS, nidSHA256, true},
	{iana.SigRSAPSSRSAESHA384, "rsa_pss_rsae_sha384", nidRSAPSS, nidSHA384, true},
	{iana.SigRSAPSSRSAESHA512, "rsa_pss_rsae_sha512", nidRSAPSS, nidSHA512, true},
	{iana.SigRSAPSSPSSSHA256, "rsa_pss_pss_sha256", nidRSAPSS, nidSHA256, true},
	{iana.SigRSAPSSPSSSHA384, "rsa_pss_pss_sha384", nidRSAPSS, nidSHA384, true},
	{iana.SigRSAPSSPSSSHA512, "rsa_pss_pss_sha512", nidRSAPSS, nidSHA512, true},
	{iana.SigRSAPKCS1SHA256, "rsa_pkcs1_sha256", nidRSA, nidSHA256, true},
	{iana.SigRSAPKCS1SHA384, "rsa_pkcs1_sha384", nidRSA, nidSHA384, true},
	{iana.SigRSAPKCS1SHA512, "rsa_pkcs1_sha512", nidRSA, nidSHA512, true},
	{iana.SigRSAPKCS1SHA224, "", nidRSA, nidSHA224, false},
	{iana.SigRSAPKCS1SHA1, "rsa_pkcs1_sha1", nidRSA, nidSHA1, false},
	{0x0402, "", nidDSA, nidSHA256, false},
	{0x0502, "", nidDSA, 673, false},
	{0x0602, "", nidDSA, nidSHA512, false},
	{0x0302, "", nidDSA, nidSHA224, false},
	{0x0202, "", nidDSA, nidSHA1, false},
}

var (
	sigNames  = map[string]int{"RSA": nidRSA, "RSA-PSS": nidRSAPSS, "PSS": nidRSAPSS, "DSA": nidDSA, "ECDSA": nidEC}
	hashNames = map[string]int{
		"SHA1": nidSHA1, "SHA224": nidSHA224, "SHA256": nidSHA256, "SHA384": nidSHA384, "SHA512": nidSHA512,
		"sha1": nidSHA1, "sha224": nidSHA224, "sha256": nidSHA256, "sha384": nidSHA384, "sha512": nidSHA512,
	}
)

// defaultSigAlgs are the schemes accepted when the application names none, in
// OpenSSL's order.
var defaultSigAlgs = []iana.SignatureScheme{
	iana.SigECDSASecp256r1SHA256, iana.SigECDSASecp384r1SHA384, iana.SigECDSASecp521r1SHA512, iana.SigEd25519,
	iana.SigRSAPSSPSSSHA256, iana.SigRSAPSSPSSSHA384, iana.SigRSAPSSPSSSHA512,
	iana.SigRSAPSSRSAESHA256, iana.SigRSAPSSRSAESHA384, iana.SigRSAPSSRSAESHA512,
	iana.SigRSAPKCS1SHA256, iana.SigRSAPKCS1SHA384, iana.SigRSAPKCS1SHA512,
}

// SigAlgNIDs are the NIDs of the signature and the digest of a scheme.
func SigAlgNIDs(s iana.SignatureScheme) (sig, hash int, ok bool) {
	for _, a := range sigAlgs {
		if a.scheme == s {
			return a.sig, a.hash, true
		}
	}
	return 0, 0, false
}

// parseSigAlgs makes the schemes of a list: names of schemes, or KEY+HASH, with
// colons between. Schemes that only OpenSSL has are left out.
func parseSigAlgs(s string) ([]iana.SignatureScheme, error) {
	var rows []int
	for name := range strings.SplitSeq(s, ":") {
		name = strings.Trim(name, " \t\n\v\f\r")
		if name == "" || len(name) > maxSigAlgName {
			return nil, errFailed
		}
		i := -1
		if key, hash, isPair := strings.Cut(name, "+"); isPair {
			sig, hashNID := sigNames[key], hashNames[hash]
			if sig == 0 || hashNID == 0 {
				return nil, errFailed
			}
			i = sigAlgIndex(sig, hashNID)
		} else {
			i = slices.IndexFunc(sigAlgs, func(a sigAlg) bool { return a.name == name })
		}
		if i < 0 {
			return nil, errFailed
		}
		rows = append(rows, i)
	}
	return sigAlgSchemes(rows)
}

// sigAlgsByNID makes the schemes of pairs of digest and key NIDs (SSL_CTX_set1_sigalgs).
func sigAlgsByNID(nids []int) ([]iana.SignatureScheme, error) {
	if len(nids)%2 != 0 {
		return nil, errFailed
	}
	var rows []int
	for ; len(nids) > 0; nids = nids[2:] {
		i := sigAlgIndex(nids[1], nids[0])
		if i < 0 {
			return nil, errFailed
		}
		rows = append(rows, i)
	}
	return sigAlgSchemes(rows)
}

func sigAlgIndex(sig, hash int) int {
	return slices.IndexFunc(sigAlgs, func(a sigAlg) bool { return a.sig == sig && a.hash == hash })
}

func sigAlgSchemes(rows []int) ([]iana.SignatureScheme, error) {
	var list []iana.SignatureScheme
	for i, row := range rows {
		if slices.Contains(rows[:i], row) {
			return nil, errFailed
		}
		if sigAlgs[row].ours {
			list = append(list, sigAlgs[row].scheme)
		}
	}
	if len(list) == 0 {
		return nil, errFailed
	}
	return list, nil
}
