package ech

import (
	"bytes"
	"errors"
	"sync/atomic"

	"patina/core/provider"
)

// Key is a configuration with its private key, in the serialized form of RFC
// 9180.
type Key struct {
	Config     Config
	PrivateKey []byte
	// Superseded keys still open hellos, for clients that have kept the
	// configuration, but are not among those that a server tells clients to
	// retry with.
	Superseded bool
}

// Limits of Keys.
const (
	// MaxPerID is how many keys may share one config_id: a hello that opens with
	// none of them costs a try of each.
	MaxPerID = 4
	maxKeys  = 256
	// maxRetry is how long the list to retry with may be, in bytes: with other
	// extensions it makes a message whose length clients limit.
	maxRetry = 8 << 10
)

// ErrKeys: the keys of a server cannot be used together, or one does not belong
// to its configuration.
var ErrKeys = errors.New("ech: unusable keys")

// Keys are what a server opens ClientHellos with. They are shared by any number
// of connections and may be replaced at any time; opening takes no lock.
type Keys struct{ set atomic.Pointer[keySet] }

type keySet struct {
	byID  map[uint8][]*openKey
	retry []byte
}

type openKey struct {
	config *Config
	key    provider.HPKEPrivateKey
	info   []byte
}

// NewKeys checks the keys and takes them over. At least one must not be
// superseded.
func NewKeys(h provider.HPKE, keys ...Key) (*Keys, error) {
	k := new(Keys)
	if err := k.Set(h, keys...); err != nil {
		return nil, err
	}
	return k, nil
}

// Set replaces all keys.
func (k *Keys) Set(h provider.HPKE, keys ...Key) error {
	if h == nil || len(keys) > maxKeys {
		return ErrKeys
	}
	set := &keySet{byID: make(map[uint8][]*openKey)}
	var current ConfigList
	for _, key := range keys {
		c, err := ParseConfig(bytes.Clone(key.Config.Raw))
		if err != nil || c.Version != Version {
			return ErrKeys
		}
		private, err := h.ParsePrivateKey(c.KEM, key.PrivateKey)
		if err != nil || !bytes.Equal(private.Public(), c.PublicKey) || len(set.byID[c.ID]) == MaxPerID {
			return ErrKeys
		}
		set.byID[c.ID] = append(set.byID[c.ID], &openKey{&c, private, c.Info()})
		if !key.Superseded {
			current = append(current, c)
		}
	}
	var err error
	if set.retry, err = current.Append(nil); err != nil || len(set.retry) > maxRetry {
		return ErrKeys
	}
	k.set.Store(set)
	return nil
}

// RetryConfigs is the ECHConfigList a server tells clients to retry with.
func (k *Keys) RetryConfigs() []byte {
	if set := k.set.Load(); set != nil {
		return set.retry
	}
	return nil
}

// Open tries the keys of config_id id on a first payload (RFC 9849, section
// 7.1). It returns nil if none opens it, else the content, the context that
// opens a second one, and the configuration.
func (k *Keys) Open(id uint8, s Suite, enc, aad, payload []byte) (content []byte, o provider.HPKEOpener, c *Config) {
	set := k.set.Load()
	if set == nil {
		return nil, nil, nil
	}
	for _, key := range set.byID[id] {
		if !key.config.Has(s) {
			continue
		}
		o, err := key.key.NewOpener(s.KDF, s.AEAD, enc, key.info)
		if err != nil {
			continue
		}
		if content, err := o.Open(aad, payload); err == nil {
			return content, o, key.config
		}
	}
	return nil, nil, nil
}
