package nginxtest

import (
	"cmp"
	"flag"
	"fmt"
	mapkeys "maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

var flagDifferences = flag.String("differences", "", "write how conversations differ on purpose to this `file`, to be read before it is committed")

// differencesFile states, for every conversation that differs on purpose, each line that our side says otherwise:
//
//	== SERVER to CLIENT; CLIENT ... (REASON), PAIR
//	s_client OPTIONS
//	- what the system's library says
//	+ what ours says
const differencesFile = "testdata/openssl_differences.txt"

// differences are the blocks of that file by their headings.
var differences = sync.OnceValues(func() (map[string]string, error) {
	text, err := os.ReadFile(differencesFile)
	blocks := map[string]string{}
	for block := range strings.SplitSeq(string(text), "== ") {
		if heading, lines, ok := strings.Cut(block, "\n"); ok && heading != "" {
			blocks[heading] = strings.TrimSpace(lines)
		}
	}
	return blocks, err
})

// heading is a conversation's own in differencesFile.
func (c conversation) heading() string {
	var clients []string
	for _, r := range c.runs {
		clients = append(clients, cmp.Or(r.options, "no options"))
	}
	return fmt.Sprintf("%s to %s (%s)", cmp.Or(c.server, "no options"), cmp.Or(strings.Join(clients, "; "), "nobody"), c.differs)
}

func differenceHeading(pair string, c conversation) string { return c.heading() + ", " + pair }

// statedDifference is what differencesFile has of a conversation on a pair of libraries.
func statedDifference(t *testing.T, pair string, c conversation) string {
	t.Helper()
	blocks, err := differences()
	if err != nil && *flagDifferences == "" {
		t.Error(err)
	}
	return blocks[differenceHeading(pair, c)]
}

// passing is what of a report is of the day on which the certificates were made.
var passing = []rewriting{
	rewrite(`(?m)^[A-Za-z0-9+/]{40,64}={0,2}$`, "(base64)"),
	rewrite(`(?m)^[A-Za-z0-9+/]{2,39}={0,2}\n(-----END)`, "(base64)\n$1"),
	rewrite(`(?:\(base64\)\n)+`, "(base64)\n"),
	rewrite(`Not(Before|After): .* GMT`, "Not$1: (date)"),
}

// difference is how a report differs from the system's, in the form of differencesFile.
func (c conversation) difference(system, ours report) string {
	lasting := func(text string) string {
		for _, p := range passing {
			text = p.from.ReplaceAllString(text, p.to)
		}
		return text
	}
	var b strings.Builder
	add := func(who, system, ours string) {
		if system = lasting(system); system != lasting(ours) {
			changed := onlyChanged.FindAllString(lineDiff(system, lasting(ours)), -1)
			fmt.Fprintf(&b, "%s\n%s\n", strings.TrimSpace(who), strings.Join(changed, "\n"))
		}
	}
	for i, r := range c.runs {
		add("s_client "+r.options, system.clients[i], ours.clients[i])
	}
	add("s_server "+c.server, system.server, ours.server)
	return strings.TrimSpace(b.String())
}

var onlyChanged = regexp.MustCompile(`(?m)^[-+] .*`)

// The pairs of libraries beside the system's own.
const bothOurs, clientOurs, serverOurs = "both on ours", "s_client on ours", "s_server on ours"

// conversationsRun are the headings of those that have run.
var conversationsRun = map[string]bool{}

var differencesSeen = struct {
	sync.Mutex
	blocks map[string]string
}{blocks: map[string]string{}}

func hasRun(c conversation) {
	differencesSeen.Lock()
	defer differencesSeen.Unlock()
	conversationsRun[c.heading()] = true
}

func seenDifference(pair string, c conversation, difference string) {
	differencesSeen.Lock()
	defer differencesSeen.Unlock()
	differencesSeen.blocks[differenceHeading(pair, c)] = difference
}

// writeDifferences writes what was seen in the form of differencesFile, and of conversations that have not run what it had.
func writeDifferences(file string) error {
	differencesSeen.Lock()
	defer differencesSeen.Unlock()
	if stated, err := differences(); err == nil {
		for _, c := range slices.Concat(conversations, rare) {
			for _, pair := range []string{bothOurs, clientOurs, serverOurs} {
				heading := differenceHeading(pair, c)
				if _, seen := differencesSeen.blocks[heading]; !seen && stated[heading] != "" && !conversationsRun[c.heading()] {
					differencesSeen.blocks[heading] = stated[heading]
				}
			}
		}
	}
	var b strings.Builder
	for _, heading := range slices.Sorted(mapkeys.Keys(differencesSeen.blocks)) {
		fmt.Fprintf(&b, "== %s\n%s\n\n", heading, differencesSeen.blocks[heading])
	}
	return os.WriteFile(file, []byte(b.String()), 0o644)
}
