package main

import (
	"fmt"
	"slices"
	"strings"

	"patina/bench/page"
)

// A table collects the values of every figure by library, in the order of their first appearance.
type table struct {
	order  []string
	lines  map[string]*line
	errors []string
}

type line struct {
	figure figure
	values [2][]float64 // the system's, ours
	failed [2]bool
}

func newTable() *table { return &table{lines: map[string]*line{}} }

func (t *table) line(f figure) *line {
	l, ok := t.lines[f.row]
	if !ok {
		l = &line{figure: f}
		t.lines[f.row] = l
		t.order = append(t.order, f.row)
	}
	return l
}

func (t *table) add(f figure, lib int, value float64) {
	l := t.line(f)
	l.values[lib] = append(l.values[lib], value)
}

// fail marks the figures of a run that did not end well; its text is printed below the table, once.
func (t *table) fail(figures []figure, lib int, err error) {
	for _, f := range figures {
		t.line(f).failed[lib] = true
	}
	if text := err.Error(); !slices.Contains(t.errors, text) {
		t.errors = append(t.errors, text)
	}
}

func median(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	n := len(s)
	if n%2 == 1 {
		return s[n/2]
	}
	return (s[n/2-1] + s[n/2]) / 2
}

// markdown prints medians, their ratio, and the least and the greatest ratio of a round.
func (t *table) markdown() string {
	cells := [][]string{{"", "unit", "system", "patina", "ratio", "rounds' ratios"}}
	for _, row := range t.order {
		l := t.lines[row]
		out := []string{row, l.figure.unit, "failed", "failed", "-", "-"}
		for i, v := range l.values {
			if len(v) > 0 && !l.failed[i] {
				out[2+i] = page.Number(median(v))
			}
		}
		if !l.failed[0] && !l.failed[1] && len(l.values[0]) > 0 && len(l.values[1]) > 0 {
			ratio := func(sys, our float64) float64 {
				if l.figure.higher {
					return our / sys
				}
				return sys / our
			}
			out[4] = fmt.Sprintf("**%.2f**", ratio(median(l.values[0]), median(l.values[1])))
			var each []float64
			for i := range min(len(l.values[0]), len(l.values[1])) {
				each = append(each, ratio(l.values[0][i], l.values[1][i]))
			}
			out[5] = fmt.Sprintf("%.2f to %.2f", slices.Min(each), slices.Max(each))
		}
		cells = append(cells, out)
	}
	width := make([]int, len(cells[0]))
	for _, row := range cells {
		for i, c := range row {
			width[i] = max(width[i], len([]rune(c)))
		}
	}
	var b strings.Builder
	for n, row := range cells {
		b.WriteString("|")
		for i, c := range row {
			pad := strings.Repeat(" ", width[i]-len([]rune(c)))
			if i >= 2 {
				b.WriteString(" " + pad + c + " |")
			} else {
				b.WriteString(" " + c + pad + " |")
			}
		}
		b.WriteString("\n")
		if n == 0 {
			b.WriteString("|")
			for i, w := range width {
				if i >= 2 {
					b.WriteString(strings.Repeat("-", w+1) + ":|")
				} else {
					b.WriteString(strings.Repeat("-", w+2) + "|")
				}
			}
			b.WriteString("\n")
		}
	}
	for _, e := range t.errors {
		b.WriteString("\nfailed: " + strings.TrimSpace(e) + "\n")
	}
	return b.String()
}
