package nginxtest

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"patina/nginx-test/harness"
)

// keysAndUpgrade: with ticket keys in a file and sessions in shared memory, what was agreed on before a reload is
// resumed after it; and after a binary upgrade (SIGUSR2) under load, in which no request fails.
func keysAndUpgrade(t *testing.T, b *column) string {
	conf := "\n    # tickets\n" + keyed
	keyFile := filepath.Join(t.TempDir(), "ticket.key")
	key := make([]byte, 80)
	rand.Read(key)
	if err := os.WriteFile(keyFile, key, 0o644); err != nil {
		t.Fatal(err)
	}
	c := b.on(b.start(t, strings.ReplaceAll(conf, "{{.Dir}}/ticket.key", keyFile)))
	var facts []string
	files := map[string]string{}
	kinds := [][2]string{{"-tls1_2", "main"}, {"-tls1_3", "main"}, {"-tls1_2", "cache"}, {"-tls1_3", "cache"}}
	for _, k := range kinds {
		files[k[0]+k[1]] = filepath.Join(t.TempDir(), "session.pem")
		res := sClientRun(t, c, k[1], k[0], "-sess_out", files[k[0]+k[1]])
		if words(res.Stdout)["reused"] != "." {
			t.Fatalf("%v: %s%s", k, res.Stdout, res.Stderr)
		}
	}
	resumed := func(when string, want map[string]string) {
		for _, k := range kinds {
			res := sClientRun(t, c, k[1], k[0], "-sess_in", files[k[0]+k[1]])
			got := words(res.Stdout)["reused"]
			if want[k[1]] != "" && got != want[k[1]] {
				t.Errorf("%s, %v: reused=%q and not %q: %s", when, k, got, want[k[1]], lastLines(res.Stderr, 3))
			}
			facts = append(facts, fmt.Sprintf("%s %v: %s", when, k, got))
			if k[0] == "-tls1_3" && k[1] == "cache" { // a stateful ticket of TLS 1.3 is good once
				sClientRun(t, c, k[1], k[0], "-sess_out", files[k[0]+k[1]])
			}
		}
	}
	resumed("before", map[string]string{"main": "r", "cache": "r"})
	before := c.server.WorkerPIDs()
	if err := c.server.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	if err := harness.WaitGone(before...); err != nil {
		t.Error(err)
	}
	if err := waitWorkers(c.server); err != nil {
		t.Error(err)
	}
	resumed("after a reload", map[string]string{"main": "r", "cache": "r"})

	// The upgrade: the old master starts a new one on the same sockets, both serve, the old one quits.
	var requests, failed atomic.Int64
	var first atomic.Value
	done := make(chan struct{})
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			client := b.client(i%2 == 0)
			defer client.CloseIdleConnections()
			for {
				select {
				case <-done:
					return
				default:
				}
				requests.Add(1)
				if err := fetch(client, "https://"+c.server.Addr("main")+"/pattern"); err != nil {
					failed.Add(1)
					first.CompareAndSwap(nil, err.Error())
				}
			}
		})
	}
	old := c.server.Processes()
	if err := c.server.Signal(syscall.SIGUSR2); err != nil {
		t.Error(err)
	}
	pidFile := filepath.Join(c.server.Dir, "nginx.pid")
	master := 0
	for range 500 {
		text, _ := os.ReadFile(pidFile)
		if pid, err := strconv.Atoi(strings.TrimSpace(string(text))); err == nil && pid != c.server.Master {
			master = pid
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if master == 0 {
		t.Errorf("no new master: %s", lastLines(c.server.ErrorLog(), 5))
	} else {
		oldMaster := c.server.Master
		c.server.Master = master
		if err := waitWorkers(c.server); err != nil {
			t.Error(err)
		}
		if err := syscall.Kill(oldMaster, syscall.SIGQUIT); err != nil {
			t.Error(err)
		}
		if err := harness.WaitGone(old...); err != nil {
			t.Errorf("old processes: %v", err)
		}
		for _, pid := range c.server.Processes() {
			if err := b.lib.OnlyMaps(pid); err != nil {
				t.Error(err)
			}
		}
	}
	close(done)
	wg.Wait()
	if failed.Load() != 0 || requests.Load() < 20 {
		t.Errorf("%d of %d requests failed during the upgrade, the first: %v", failed.Load(), requests.Load(), first.Load())
	}
	resumed("after an upgrade", map[string]string{"main": "r"})
	c.noneSevere(t, c.server)
	return strings.Join(facts, "\n")
}
