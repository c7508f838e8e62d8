package main

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"patina/core"
)

const configFile = "../../core/testdata/bogo.json"

// members reads a JSON object of the file, in order: name, and value as it is.
func members(t *testing.T, dec *json.Decoder) (names []string, values map[string]json.RawMessage) {
	t.Helper()
	if tok, err := dec.Token(); err != nil || tok != json.Delim('{') {
		t.Fatalf("no object: %v, %v", tok, err)
	}
	values = make(map[string]json.RawMessage)
	for dec.More() {
		tok, err := dec.Token()
		if err != nil {
			t.Fatal(err)
		}
		name := tok.(string)
		if _, ok := values[name]; ok {
			t.Errorf("%q stands twice", name)
		}
		var v json.RawMessage
		if err := dec.Decode(&v); err != nil {
			t.Fatal(err)
		}
		if len(names) > 0 && names[len(names)-1] > name {
			t.Errorf("%q is not in order", name)
		}
		names, values[name] = append(names, name), v
	}
	return names, values
}

// TestConfigForm: the runner's configuration is in order and says why.
func TestConfigForm(t *testing.T) {
	f, err := os.Open(configFile)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	dec := json.NewDecoder(f)
	_, whole := members(t, dec)
	if _, err := dec.Token(); err != nil {
		t.Fatal(err)
	}
	if _, err := dec.Token(); err != io.EOF {
		t.Error("something behind the object")
	}
	sub := func(name string) ([]string, map[string]json.RawMessage) {
		return members(t, json.NewDecoder(strings.NewReader(string(whole[name]))))
	}
	patterns, reasons := sub("DisabledTests")
	if len(patterns) == 0 || len(patterns) >= 140 {
		t.Errorf("%d patterns", len(patterns))
	}
	for _, p := range patterns {
		if _, err := filepath.Match(p, ""); err != nil {
			t.Errorf("%q: %v", p, err)
		}
		var reason string
		if err := json.Unmarshal(reasons[p], &reason); err != nil || len(strings.Fields(reason)) < 3 {
			t.Errorf("%q has no reason a reader can judge: %q, %v", p, reason, err)
		}
	}
	known := make(map[string]bool)
	for k := core.KindInternal; k.String() != core.Kind(255).String(); k++ {
		known[":"+k.String()+":"] = true
	}
	errs, words := sub("ErrorMap")
	for _, e := range errs {
		var list []string
		if err := json.Unmarshal(words[e], &list); err != nil || len(list) == 0 {
			t.Errorf("%q: %v", e, err)
		}
		for _, w := range list {
			// What is no kind of the engine's is the shim's own or an alert.
			if strings.HasPrefix(w, ":") && !known[w] && !ownWords[w] {
				t.Errorf("%q is mapped to %q, which nobody says", e, w)
			}
			if w == "" {
				t.Errorf("%q is mapped to everything", e)
			}
		}
	}
}

// ownWords are what the shim itself says.
var ownWords = map[string]bool{
	":refused by the owner:": true, ":refused by the verifier:": true,
	":malformed list of timestamps:": true, ":transport parameters without QUIC:": true, ":application data on shutdown:": true,
}
