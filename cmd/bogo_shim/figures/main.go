// Command figures counts what a run of BoringSSL's TLS test runner has shown of
// the engine, as docs/bogo.md has it:
//
//	figures -config core/testdata/bogo.json results.json
//
// The results are what the runner writes with -json-output in a run with
// -include-disabled: so a test that is disabled and passes is found. It is an
// error, as is a pattern no test has, and an enabled test that fails.
package main

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
)

func main() {
	config := flag.String("config", "core/testdata/bogo.json", "the runner's configuration")
	flag.Parse()
	if flag.NArg() != 1 {
		flag.Usage()
		os.Exit(2)
	}
	var c struct{ DisabledTests map[string]string }
	var r struct {
		Tests map[string]struct{ Actual string }
	}
	if err := cmp.Or(read(*config, &c), read(flag.Arg(0), &r)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	results := make(map[string]string)
	for name, t := range r.Tests {
		results[name] = t.Actual
	}
	wrong, err := figures(os.Stdout, c.DisabledTests, results)
	for _, w := range wrong {
		fmt.Fprintln(os.Stderr, w)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	if err != nil || len(wrong) > 0 {
		os.Exit(1)
	}
}

func read(name string, v any) error {
	b, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, v)
}

// Outcomes of a test, in the runner's words.
const (
	pass = "PASS"
	skip = "SKIP" // the shim does not implement what it asks for
)

// figures writes the counts of the results, which are by test, and tells what is
// wrong. The disabled patterns are those of the configuration, with reasons.
func figures(w io.Writer, disabled map[string]string, results map[string]string) (wrong []string, err error) {
	reasonOf := make(map[string]string) // of the tests that are disabled
	patterns := make([]string, 0, len(disabled))
	for p := range disabled {
		patterns = append(patterns, p)
	}
	slices.Sort(patterns)
	for _, p := range patterns {
		hit := false
		for name, result := range results {
			ok, err := filepath.Match(p, name)
			if err != nil {
				return nil, fmt.Errorf("%q: %w", p, err)
			}
			if !ok {
				continue
			}
			hit, reasonOf[name] = true, disabled[p]
			if result == pass {
				wrong = append(wrong, fmt.Sprintf("%q disables %s, which passes", p, name))
			}
		}
		if !hit {
			wrong = append(wrong, fmt.Sprintf("%q disables nothing", p))
		}
	}
	counts, reasons := make(map[string]int), make(map[string]int)
	for name, result := range results {
		switch reason, off := reasonOf[name]; {
		case off:
			counts["disabled"]++
			reasons[reason]++
		case result == pass, result == skip:
			counts[result]++
		default:
			wrong = append(wrong, name+": "+result)
		}
	}
	slices.Sort(wrong)
	fmt.Fprintf(w, "| | tests |\n|---|---|\n| in the suite | %d |\n| passed | %d |\n| not implemented | %d |\n| disabled, by %d patterns | %d |\n\n",
		len(results), counts[pass], counts[skip], len(patterns), counts["disabled"])
	fmt.Fprint(w, "| disabled | because |\n|---|---|\n")
	list := make([]string, 0, len(reasons))
	for r := range reasons {
		list = append(list, r)
	}
	slices.SortFunc(list, func(a, b string) int {
		return cmp.Or(cmp.Compare(reasons[b], reasons[a]), cmp.Compare(a, b))
	})
	for _, r := range list {
		fmt.Fprintf(w, "| %d | %s |\n", reasons[r], r)
	}
	return wrong, nil
}
