package core

import (
	"testing"

	"patina/core/iana"
	"patina/core/record"
	"patina/core/wire"
)

// TestCompatBeforeAlert: the dummy change_cipher_spec comes before the first
// protected record of a client, once, whatever that record is.
func TestCompatBeforeAlert(t *testing.T) {
	for _, tt := range []struct {
		name   string
		params Params
		do     func(s *script)
		want   []iana.ContentType
	}{
		{"alert", Params{}, func(s *script) { s.toExtensions() }, []iana.ContentType{iana.ContentChangeCipherSpec, iana.ContentApplicationData}},
		{"not wanted", Params{NoMiddleboxCompat: true}, func(s *script) { s.toExtensions() }, []iana.ContentType{iana.ContentApplicationData}},
		{"after a retry", Params{}, func(s *script) {
			m := s.serverHello()
			m.Retry, m.Random, m.SelectedGroup, m.Cookie = true, wire.RetryRandom(), 0, []byte("c")
			s.send(wire.AppendServerHello(nil, m))
			s.run()
			m = s.serverHello()
			m.CipherSuite = iana.TLS_CHACHA20_POLY1305_SHA256
			s.send(wire.AppendServerHello(nil, m))
		}, []iana.ContentType{iana.ContentAlert}},
		{"before the keys", Params{}, func(s *script) { s.serverHello() }, []iana.ContentType{iana.ContentAlert}},
	} {
		s := newScript(t, NewClient(configOf(t, nil), only13(tt.params)))
		tt.do(s)
		s.out.Reset()
		s.send(wire.AppendEmpty(nil, iana.TypeServerHelloDone)) // belongs nowhere
		s.run()
		if s.err == nil {
			t.Fatalf("%s: no error", tt.name)
		}
		var got []iana.ContentType
		for b := s.out.Bytes(); len(b) > 0; {
			got = append(got, iana.ContentType(b[0]))
			b = b[record.HeaderLen+int(b[3])<<8+int(b[4]):]
		}
		if len(got) != len(tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
			continue
		}
		for i := range got {
			if got[i] != tt.want[i] {
				t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
			}
		}
	}
}
