package main

import (
	"bytes"
	"slices"

	"patina/core"
	"patina/core/iana"
)

// check compares what has been agreed on with what the test expects.
func (c *conn) check() error {
	o := c.o
	if o.NeverDone {
		return mustFail("the handshake is complete")
	}
	if v := o.ExpectVersion; v != 0 && int(c.Version()) != v {
		return mustFail("version %v", c.Version())
	}
	for _, want := range []int{o.ExpectCipher, o.ExpectCipherAES} {
		if want != 0 && int(c.Suite()) != want {
			return mustFail("suite %v", c.Suite())
		}
	}
	if o.ExpectCurve != 0 && int(c.Group()) != o.ExpectCurve {
		return mustFail("group %v", c.Group())
	}
	if s := o.ExpectPeerScheme; s != 0 && !c.Resumed() && int(c.PeerSignatureScheme()) != s {
		return mustFail("the peer has signed with %v", c.PeerSignatureScheme())
	}
	if o.ExpectName != "" && c.ServerName() != o.ExpectName {
		return mustFail("server name %q", c.ServerName())
	}
	want := o.ExpectALPN
	if o.Server {
		want = o.SelectALPN
	}
	if c.ALPN() != want {
		return mustFail("protocol %q, expected %q", c.ALPN(), want)
	}
	status := c.EarlyStatus()
	if o.ExpectEarly && status != core.EarlyAccepted || o.ExpectEarlyReject && status == core.EarlyAccepted ||
		o.ExpectNoEarly && status != core.EarlyNone {
		return mustFail("early data: %d", status)
	}
	if len(o.ExpectQUIC) > 0 && (c.quic == nil || !bytes.Equal(c.quic.PeerTransportParameters(), o.ExpectQUIC)) {
		return mustFail("other transport parameters of QUIC")
	}
	// At a backend the runner expects nothing: there BoringSSL tells nothing.
	backend := o.Server && len(o.ECHServer) == 0
	if !backend && o.ExpectECH != (c.ECH() == core.ECHAccepted) {
		return mustFail("ECH: %v", c.ECH())
	}
	if o.ExpectEMS && !c.EMS() {
		return mustFail("no extended_master_secret")
	}
	if err := c.checkSession(); err != nil {
		return err
	}
	return c.checkPeer()
}

func (c *conn) checkSession() error {
	o := c.o
	if want := c.resume && !o.ExpectMiss; c.Resumed() != want {
		return mustFail("resumed: %v", c.Resumed())
	}
	made := c.stored != nil
	if !o.Server && c.Version() == iana.VersionTLS12 {
		if want := !o.ExpectNoSession && (!c.Resumed() || o.ExpectRenewal); made != want {
			return mustFail("a new session: %v", made)
		}
	}
	if !c.resume && (o.ExpectID && !made || o.ExpectNoID && made) {
		return mustFail("a session by ID: %v", made)
	}
	return nil
}

func (c *conn) checkPeer() error {
	o := c.o
	// A session keeps neither the response nor the scheme of the peer's signature.
	if len(o.ExpectOCSP) > 0 && !c.Resumed() && !bytes.Equal(c.PeerStaple(), o.ExpectOCSP) {
		return mustFail("staple %x", c.PeerStaple())
	}
	if len(o.ExpectSCTs) > 0 && !c.Resumed() {
		want, err := splitSCTs(o.ExpectSCTs)
		if err != nil || !slices.EqualFunc(c.PeerSCTs(), want, bytes.Equal) {
			return mustFail("timestamps %x", c.PeerSCTs())
		}
	}
	var chain [][]byte
	for _, cert := range c.PeerChain() {
		chain = append(chain, cert.Raw)
	}
	if c.Resumed() {
		chain = c.Session().PeerChain
	}
	if o.ExpectNoPeerCert && len(chain) > 0 {
		return mustFail("the peer has sent a certificate")
	}
	_, t := c.CertTypes()
	if raw, _ := c.PeerRawPublicKey(); len(raw) > 0 {
		t = iana.CertTypeRawPublicKey // also where it comes of the session
	}
	if o.ExpectType != nil && int(t) != *o.ExpectType {
		return mustFail("the type of the peer's certificate is %v", t)
	}
	if !c.expectedRaw() {
		return mustFail("another raw public key")
	}
	if (!o.Server || o.RequireCert) && len(o.ExpectRaw) == 0 && !o.ExpectNoPeerCert && c.PSK() == nil && o.SharedKey == "" && len(chain) == 0 {
		return mustFail("the peer has sent no certificate")
	}
	if o.ExpectPeerCert != "" {
		want, err := loadChain(o.ExpectPeerCert)
		if err != nil {
			return err
		}
		if len(chain) != len(want) {
			return mustFail("a chain of %d certificates", len(chain))
		}
		for i := range want {
			if !bytes.Equal(chain[i], want[i]) {
				return mustFail("certificate %d is another", i)
			}
		}
	}
	if want := o.ExpectCredential; want != nil {
		got := defaultCredential
		if p := c.PSK(); p != nil {
			_, numbers, err := o.externalPSKs()
			if err != nil {
				return err
			}
			got = numbers[string(p.Identity)]
		} else if cred := c.Credential(); cred != nil {
			got = cred.Tag.(tag).number
		}
		if got != *want {
			return mustFail("credential %d", got)
		}
	}
	return nil
}
