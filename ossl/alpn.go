package ossl

// splitProtocols splits a list of application protocols as it stands on the
// wire: each a length of one byte and that many bytes (RFC 7301, section 3.1).
func splitProtocols(list []byte) []string {
	var protos []string
	for len(list) > 0 {
		n := int(list[0])
		if n == 0 || n > len(list)-1 {
			return nil
		}
		protos = append(protos, string(list[1:1+n]))
		list = list[1+n:]
	}
	return protos
}

// validProtocols reports whether a list is empty or well-formed.
func validProtocols(list []byte) bool { return len(list) == 0 || splitProtocols(list) != nil }
