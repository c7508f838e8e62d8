package main

import (
	"fmt"
	"strings"
)

// table is one of the tables that are printed.
type table struct {
	title string
	head  []string
	rows  [][]string
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// put keeps the tables that have rows.
func (b *bench) put(tables ...table) {
	for _, t := range tables {
		if len(t.rows) > 0 {
			b.tables = append(b.tables, t)
		}
	}
}

func (t *table) write(w *strings.Builder) {
	width := make([]int, len(t.head))
	for _, r := range append([][]string{t.head}, t.rows...) {
		for i, c := range r {
			width[i] = max(width[i], len(c))
		}
	}
	line := func(r []string) {
		for i, c := range r {
			if i == 0 {
				fmt.Fprintf(w, "| %-*s ", width[i], c)
			} else {
				fmt.Fprintf(w, "| %*s ", width[i], c)
			}
		}
		w.WriteString("|\n")
	}
	fmt.Fprintf(w, "%s\n\n", t.title)
	line(t.head)
	for i := range t.head {
		if i == 0 {
			w.WriteString("|" + strings.Repeat("-", width[i]+2))
		} else {
			w.WriteString("|" + strings.Repeat("-", width[i]+1) + ":")
		}
	}
	w.WriteString("|\n")
	for _, r := range t.rows {
		line(r)
	}
}

// ratio is above 1 where we are the better one.
func ratio(v float64) string { return fmt.Sprintf("**%.2f**", v) }
