package main

import (
	"fmt"
	"slices"
	"strings"
)

// group is one of the charts: the states whose names begin with a prefix.
type group struct{ title, prefix string }

var groups = []group{
	{"A TLS 1.3 client", "client13"},
	{"A TLS 1.2 client", "client12"},
	{"A TLS 1.3 server", "server13"},
	{"A TLS 1.2 server", "server12"},
}

// start are the titles of what belongs to no version yet, or no longer.
const start = "Before the version is known, and afterwards"

func groupOf(name string) string {
	for _, g := range groups {
		if strings.HasPrefix(name, g.prefix) {
			return g.title
		}
	}
	return start
}

// Draw writes the page.
func Draw(states []State) string {
	var b strings.Builder
	b.WriteString("# The states of the engine\n\n" +
		"<!-- Made by internal/stategraph from the source of core. Do not edit: go generate ./core -->\n\n" +
		"Each moment of a connection is a Go type in `core` that holds the data of that moment ([core/doc.go](../core/doc.go)).\n" +
		"An arrow is a state that the code of another can return; from every state an error leads to the failed one. A box tells\n" +
		"what the state takes (`<-`), what it may send (`->`) and what it may ask its owner (`?`, a `Wait`). What is sent here\n" +
		"includes what a state queues on its way to the next.\n")
	for _, g := range append([]group{{title: start}}, groups...) {
		var own []State
		for _, s := range states {
			if groupOf(s.Name) == g.title {
				own = append(own, s)
			}
		}
		if len(own) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n## %s\n\n", g.title)
		chart(&b, own, states)
		list(&b, own)
	}
	return b.String()
}

// chart draws own, and what lies at their edges.
func chart(b *strings.Builder, own, all []State) {
	b.WriteString("```mermaid\nflowchart TD\n")
	inside := map[string]bool{}
	for _, s := range own {
		inside[s.Name] = true
	}
	outside := map[string]bool{}
	var edges []string
	for _, s := range all {
		for _, n := range s.Next {
			if inside[s.Name] || inside[n] {
				edges = append(edges, fmt.Sprintf("    %s --> %s\n", s.Name, n))
				for _, x := range []string{s.Name, n} {
					if !inside[x] {
						outside[x] = true
					}
				}
			}
		}
	}
	for _, s := range own {
		lines := []string{"<b>" + s.Name + "</b>"}
		for _, m := range s.Takes {
			lines = append(lines, "&lt;- "+m)
		}
		for _, m := range s.Sends {
			lines = append(lines, "-&gt; "+m)
		}
		for _, q := range s.Asks {
			lines = append(lines, "? "+q)
		}
		fmt.Fprintf(b, "    %s[\"%s\"]\n", s.Name, strings.Join(lines, "<br/>"))
	}
	for _, name := range sorted(outside) {
		fmt.Fprintf(b, "    %s([\"%s\"])\n", name, name)
	}
	slices.Sort(edges)
	b.WriteString(strings.Join(edges, ""))
	b.WriteString("```\n\n")
}

// list tells where the states are and what their documentation says first.
func list(b *strings.Builder, own []State) {
	b.WriteString("| state | file | |\n|---|---|---|\n")
	for _, s := range own {
		fmt.Fprintf(b, "| `%s` | [%s](../core/%s) | %s |\n", s.Name, s.File, s.File, strings.ReplaceAll(sentence(s.Doc), "|", `\|`))
	}
}

// sentence is the first of a documentation comment, on one line.
func sentence(doc string) string {
	text := strings.Join(strings.Fields(doc), " ")
	if i := strings.Index(text, ". "); i >= 0 {
		text = text[:i+1]
	}
	return text
}
