package core

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"reflect"
	"testing"

	"patina/core/iana"
)

// finder looks for bytes in everything that can be reached from a value.
type finder struct {
	seen map[[2]uintptr]bool
	want map[string][]byte // what -> the secret
	hits map[string]string // what -> where
}

// skipped are types that hold secrets which are not the connection's own: the
// owner's sessions, and what tests have noted.
var skipped = map[reflect.Type]bool{
	reflect.TypeFor[*Session](): true, reflect.TypeFor[Session](): true, reflect.TypeFor[*Config](): true, reflect.TypeFor[Observer](): true,
}

func (f *finder) look(v reflect.Value, path string) {
	if !v.IsValid() || skipped[v.Type()] || len(path) > 400 {
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return
		}
		at := [2]uintptr{v.Pointer(), reflect.ValueOf(v.Type()).Pointer()}
		if !f.seen[at] {
			f.seen[at] = true
			f.look(v.Elem(), path)
		}
	case reflect.Interface:
		if !v.IsNil() {
			f.look(v.Elem(), path)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			f.look(v.Field(i), path+"."+v.Type().Field(i).Name)
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			f.look(it.Value(), path+"[]")
		}
	case reflect.Slice, reflect.Array:
		if v.Kind() == reflect.Slice {
			v = v.Slice(0, v.Cap())
			if v.Len() == 0 {
				return
			}
			if v.Type().Elem().Kind() != reflect.Uint8 {
				at := [2]uintptr{v.Pointer(), uintptr(v.Len())}
				if f.seen[at] {
					return
				}
				f.seen[at] = true
			}
		}
		switch v.Type().Elem().Kind() {
		case reflect.Uint8, reflect.Uint32, reflect.Uint64:
			b := make([]byte, 0, v.Len()*8)
			for i := range v.Len() {
				switch v.Type().Elem().Kind() {
				case reflect.Uint8:
					b = append(b, byte(v.Index(i).Uint()))
				case reflect.Uint32: // the state of a hash
					b = binary.BigEndian.AppendUint32(b, uint32(v.Index(i).Uint()))
				default:
					b = binary.BigEndian.AppendUint64(b, v.Index(i).Uint())
				}
			}
			for what, secret := range f.want {
				if bytes.Contains(b, secret[:16]) {
					f.hits[what] = path
				}
			}
		default:
			for i := range v.Len() {
				f.look(v.Index(i), fmt.Sprintf("%s[%d]", path, i))
			}
		}
	}
}

// find says where in the values the secrets are, by name.
func find(secrets map[string][]byte, labels []string, values ...any) map[string]string {
	f := &finder{seen: map[[2]uintptr]bool{}, want: map[string][]byte{}, hits: map[string]string{}}
	for _, l := range labels {
		if secrets[l] != nil {
			f.want[l] = secrets[l]
		}
	}
	for i, v := range values {
		f.look(reflect.ValueOf(v), fmt.Sprintf("%T(%d)", v, i))
	}
	return f.hits
}

// keepStates notes every state an end passes through when it stops.
func keepStates(e *end) (states *[]any, op func() (Wait, error)) {
	states = new([]any)
	note := func() {
		if e.state != nil {
			*states = append(*states, e.state)
		}
	}
	return states, func() (Wait, error) {
		note()
		w, err := e.Handshake()
		note()
		return w, err
	}
}

// TestSecretsWiped: the secrets of a handshake are gone when it is over, those of
// the connection when it is freed or has failed: from the Conn and from every
// state it has passed through.
func TestSecretsWiped(t *testing.T) {
	id := identityOf(t, "p256")
	handshakes := []string{labelClientHandshake, labelServerHandshake}
	traffic := []string{labelClientTraffic, labelServerTraffic}
	all := append(append([]string{labelExporter, LabelMaster}, handshakes...), traffic...)
	for _, v := range bothVersions {
		for _, how := range []string{"freed", "failed", "aborted in the handshake"} {
			t.Run(fmt.Sprint(v, "/", how), func(t *testing.T) {
				cfg := configOf(t, func(s *Settings) { s.Ask, s.Credentials = AskSession, []*Credential{id.cred} })
				p := newPair(NewClient(cfg, Params{MinVersion: v, MaxVersion: v, PostHandshakeAuth: true}),
					NewServer(serverOf(t, nil), Params{ClientAuth: RequireClientCert, PostHandshakeAuth: true}))
				cstates, cop := keepStates(p.client)
				sstates, sop := keepStates(p.server)
				// In the middle there is something to be found: the finder works.
				midway := 0
				look := func(e *end) {
					midway += len(find(p.client.secrets, all, e.Conn))
				}
				if how == "aborted in the handshake" {
					p.server.custom = func(c *Conn, w Wait) (bool, error) {
						if w == WaitVerify {
							c.Abort(iana.AlertUnknownCA, errAborted)
						}
						return w == WaitVerify, nil
					}
				}
				for range 4 {
					_, cerr := p.client.advance(&p.toServer, &p.toClient, cop)
					look(p.client)
					_, serr := p.server.advance(&p.toClient, &p.toServer, sop)
					look(p.server)
					if cerr != nil || serr != nil {
						break
					}
				}
				if midway == 0 {
					t.Fatal("nothing was found where there are secrets")
				}
				secrets := map[string][]byte{}
				for _, m := range []map[string][]byte{p.client.secrets, p.server.secrets} {
					for l, s := range m {
						secrets[l] = s
					}
				}
				gone := func(when string, labels []string) {
					t.Helper()
					for what, where := range find(secrets, labels, p.client.Conn, *cstates) {
						t.Errorf("client, %s: %s is in %s", when, what, where)
					}
					for what, where := range find(secrets, labels, p.server.Conn, *sstates) {
						t.Errorf("server, %s: %s is in %s", when, what, where)
					}
				}
				if how == "aborted in the handshake" {
					if p.server.Err() == nil {
						t.Fatal("not aborted")
					}
					p.client.Free()
					for what, where := range find(secrets, append(handshakes, traffic...), p.server.Conn, *sstates) {
						t.Errorf("server, %s: %s is in %s", how, what, where)
					}
					p.server.Free()
					gone(how, all)
					return
				}
				if !p.client.HandshakeComplete() || !p.server.HandshakeComplete() {
					t.Fatal("no handshake")
				}
				gone("established", handshakes)
				p.exchange(t)
				for range 2 {
					if v == iana.VersionTLS13 {
						p.client.KeyUpdate(true)
						p.exchange(t)
						p.exchange(t)
					}
				}
				if v == iana.VersionTLS13 {
					gone("after KeyUpdates", traffic)
				}
				// What is in use now.
				now := map[string][]byte{}
				for i, b := range [][]byte{p.client.in.secret.Bytes(), p.client.out.secret.Bytes()} {
					if len(b) > 0 {
						now[fmt.Sprint(i)] = bytes.Clone(b)
					}
				}
				if how == "failed" {
					p.client.Abort(iana.AlertInternalError, errAborted)
					p.server.Abort(iana.AlertInternalError, errAborted)
				} else {
					p.client.Free()
					p.server.Free()
					gone(how, all)
				}
				for _, c := range []*Conn{p.client.Conn, p.server.Conn} {
					for _, where := range find(now, []string{"0", "1"}, c) {
						t.Errorf("%s: a traffic secret in use is in %s", how, where)
					}
				}
			})
		}
	}
}
