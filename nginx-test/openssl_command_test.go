package nginxtest

import (
	"slices"
	"strings"
	"testing"

	"patina/nginx-test/harness"
)

// TestOpenSSLConversations: s_client and s_server say the same, word for word, on all four pairs of libraries.
func TestOpenSSLConversations(t *testing.T) {
	system, own := harness.System(), ours(t)
	if own == nil {
		t.Fatal("our library is not built")
	}
	pki := opensslFiles(t)
	headings := map[string]bool{}
	for _, c := range slices.Concat(conversations, rare) {
		if h := c.heading(); c.differs != "" && headings[h] {
			t.Errorf("two conversations that differ are called %s; let their reasons tell them apart", h)
		} else {
			headings[h] = c.differs != ""
		}
		t.Run(c.name(), func(t *testing.T) {
			t.Parallel()
			want, differ := c.run(t, pki, system, system), false
			var both report
			hasRun(c)
			for _, pair := range []struct {
				name           string
				server, client harness.Library
			}{
				{bothOurs, *own, *own}, {clientOurs, system, *own}, {serverOurs, *own, system},
			} {
				got := c.run(t, pki, pair.server, pair.client)
				if pair.name == bothOurs {
					both = got
				}
				if got.server == want.server && slices.Equal(got.clients, want.clients) {
					continue
				}
				differ = true
				if c.differs != "" {
					difference := c.difference(want, got)
					if stated := statedDifference(t, pair.name, c); difference != stated && *flagDifferences == "" {
						t.Errorf("%s: differs otherwise than stated (- stated, + seen)\n%s", pair.name, lineDiff(stated, difference))
					}
					seenDifference(pair.name, c, difference)
					continue
				}
				for i, r := range c.runs {
					if got.clients[i] != want.clients[i] {
						t.Errorf("%s: s_client %s (- system, + ours)\n%s", pair.name, r.options, lineDiff(want.clients[i], got.clients[i]))
					}
				}
				if got.server != want.server {
					t.Errorf("%s: s_server %s (- system, + ours)\n%s", pair.name, c.server, lineDiff(want.server, got.server))
				}
			}
			if len(c.runs) == 0 {
				tell("s_server "+c.server, want.server, both.server, c.differs)
			}
			for i, r := range c.runs {
				tell(strings.TrimSpace("s_server "+c.server)+", s_client "+r.options, want.clients[i], both.clients[i], c.differs)
			}
			if c.differs != "" && !differ {
				t.Errorf("not different any more: %s", c.differs)
			}
			if t.Failed() {
				for i, r := range c.runs {
					t.Logf("s_client %s\n%s", r.options, want.clients[i])
				}
				t.Logf("s_server %s\n%s", c.server, want.server)
			}
		})
	}
}

// lineDiff lists the lines that have gone and come between two texts, with the line before them.
func lineDiff(system, ours string) string {
	a, b := strings.Split(system, "\n"), strings.Split(ours, "\n")
	const most = 2000 // lines
	a, b = a[:min(len(a), most)], b[:min(len(b), most)]
	common := make([][]int, len(a)+1) // [i][j]: length of the longest common sequence of a[i:] and b[j:]
	for i := range common {
		common[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	var out strings.Builder
	said := -1
	for i, j := 0, 0; i < len(a) || j < len(b); {
		if i < len(a) && j < len(b) && a[i] == b[j] {
			i, j = i+1, j+1
			continue
		}
		if i > 0 && said != i {
			out.WriteString("  " + a[i-1] + "\n")
		}
		if j == len(b) || i < len(a) && common[i+1][j] >= common[i][j+1] {
			out.WriteString("- " + a[i] + "\n")
			i++
		} else {
			out.WriteString("+ " + b[j] + "\n")
			j++
		}
		said = i
	}
	return out.String()
}
