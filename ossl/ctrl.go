package ossl

import (
	"slices"

	"patina/core/iana"
)

// SSL_CTX_ctrl and SSL_ctrl: tables of commands whose arguments and results are
// numbers. Those that move pointers stand in ossl/capi/ctrl_c.c.

// Commands (SSL_CTRL_...).
const (
	ctrlNumRenegotiations   = 10
	ctrlClearRenegotiations = 11
	ctrlTotalRenegotiations = 12
	ctrlFlags               = 13
	ctrlSessNumber          = 20
	ctrlSessConnect         = 21
	ctrlSessConnectGood     = 22
	ctrlSessConnectReneg    = 23
	ctrlSessAccept          = 24
	ctrlSessAcceptGood      = 25
	ctrlSessAcceptReneg     = 26
	ctrlSessHit             = 27
	ctrlSessCBHit           = 28
	ctrlSessMisses          = 29
	ctrlSessTimeouts        = 30
	ctrlSessCacheFull       = 31
	ctrlMode                = 33
	ctrlGetReadAhead        = 40
	ctrlSetReadAhead        = 41
	ctrlSetSessCacheSize    = 42
	ctrlGetSessCacheSize    = 43
	ctrlSetSessCacheMode    = 44
	ctrlGetSessCacheMode    = 45
	ctrlGetMaxCertList      = 50
	ctrlSetMaxCertList      = 51
	ctrlSetMaxSendFragment  = 52
	ctrlSetStatusType       = 65
	ctrlRISupport           = 76
	ctrlClearMode           = 78
	ctrlSetGroups           = 91
	ctrlSetGroupsList       = 92
	ctrlSetSigAlgs          = 97
	ctrlSetSigAlgsList      = 98
	ctrlCertFlags           = 99
	ctrlClearCertFlags      = 100
	ctrlSetClientSigAlgs    = 101
	ctrlSetClientSigList    = 102
	ctrlSetDHAuto           = 118
	ctrlEMSSupport          = 122
	ctrlSetMinVersion       = 123
	ctrlSetMaxVersion       = 124
	ctrlSetSplitFragment    = 125
	ctrlSetMaxPipelines     = 126
	ctrlGetStatusType       = 127
	ctrlGetMinVersion       = 130
	ctrlGetMaxVersion       = 131
)

// flagExtendedMasterSecret is the one flag that SSL_CTRL_GET_FLAGS tells: TLS1_FLAGS_RECEIVED_EXTMS.
const flagExtendedMasterSecret = 0x200

// Limits of SSL_CTX_set_max_send_fragment and SSL_CTX_set_max_pipelines.
const (
	minFragment  = 512
	maxPipelines = 32
)

// scalarCtrls are the commands that SSL_CTX and SSL have in common.
var scalarCtrls = map[int]func(sc *scalars, m Method, v int64) int64{
	ctrlMode: func(sc *scalars, _ Method, v int64) int64 {
		sc.mode |= uint32(v)
		return int64(sc.mode)
	},
	ctrlClearMode: func(sc *scalars, _ Method, v int64) int64 {
		sc.mode &^= uint32(v)
		return int64(sc.mode)
	},
	ctrlGetReadAhead: func(sc *scalars, _ Method, _ int64) int64 { return int64(sc.readAheadValue) },
	ctrlSetReadAhead: func(sc *scalars, _ Method, v int64) int64 {
		old := sc.readAheadValue
		sc.readAheadValue, sc.readAhead = int(int32(v)), v != 0
		return int64(old)
	},
	ctrlGetMaxCertList: func(sc *scalars, _ Method, _ int64) int64 { return int64(sc.maxCertList) },
	ctrlSetMaxCertList: func(sc *scalars, _ Method, v int64) int64 {
		if v < 0 {
			return 0
		}
		old := sc.maxCertList
		sc.maxCertList = int(v)
		return int64(old)
	},
	ctrlSetMaxSendFragment: func(sc *scalars, _ Method, v int64) int64 {
		if v < minFragment || v > defaultFragment {
			return 0
		}
		sc.maxSendFragment = int(v)
		sc.splitSendFragment = min(sc.splitSendFragment, int(v))
		return 1
	},
	ctrlSetSplitFragment: func(sc *scalars, _ Method, v int64) int64 {
		if v <= 0 || v > int64(sc.maxSendFragment) {
			return 0
		}
		sc.splitSendFragment = int(v)
		return 1
	},
	ctrlSetMaxPipelines: func(sc *scalars, _ Method, v int64) int64 {
		if v < 1 || v > maxPipelines {
			return 0
		}
		sc.maxPipelines = int(v)
		return 1
	},
	ctrlSetStatusType: func(sc *scalars, _ Method, v int64) int64 {
		sc.statusType = int(v)
		return 1
	},
	ctrlGetStatusType: func(sc *scalars, _ Method, _ int64) int64 { return int64(sc.statusType) },
	ctrlCertFlags: func(sc *scalars, _ Method, v int64) int64 {
		sc.certFlags |= uint32(v)
		return int64(sc.certFlags)
	},
	ctrlClearCertFlags: func(sc *scalars, _ Method, v int64) int64 {
		sc.certFlags &^= uint32(v)
		return int64(sc.certFlags)
	},
	// There is no finite-field Diffie-Hellman whose size could be chosen.
	ctrlSetDHAuto:     func(*scalars, Method, int64) int64 { return 1 },
	ctrlSetMinVersion: func(sc *scalars, m Method, v int64) int64 { return toLong(sc.SetMinVersion(int(int32(v)), m)) },
	ctrlSetMaxVersion: func(sc *scalars, m Method, v int64) int64 { return toLong(sc.SetMaxVersion(int(int32(v)), m)) },
	ctrlGetMinVersion: func(sc *scalars, _ Method, _ int64) int64 { return int64(sc.minVersion) },
	ctrlGetMaxVersion: func(sc *scalars, _ Method, _ int64) int64 { return int64(sc.maxVersion) },
}

