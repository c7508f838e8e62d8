// Package dane holds TLSA records (RFC 6698), by which the owner of a domain
// says which certificates its servers have, and finds the one that a certificate
// fits. Building a chain by them is package pki's (Options.DANE), asking DNS and
// its DNSSEC the program's: only records whose answer was secure may come here.
//
//	"3 1 1 8bd1..." -> ParseRecord -> Record      presentation form (RFC 6698, section 2.2)
//	Record -> Set.Add                             checked; kept in the order of preference
//	Set.Match(usages, certificate) -> *Entry      digest agility (RFC 7671, section 9)
//
// The order of a [Set], what it takes for a record it can use, and which of
// several records counts are those of OpenSSL's SSL_dane_tlsa_add(3): usages
// DANE-EE, DANE-TA, PKIX-EE, PKIX-TA in this order; for each, keys before whole
// certificates; for each, digests by their ordinals, the highest first, then
// unhashed data. Of the digests of one usage and selector only those of the
// highest ordinal count.
//
// A Set without records asks for nothing: records that cannot be used are as none
// (RFC 7671, section 2.1), and it is the program that decides what is made of a
// server that has none it can use.
package dane
