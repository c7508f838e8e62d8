package ossl

import "patina/core/iana"

// newestVersion is the highest that the engine speaks.
const newestVersion = iana.VersionTLS13

// DTLS versions, as they stand on the wire, are taken and mean nothing for TLS;
// they do not go with a TLS version as the other limit.
const (
	versionDTLS1   = 0xfeff
	versionDTLS12  = 0xfefd
	versionDTLSBad = 0x0100
)

// SetMinVersion is SSL_CTX_set_min_proto_version and SSL_set_min_proto_version;
// 0 takes the limit away. False for what is no version.
func (sc *scalars) SetMinVersion(v int, m Method) bool {
	return setVersion(&sc.minVersion, sc.maxVersion, v, m)
}

// SetMaxVersion is SetMinVersion for the other end.
func (sc *scalars) SetMaxVersion(v int, m Method) bool {
	return setVersion(&sc.maxVersion, sc.minVersion, v, m)
}

func setVersion(limit *iana.ProtocolVersion, other iana.ProtocolVersion, v int, m Method) bool {
	switch {
	case v == versionDTLS1 || v == versionDTLS12 || v == versionDTLSBad:
		return other == 0
	case v != 0 && (v < int(iana.VersionSSL3) || v > int(newestVersion)):
		return false
	case !m.IsFixed():
		*limit = iana.ProtocolVersion(v)
	}
	return true
}
