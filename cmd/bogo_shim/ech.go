package main

import (
	"bytes"
	"errors"

	"patina/core"
	"patina/core/ech"
	"patina/core/provider/stdlib"
)

// Encrypted ClientHello (RFC 9849), in both roles.

// configureECH configures it. The runner takes for granted that a client
// without a usable configuration goes on without.
func (o *options) configureECH(s *core.Settings, p *core.Params) error {
	h := stdlib.New().HPKE()
	p.ECHGrease, p.ECHBackend = o.ECHGrease, o.Server
	if o.ECHInsist && len(o.ECHConfigs) == 0 {
		return errors.New(":no usable ECH configuration: none at all")
	}
	if len(o.ECHConfigs) > 0 {
		list, err := ech.ParseConfigList(o.ECHConfigs)
		if err != nil {
			return err
		}
		if _, _, err := list.Choose(h); err == nil || o.ECHInsist {
			p.ECHConfigs = list
		}
	}
	var keys []ech.Key
	for i, raw := range o.ECHServer {
		config, err := ech.ParseConfig(raw)
		if err != nil {
			return err
		}
		keys = append(keys, ech.Key{Config: config, PrivateKey: o.ECHServerKeys[i], Superseded: o.ECHServerRetry[i] == 0})
	}
	if len(keys) > 0 {
		var err error
		if s.ECHKeys, err = ech.NewKeys(h, keys...); err != nil {
			return err
		}
	}
	return nil
}

// checkOverride compares the name the server is to be verified for.
func (c *conn) checkOverride() error {
	override := ""
	if c.ECH() == core.ECHRejected {
		override = c.ServerName()
	}
	if c.o.ExpectNoOverr && override != "" || c.o.ExpectOverride != "" && override != c.o.ExpectOverride {
		return mustFail("the name to verify is %q", override)
	}
	return nil
}

// checkRejection compares what a server that has rejected ECH wants the client
// to try.
func (c *conn) checkRejection(err error) error {
	if !c.o.ExpectNoRetry && len(c.o.ExpectRetry) == 0 {
		return err
	}
	var rejected *core.ECHRejectedError
	if !errors.As(err, &rejected) {
		return errors.Join(mustFail("ECH was not rejected"), err)
	}
	if !bytes.Equal(rejected.RetryConfigs, c.o.ExpectRetry) {
		return mustFail("configurations to retry with: %x", rejected.RetryConfigs)
	}
	return err
}
