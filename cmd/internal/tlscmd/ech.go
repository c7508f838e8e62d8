package tlscmd

import (
	"bytes"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"os"

	"patina/core/ech"
)

// LoadECH reads an ECHConfigList (RFC 9849, section 4): as it is, in base64, as DNS
// has it in a HTTPS record, or in PEM (ECHCONFIG).
func LoadECH(name string) (ech.ConfigList, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	for rest := data; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type == "ECHCONFIG" {
			data = block.Bytes
		}
	}
	if b, err := base64.StdEncoding.DecodeString(string(bytes.TrimSpace(data))); err == nil {
		data = b
	}
	list, err := ech.ParseConfigList(data)
	if err != nil {
		return nil, fmt.Errorf("%s: no ECHConfigList: %w", name, err)
	}
	return list, nil
}
