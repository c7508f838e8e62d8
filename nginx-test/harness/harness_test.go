package harness

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// The checker must find every way in which a transfer can go wrong.
func TestPatternFindsDamage(t *testing.T) {
	const size = 3 * patternChunk
	good := make([]byte, size)
	fill(good, 0)
	check := func(b []byte, piece int) error {
		p := NewPattern()
		for len(b) > 0 {
			n := min(piece, len(b))
			p.Write(b[:n])
			b = b[n:]
		}
		return p.Check(size)
	}
	for _, piece := range []int{1, 7, 1000, patternChunk, patternChunk + 1, size} {
		if err := check(good, piece); err != nil {
			t.Errorf("pieces of %d: %v", piece, err)
		}
	}
	damage := map[string]struct {
		data []byte
		want string
	}{
		"cut":              {good[:size-1], "bytes arrived of"},
		"empty":            {nil, "0 bytes arrived"},
		"longer":           {append(bytes.Clone(good), 0), "differs from offset 196608"},
		"a byte changed":   {append(append(bytes.Clone(good[:70000]), good[70000]^1), good[70001:]...), "differs from offset 70000"},
		"a byte lost":      {append(bytes.Clone(good[:100]), good[101:]...), "differs from offset 100"},
		"a record twice":   {append(bytes.Clone(good[:32768]), good[16384:]...), "differs from offset 32768"},
		"chunks exchanged": {append(append(bytes.Clone(good[patternChunk:2*patternChunk]), good[:patternChunk]...), good[2*patternChunk:]...), "differs from offset 0"},
	}
	for name, d := range damage {
		if err := check(d.data, 4096); err == nil || !strings.Contains(err.Error(), d.want) {
			t.Errorf("%s: %v; wanted %q", name, err, d.want)
		}
	}
}

const childVariable = "PATINA_HARNESS_CHILD"

// A server must not outlive the process that started it, however that ends.
func TestServerDiesWithItsStarter(t *testing.T) {
	if dir := os.Getenv(childVariable); dir != "" {
		pki, err := NewPKI(dir)
		if err != nil {
			t.Fatal(err)
		}
		s, err := Start(System(), filepath.Join(dir, "server"), pki.Dir, `server { listen 127.0.0.1:{{port "x"}} ssl; ssl_certificate {{.PKI}}/b.pem; ssl_certificate_key {{.PKI}}/b.key; }`)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println("pids:", strings.Trim(fmt.Sprint(s.Processes()), "[]"))
		select {} // until killed
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestServerDiesWithItsStarter$")
	cmd.Env = append(os.Environ(), childVariable+"="+t.TempDir())
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var pids []int
	lines := bufio.NewScanner(out)
	for pids == nil && lines.Scan() {
		if rest, ok := strings.CutPrefix(lines.Text(), "pids: "); ok {
			for f := range strings.FieldsSeq(rest) {
				n, _ := strconv.Atoi(f)
				pids = append(pids, n)
			}
		} else {
			t.Log(lines.Text())
		}
	}
	if len(pids) != 1+Workers {
		t.Fatalf("the child started processes %v", pids)
	}
	for _, pid := range pids {
		if !alive(pid) {
			t.Errorf("process %d is not there", pid)
		}
	}
	cmd.Process.Kill()
	cmd.Wait()
	if err := WaitGone(pids...); err != nil {
		t.Error(err)
	}
}