func toLong(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// ctxCtrls are those of SSL_CTX alone.
var ctxCtrls = map[int]func(c *Ctx, v int64) int64{
	ctrlSessNumber:       func(c *Ctx, _ int64) int64 { return c.sessions.count.Load() },
	ctrlSessConnect:      func(c *Ctx, _ int64) int64 { return c.sessions.stats.connect.Load() },
	ctrlSessConnectGood:  func(c *Ctx, _ int64) int64 { return c.sessions.stats.connectGood.Load() },
	ctrlSessConnectReneg: func(c *Ctx, _ int64) int64 { return c.sessions.stats.connectRenegotiate.Load() },
	ctrlSessAccept:       func(c *Ctx, _ int64) int64 { return c.sessions.stats.accept.Load() },
	ctrlSessAcceptGood:   func(c *Ctx, _ int64) int64 { return c.sessions.stats.acceptGood.Load() },
	ctrlSessAcceptReneg:  func(c *Ctx, _ int64) int64 { return c.sessions.stats.acceptRenegotiate.Load() },
	ctrlSessHit:          func(c *Ctx, _ int64) int64 { return c.sessions.stats.hits.Load() },
	ctrlSessCBHit:        func(c *Ctx, _ int64) int64 { return c.sessions.stats.callbackHits.Load() },
	ctrlSessMisses:       func(c *Ctx, _ int64) int64 { return c.sessions.stats.misses.Load() },
	ctrlSessTimeouts:     func(c *Ctx, _ int64) int64 { return c.sessions.stats.timeouts.Load() },
	ctrlSessCacheFull:    func(c *Ctx, _ int64) int64 { return c.sessions.stats.cacheFull.Load() },
	ctrlGetSessCacheSize: func(c *Ctx, _ int64) int64 { return int64(c.snap.Load().cacheSize) },
	ctrlSetSessCacheSize: func(c *Ctx, v int64) (old int64) {
		if v < 0 {
			return 0
		}
		c.change(func(s *snapshot) { old, s.cacheSize = int64(s.cacheSize), int(v) })
		return old
	},
	ctrlGetSessCacheMode: func(c *Ctx, _ int64) int64 { return int64(c.snap.Load().cacheMode) },
	ctrlSetSessCacheMode: func(c *Ctx, v int64) (old int64) {
		c.change(func(s *snapshot) { old, s.cacheMode = int64(s.cacheMode), int(uint32(v)) })
		return old
	},
}

// Ctrl runs a command of SSL_CTX_ctrl with a number; known is false if there is
// no such command.
func (c *Ctx) Ctrl(cmd int, v int64) (r int64, known bool) {
	if f := ctxCtrls[cmd]; f != nil {
		return f(c, v), true
	}
	f := scalarCtrls[cmd]
	if f == nil {
		return 0, false
	}
	if isGetter(cmd) {
		sc := c.snap.Load().scalars
		return f(&sc, c.method, v), true
	}
	c.change(func(s *snapshot) { r = f(&s.scalars, c.method, v) })
	return r, true
}

func isGetter(cmd int) bool {
	switch cmd {
	case ctrlGetReadAhead, ctrlGetMaxCertList, ctrlGetStatusType, ctrlGetMinVersion, ctrlGetMaxVersion:
		return true
	}
	return false
}

// Ctrl runs a command of SSL_ctrl with a number.
func (s *SSL) Ctrl(cmd int, v int64) (r int64, known bool) {
	switch cmd {
	case ctrlNumRenegotiations, ctrlClearRenegotiations, ctrlTotalRenegotiations:
		return 0, true // TLS is not renegotiated
	case ctrlRISupport:
		// A TLS 1.2 peer without RFC 5746 is not spoken to; TLS 1.3 needs none, but a server tells what a client signals.
		const renegotiationInfoSCSV = 0x00ff
		return toLong(s.conn != nil && s.conn.Version() == iana.VersionTLS12 ||
			slices.Contains(s.clientSuites, renegotiationInfoSCSV)), true
	case ctrlFlags:
		if s.conn != nil && s.conn.EMS() && s.conn.Version() == iana.VersionTLS12 {
			return flagExtendedMasterSecret, true
		}
		return 0, true
	case ctrlEMSSupport:
		if s.conn == nil || !s.conn.HandshakeComplete() {
			return -1, true
		}
		return toLong(s.conn.EMS() && s.conn.Version() != iana.VersionTLS13), true
	}
	if f := scalarCtrls[cmd]; f != nil {
		return f(&s.scalars, s.method, v), true
	}
	return 0, false
}

// listCtrl applies a list of names or of numbers to settings that are the caller's alone.
func (s *settings) listCtrl(cmd int, names string, nids []int) (err error) {
	var schemes []iana.SignatureScheme
	switch cmd {
	case ctrlSetGroups, ctrlSetGroupsList:
		var list []iana.NamedGroup
		if cmd == ctrlSetGroups {
			list, err = groupsByNID(nids)
		} else {
			list, err = parseGroups(names)
		}
		if err == nil {
			s.groups = list
		}
		return err
	case ctrlSetSigAlgsList, ctrlSetClientSigList:
		schemes, err = parseSigAlgs(names)
	case ctrlSetSigAlgs, ctrlSetClientSigAlgs:
		schemes, err = sigAlgsByNID(nids)
	default:
		return errFailed
	}
	if err != nil {
		return err
	}
	if cmd == ctrlSetClientSigList || cmd == ctrlSetClientSigAlgs {
		s.clientSigAlgs = schemes
	} else {
		s.sigAlgs = schemes
	}
	return nil
}

// ListCtrl runs a command of SSL_CTX_ctrl with a list: SSL_CTRL_SET_GROUPS_LIST
// and the like take names, SSL_CTRL_SET_GROUPS and the like NIDs. A nil c checks
// the list only.
func (c *Ctx) ListCtrl(cmd int, names string, nids []int) (err error) {
	if c == nil {
		return new(settings).listCtrl(cmd, names, nids)
	}
	c.change(func(s *snapshot) {
		own := s.settings.clone()
		if err = own.listCtrl(cmd, names, nids); err == nil {
			s.settings = own
		}
	})
	return err
}

// ListCtrl is that of SSL_ctrl.
func (s *SSL) ListCtrl(cmd int, names string, nids []int) error {
	own := s.settings.clone()
	err := own.listCtrl(cmd, names, nids)
	if err == nil {
		s.settings = own
	}
	return err
}

// maxHostName is the length of the longest name in server_name (TLSEXT_MAXLEN_host_name).
const maxHostName = 255

// SetHostName is SSL_set_tlsext_host_name; an absent name is taken away by ClearHostName.
func (s *SSL) SetHostName(name string) error {
	s.serverName = ""
	if name == "" || len(name) > maxHostName {
		return fail(ReasonSSL3ExtInvalidServername)
	}
	s.serverName = name
	return nil
}

// ClearHostName takes the name away.
func (s *SSL) ClearHostName() { s.serverName = "" }
