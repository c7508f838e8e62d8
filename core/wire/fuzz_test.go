package wire

import (
	"bytes"
	"testing"
)

// fuzz is the property of every parser: it does not panic, and what it has
// understood, built again, is understood the same.
func fuzz(f *testing.F, name string) {
	var again func([]byte) ([]byte, error)
	for _, m := range messages() {
		if m.name != name {
			continue
		}
		again = m.again
		f.Add(m.sample)
		for i := range m.sample {
			damaged := bytes.Clone(m.sample)
			damaged[i] ^= 0x81
			f.Add(damaged)
		}
		for n := 0; n < len(m.sample); n += 3 {
			f.Add(m.sample[:n])
		}
	}
	f.Fuzz(func(t *testing.T, msg []byte) {
		before := bytes.Clone(msg)
		built, err := again(msg)
		if !bytes.Equal(before, msg) {
			t.Fatal("the message has been changed")
		}
		if err != nil {
			return
		}
		if second, err := again(built); err != nil || !bytes.Equal(second, built) {
			t.Fatalf("%x\nbuilt as %x\nthen as %x, %v", msg, built, second, err)
		}
	})
}

func FuzzClientHello(f *testing.F)           { fuzz(f, "ClientHello") }
func FuzzServerHello12(f *testing.F)         { fuzz(f, "ServerHello12") }
func FuzzServerHello13(f *testing.F)         { fuzz(f, "ServerHello13") }
func FuzzHelloRetryRequest(f *testing.F)     { fuzz(f, "HelloRetryRequest") }
func FuzzEncryptedExtensions(f *testing.F)   { fuzz(f, "EncryptedExtensions") }
func FuzzCertificate13(f *testing.F)         { fuzz(f, "Certificate13") }
func FuzzCompressedCertificate(f *testing.F) { fuzz(f, "CompressedCertificate") }
func FuzzCertificate12(f *testing.F)         { fuzz(f, "Certificate12") }
func FuzzRawPublicKey12(f *testing.F)        { fuzz(f, "RawPublicKey12") }
func FuzzCertificateStatus(f *testing.F)     { fuzz(f, "CertificateStatus") }
func FuzzCertificateVerify(f *testing.F)     { fuzz(f, "CertificateVerify") }
func FuzzCertificateRequest13(f *testing.F)  { fuzz(f, "CertificateRequest13") }
func FuzzCertificateRequest12(f *testing.F)  { fuzz(f, "CertificateRequest12") }
func FuzzServerKeyExchange(f *testing.F)     { fuzz(f, "ServerKeyExchange") }
func FuzzClientKeyExchange(f *testing.F)     { fuzz(f, "ClientKeyExchange") }
func FuzzServerKeyExchangePSK(f *testing.F)  { fuzz(f, "ServerKeyExchangePSK") }
func FuzzClientKeyExchangePSK(f *testing.F)  { fuzz(f, "ClientKeyExchangePSK") }
func FuzzNewSessionTicket13(f *testing.F)    { fuzz(f, "NewSessionTicket13") }
func FuzzNewSessionTicket12(f *testing.F)    { fuzz(f, "NewSessionTicket12") }
func FuzzFinished(f *testing.F)              { fuzz(f, "Finished") }
func FuzzKeyUpdate(f *testing.F)             { fuzz(f, "KeyUpdate") }
func FuzzEmpty(f *testing.F)                 { fuzz(f, "ServerHelloDone") }
