// Package rsapss has the keys and parameters of id-RSASSA-PSS (RFC 4055, RFC
// 8017, section 8.1), which crypto/x509 does not parse: public keys in
// certificates, private keys in PKCS #8, and the parameters of signatures with
// a salt of any length.
//
//	SubjectPublicKeyInfo -> ParsePublicKey -> *PublicKey
//	PKCS #8              -> ParsePKCS8     -> *Signer, a crypto.Signer
//	AlgorithmIdentifier  -> ParseSignature -> *Params, for PublicKey.Verify
//
// What a key may be used for is the key's own matter: [Params.Allows] is asked
// before a signature is made or looked at.
package rsapss
