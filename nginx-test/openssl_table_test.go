package nginxtest

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// told is a row of the table: a command, what it has said on both libraries, and why that differs where it does on purpose.
type told struct{ command, system, ours, why string }

var opensslTold struct {
	sync.Mutex
	rows []told
}

// tell adds a row.
func tell(command, system, ours, why string) {
	opensslTold.Lock()
	defer opensslTold.Unlock()
	opensslTold.rows = append(opensslTold.rows, told{command, gist(system), gist(ours), why})
}

var gistLines = regexp.MustCompile(`(?m)^(?:exit -?\d+|(?:New|Reused), TLS.*|Verification: OK|Verification error: .*|Early data was (?:accepted|rejected)|error:.*|ALPN protocol: .*|\*|r|Cipher    : .*|psql: error: .*|t\|TLSv.*|150000\|.*|\d+ bytes, SHA-256 .*)$`)

// gist is what of a report stands in the table.
func gist(report string) string {
	parts := gistLines.FindAllString(report, 6)
	return strings.NewReplacer("|", "/", "\n", " ").Replace(strings.Join(parts, "; "))
}

// TestMain writes what has been told into the table's file, in place of what it had of the openssl command.
func TestMain(m *testing.M) {
	code := m.Run()
	if *flagTable != "" && len(opensslTold.rows) > 0 {
		text, err := os.ReadFile(*flagTable)
		if err == nil {
			before, _, _ := strings.Cut(string(text), opensslHeading)
			err = os.WriteFile(*flagTable, []byte(before+opensslHeading+opensslTable()), 0o644)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	if *flagDifferences != "" {
		if err := writeDifferences(*flagDifferences); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

const opensslHeading = "\n## The openssl command\n"

// opensslTable is the table of everything told.
func opensslTable() string {
	opensslTold.Lock()
	defer opensslTold.Unlock()
	var b, differ strings.Builder
	fmt.Fprintf(&b, "\nEach command is run on both libraries, s_client against s_server on all four pairs of libraries, and what it writes is compared word for word but for\nwhat differs from run to run; the table shows the gist. An s_server runs before the s_clients that stand below it. PostgreSQL's server\nis asked by s_client and psql, again on all four pairs.\n\n| command | system | patina |\n|---|---|---|\n")
	// In the order of the servers; the clients of one stand as they have run.
	slices.SortStableFunc(opensslTold.rows, func(a, b told) int {
		x, _, _ := strings.Cut(a.command, ", s_client")
		y, _, _ := strings.Cut(b.command, ", s_client")
		return strings.Compare(x, y)
	})
	same := 0
	for _, r := range opensslTold.rows {
		if r.why != "" {
			fmt.Fprintf(&differ, "| `%s` | %s | %s | %s |\n", strings.ReplaceAll(r.command, "|", "/"), r.system, r.ours, r.why)
			continue
		}
		same++
		ours := "the same"
		if r.ours != r.system {
			ours = r.ours
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", strings.ReplaceAll(r.command, "|", "/"), r.system, ours)
	}
	fmt.Fprintf(&b, "\n%d commands.\n\n### Different on purpose\n\n| command | system | patina | why |\n|---|---|---|---|\n%s", same, differ.String())
	return b.String()
}
