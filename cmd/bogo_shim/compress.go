package main

import (
	"bytes"
	"crypto/rand"
	"errors"

	"patina/core/certcomp"
)

// The certificate compression (RFC 8879) of the runner's tests: algorithms that
// exist nowhere else, each with a way to recognise what went through it.

var errCompressed = errors.New("not what this algorithm makes")

// expanding puts four bytes before the message.
var expanding = certcomp.Algorithm{
	ID: 0xff02,
	Compress: func(msg []byte) ([]byte, error) {
		return append([]byte{1, 2, 3, 4}, msg...), nil
	},
	Decompress: func(dst, src []byte) error {
		rest, ok := bytes.CutPrefix(src, []byte{1, 2, 3, 4})
		return fill(dst, rest, ok)
	},
}

// shrinking leaves out the two zeros a Certificate message begins with.
var shrinking = certcomp.Algorithm{
	ID: 0xff01,
	Compress: func(msg []byte) ([]byte, error) {
		rest, ok := bytes.CutPrefix(msg, []byte{0, 0})
		if !ok {
			return nil, errCompressed
		}
		return bytes.Clone(rest), nil
	},
	Decompress: func(dst, src []byte) error {
		return fill(dst, append([]byte{0, 0}, src...), true)
	},
}

// random puts one random byte before the message.
var random = certcomp.Algorithm{
	ID: 0xff03,
	Compress: func(msg []byte) ([]byte, error) {
		out := make([]byte, 1, 1+len(msg))
		rand.Read(out)
		return append(out, msg...), nil
	},
	Decompress: func(dst, src []byte) error {
		return fill(dst, src[min(1, len(src)):], len(src) > 0)
	},
}

// fill fills dst with all of src.
func fill(dst, src []byte, ok bool) error {
	if !ok || len(dst) != len(src) {
		return errCompressed
	}
	copy(dst, src)
	return nil
}

// compression is what the flags ask for.
func (o *options) compression() (list []certcomp.Algorithm) {
	for _, a := range []certcomp.Algorithm{expanding, shrinking, random} {
		if o.Compression || o.OneCompression == int(a.ID) {
			list = append(list, a)
		}
	}
	return list
}
