package compat

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
)

// Open is a row of open.tsv: a case that differs and should not. It is a defect
// that is known, shown in every run, and held: a case that differs in any other
// way than the row's, or no longer, fails.
type Open struct {
	Topic, Case string
	Print       string // fingerprint of the differing lines
	Reason      string
	Used        bool
}

// ReadOpen reads the table of open differences.
func ReadOpen(file string) ([]*Open, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var rows []*Open
	in := bufio.NewScanner(f)
	for n := 1; in.Scan(); n++ {
		if strings.HasPrefix(in.Text(), "#") || strings.TrimSpace(in.Text()) == "" {
			continue
		}
		col := strings.Split(in.Text(), "\t")
		if len(col) != 4 || col[0] == "" || col[1] == "" || len(col[2]) != printLen || col[3] == "" {
			return nil, fmt.Errorf("%s:%d: want topic, case, fingerprint, reason, separated by tabs", file, n)
		}
		rows = append(rows, &Open{Topic: col[0], Case: col[1], Print: col[2], Reason: col[3]})
	}
	return rows, in.Err()
}

const printLen = 12 // hexadecimal digits of a fingerprint

// fingerprint is of the lines that differ.
func fingerprint(edits []edit) string {
	h := sha256.New()
	for _, e := range edits {
		if e.mark != ' ' {
			fmt.Fprintf(h, "%c%s\n", e.mark, e.line)
		}
	}
	return hex.EncodeToString(h.Sum(nil))[:printLen]
}

// findOpen is the row of a case, nil if there is none.
func findOpen(rows []*Open, topic, name string) *Open {
	for _, r := range rows {
		if r.Topic == topic && r.Case == name {
			return r
		}
	}
	return nil
}
