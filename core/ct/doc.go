// Package ct judges signed certificate timestamps (RFC 6962) against a list of
// logs, as a policy of package verifier. It is a package of its own so that nobody
// else depends on github.com/google/certificate-transparency-go.
//
//	list, err := loglist3.NewFromSignedJSON(data, signature, key)   fetched by the program
//	timestamps, err := ct.New(list, ct.Options{})
//	policy := verifier.Policy{Timestamps: timestamps}
//
// Timestamps reach a client in three ways, all of which count: within the
// certificate, in the TLS extension and in the stapled OCSP response. One counts
// if its log is in the list and was trusted when it was made, its signature is
// the log's over this certificate, it does not lie ahead, and the certificate
// expires in the log's temporal interval. A log counts once. Others are passed
// over: a peer may send timestamps of logs that this list does not know.
//
// There must be so many of so many operators; by default as Chrome's policy has
// it: two logs for a certificate of up to 180 days, three for longer ones, of two
// operators, and at least one log that is trusted still.
//
// A list grows old: logs are distrusted, new ones come. One older than
// Options.MaxListAge judges nobody and is an error ([ErrListAge]), never a pass.
package ct
