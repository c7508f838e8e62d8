package main

import (
	"fmt"
	"os"
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

// number is v with three significant digits.
func number(v float64) string {
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

// ratio is above 1 where we are the better one.
func ratio(v float64) string { return fmt.Sprintf("**%.2f**", v) }

const beginMark, endMark = "<!-- bench-core:begin -->\n", "<!-- bench-core:end -->"

// replaceTables puts text between the marks of the file.
func replaceTables(name, text string) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	head, rest, ok := strings.Cut(string(data), beginMark)
	_, tail, ok2 := strings.Cut(rest, endMark)
	if !ok || !ok2 {
		return fmt.Errorf("%s has no marks", name)
	}
	return os.WriteFile(name, []byte(head+beginMark+"\n"+text+"\n"+endMark+tail), 0o644)
}
