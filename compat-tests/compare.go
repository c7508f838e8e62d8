package compat

import (
	"bufio"
	"fmt"
	"os"
	"strings"
)

// Difference is a row of differences.tsv: lines that differ on purpose.
type Difference struct {
	Topic, Case  string
	System, Ours string // the lines, without indentation; empty: no line on that side
	Reason       string
	Used         bool
}

// ReadDifferences reads the table of differences made on purpose.
func ReadDifferences(file string) ([]*Difference, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var rows []*Difference
	in := bufio.NewScanner(f)
	for n := 1; in.Scan(); n++ {
		if strings.HasPrefix(in.Text(), "#") || strings.TrimSpace(in.Text()) == "" {
			continue
		}
		col := strings.Split(in.Text(), "\t")
		if len(col) != 5 || col[0] == "" || col[1] == "" || col[2] == col[3] || col[4] == "" {
			return nil, fmt.Errorf("%s:%d: want topic, case, system's line, our line, reason, separated by tabs", file, n)
		}
		rows = append(rows, &Difference{Topic: col[0], Case: col[1], System: col[2], Ours: col[3], Reason: col[4]})
	}
	return rows, in.Err()
}

// Result is a topic's outcome.
type Result struct {
	Topic     string
	Cases     int
	Same      int // cases that agree, or differ only on purpose
	Checks    int // lines the system's side printed
	OnPurpose int // lines
	Open      int // cases that differ as open.tsv says
	Diff      string
}

// Pass says whether every case is the same, or differs as it is known to.
func (r Result) Pass() bool { return r.Cases > 0 && r.Same+r.Open == r.Cases }

// String is the topic's line.
func (r Result) String() string {
	verdict := "ok"
	if !r.Pass() {
		verdict = "FAIL"
	}
	return fmt.Sprintf("%-12s %3d of %3d cases the same  %5d checks  %2d on purpose  %d open  %s", r.Topic, r.Same, r.Cases, r.Checks, r.OnPurpose, r.Open, verdict)
}

// Compare compares the cases of one topic on both sides.
func Compare(topic string, system, ours []Case, rows []*Difference, open []*Open) Result {
	r := Result{Topic: topic}
	var diff strings.Builder
	byName := map[string]Case{}
	for _, c := range ours {
		byName[c.Name] = c
	}
	for _, want := range system {
		r.Cases++
		r.Checks += len(want.Lines)
		got, ok := byName[want.Name]
		if !ok {
			fmt.Fprintf(&diff, "== %s\n  missing in our output\n", want.Name)
			continue
		}
		delete(byName, want.Name)
		died := false
		for _, line := range want.Lines {
			// The system's side is the specification: a program that fails on it says nothing.
			died = died || strings.HasPrefix(line, "  DIED: ") || strings.HasPrefix(line, "  PREPARATION FAILED")
		}
		edits := align(want.Lines, got.Lines)
		edits, excused := excuse(edits, topic, want.Name, rows)
		r.OnPurpose += excused
		bad := died
		for _, e := range edits {
			bad = bad || e.mark != ' '
		}
		known, print := findOpen(open, topic, want.Name), fingerprint(edits)
		switch {
		case !bad:
			r.Same++
		case known != nil && known.Print == print && !died:
			known.Used = true
			r.Open++
		default:
			fmt.Fprintf(&diff, "== %s (fingerprint %s)\n", want.Name, print)
			writeEdits(&diff, edits)
		}
	}
	for name := range byName {
		r.Cases++
		fmt.Fprintf(&diff, "== %s\n  only in our output\n", name)
	}
	r.Diff = diff.String()
	return r
}

// edit is a line of a diff: ' ' both, '-' system only, '+' ours only.
type edit struct {
	mark byte
	line string
}

// align finds a longest common subsequence. What both begin with is apart: they
// are the same almost always.
func align(a, b []string) []edit {
	same := 0
	for same < min(len(a), len(b)) && a[same] == b[same] {
		same++
	}
	edits := make([]edit, 0, len(a))
	for _, line := range a[:same] {
		edits = append(edits, edit{' ', line})
	}
	a, b = a[same:], b[same:]
	n, m := len(a), len(b)
	length := make([][]int, n+1)
	for i := range length {
		length[i] = make([]int, m+1)
	}
	for i := n - 1; i >= 0; i-- {
		for j := m - 1; j >= 0; j-- {
			if a[i] == b[j] {
				length[i][j] = length[i+1][j+1] + 1
			} else {
				length[i][j] = max(length[i+1][j], length[i][j+1])
			}
		}
	}
	i, j := 0, 0
	for i < n || j < m {
		switch {
		case i < n && j < m && a[i] == b[j]:
			edits = append(edits, edit{' ', a[i]})
			i, j = i+1, j+1
		case i < n && (j == m || length[i+1][j] >= length[i][j+1]):
			edits = append(edits, edit{'-', a[i]})
			i++
		default:
			edits = append(edits, edit{'+', b[j]})
			j++
		}
	}
	return edits
}

// excuse takes out of each run of differing lines those that a row explains.
func excuse(edits []edit, topic, name string, rows []*Difference) ([]edit, int) {
	excused := 0
	for start := 0; start < len(edits); {
		if edits[start].mark == ' ' {
			start++
			continue
		}
		end := start
		for end < len(edits) && edits[end].mark != ' ' {
			end++
		}
		for _, row := range rows {
			if row.Topic != topic || row.Case != name {
				continue
			}
			for {
				minus, plus := -1, -1
				for k := start; k < end; k++ {
					line := strings.TrimSpace(edits[k].line)
					if minus < 0 && edits[k].mark == '-' && line == row.System {
						minus = k
					}
					if plus < 0 && edits[k].mark == '+' && line == row.Ours {
						plus = k
					}
				}
				if (row.System != "" && minus < 0) || (row.Ours != "" && plus < 0) {
					break
				}
				for _, k := range []int{minus, plus} {
					if k >= 0 {
						edits[k].mark = ' '
					}
				}
				row.Used = true
				excused++
			}
		}
		start = end
	}
	return edits, excused
}

// diffContext is how many equal lines are shown around differing ones.
const diffContext = 3

func writeEdits(w *strings.Builder, edits []edit) {
	show := make([]bool, len(edits))
	for i, e := range edits {
		if e.mark == ' ' {
			continue
		}
		for k := max(0, i-diffContext); k <= min(len(edits)-1, i+diffContext); k++ {
			show[k] = true
		}
	}
	skipped := false
	for i, e := range edits {
		if !show[i] {
			skipped = true
			continue
		}
		if skipped {
			w.WriteString("  ...\n")
			skipped = false
		}
		fmt.Fprintf(w, "%c%s\n", e.mark, e.line)
	}
}
