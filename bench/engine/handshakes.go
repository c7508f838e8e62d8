package main

import (
	"crypto/tls"
	"fmt"
	"io"
	"runtime"
	"time"

	"patina/bench/page"
)

// result is what a block of handshakes has taken, for one handshake.
type result struct {
	n              int
	client, server float64 // nanoseconds
	allocs, bytes  float64 // both ends together
	primitives     [2]float64
	part           [2]float64 // the whole, without what the watches cost
}

// times are what the two ends have taken, in processor time.
type times [2]time.Duration

// shake makes handshakes for d and returns what one took.
func shake(p peers, s setup, d time.Duration, clocks [2]*stopwatch) (r result, err error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	var sum times
	for begin := time.Now(); time.Since(begin) < d; r.n++ {
		resumed, t, err := once(p, s)
		if err != nil {
			return r, err
		}
		if resumed != s.resume {
			return r, fmt.Errorf("resumed: %v", resumed)
		}
		for i := range t {
			sum[i] += t[i]
		}
	}
	runtime.ReadMemStats(&after)
	n := float64(r.n)
	r.client, r.server = float64(sum[0])/n, float64(sum[1])/n
	r.allocs, r.bytes = float64(after.Mallocs-before.Mallocs)/n, float64(after.TotalAlloc-before.TotalAlloc)/n
	for i, w := range clocks {
		if w != nil {
			d, cost := w.read()
			r.primitives[i], r.part[i] = float64(d)/n, float64(sum[i]-cost)/n
		}
	}
	return r, nil
}

// once makes one handshake, after which the server sends a byte, so that the client
// has taken the ticket.
func once(p peers, s setup) (resumed bool, used times, err error) {
	pipe := newPipe()
	x, y := &pipe.ends[0], &pipe.ends[1]
	served := make(chan error, 1)
	ticket := s.resume && s.version == tls.VersionTLS13
	go func() {
		y.resume()
		c := p.server(y)
		err := c.Handshake()
		if err == nil && ticket {
			_, err = c.Write([]byte{0})
		}
		y.pause()
		used[1] = y.used
		if err == nil {
			_, err = io.ReadAll(c) // until the client closes
		}
		c.Close()
		served <- err
	}()
	x.resume()
	c := p.client(x)
	err = c.Handshake()
	if err == nil && ticket {
		var b [1]byte
		_, err = c.Read(b[:])
	}
	x.pause()
	resumed = err == nil && p.resumed(c)
	used[0] = x.used
	c.Close()
	if serr := <-served; err == nil {
		err = serr
	}
	return resumed, used, err
}

func (b *bench) handshakes() error {
	figures := table{title: "### Handshakes, CPU time of one side in microseconds",
		head: []string{"", "crypto/tls", "patina", "", "with provider/fast", "", "its primitives", "engine's part"}}
	allocs := table{title: "### Handshakes, allocations of both sides together",
		head: []string{"", "crypto/tls", "patina", "", "bytes: crypto/tls", "patina", ""}}
	for _, s := range []setup{
		{tls.VersionTLS13, "P-256", 0, false}, {tls.VersionTLS13, "RSA-2048", 0, false}, {tls.VersionTLS13, "Ed25519", 0, false}, {tls.VersionTLS13, "P-256", 0, true},
		{tls.VersionTLS12, "P-256", 0, false}, {tls.VersionTLS12, "RSA-2048", 0, false}, {tls.VersionTLS12, "Ed25519", 0, false}, {tls.VersionTLS12, "P-256", 0, true},
	} {
		name := "full handshake " + tls.VersionName(s.version) + ", " + s.key
		if s.resume {
			name = "resumed handshake " + tls.VersionName(s.version)
		}
		if !b.wants(name) {
			continue
		}
		sums := map[string][]result{}
		var prims, parts [2][]float64
		all := map[string]peers{}
		for _, impl := range []string{theirs, ours, fastly} {
			p, err := b.makePeers(impl, s, nil)
			if err != nil {
				return err
			}
			all[impl] = p
		}
		// Client and server have a watch each: one of each pair is made with it.
		watches := [2]*stopwatch{newStopwatch(), newStopwatch()}
		var clocked [2]peers
		for i := range clocked {
			var err error
			if clocked[i], err = b.makePeers(ours, s, watches[i]); err != nil {
				return err
			}
		}
		timedPeers := peers{client: clocked[0].client, server: clocked[1].server, resumed: clocked[0].resumed}
		if s.resume { // a session, for each client
			for _, p := range []peers{all[theirs], all[ours], all[fastly], timedPeers} {
				if _, _, err := onceAlone(p, s); err != nil {
					return err
				}
			}
		}
		for range b.rounds {
			for _, impl := range []string{theirs, ours, fastly} {
				r, err := shake(all[impl], s, b.block, [2]*stopwatch{})
				if err != nil {
					return fmt.Errorf("%s, %s: %w", name, impl, err)
				}
				sums[impl] = append(sums[impl], r)
				b.note("Handshake/"+name+"/role=client", impl, r.n, r.client, "ns/op", r.allocs, "allocs/op", r.bytes, "B/op")
				b.note("Handshake/"+name+"/role=server", impl, r.n, r.server, "ns/op")
			}
			watches[0].read()
			watches[1].read()
			r, err := shake(timedPeers, s, b.block, watches)
			if err != nil {
				return err
			}
			for i := range prims {
				prims[i] = append(prims[i], r.primitives[i])
				parts[i] = append(parts[i], (r.part[i]-r.primitives[i])/r.primitives[i]*100)
			}
		}
		of := func(impl string, f func(result) float64) float64 {
			var v []float64
			for _, r := range sums[impl] {
				v = append(v, f(r))
			}
			return median(v)
		}
		for i, role := range []string{"client", "server"} {
			time := func(r result) float64 { return [2]float64{r.client, r.server}[i] / 1000 }
			t, o, f, p := of(theirs, time), of(ours, time), of(fastly, time), median(prims[i])/1000
			figures.add(name+", "+role, page.Number(t), page.Number(o), ratio(t/o), page.Number(f), ratio(t/f), page.Number(p), share(median(parts[i]), p))
		}
		count := func(r result) float64 { return r.allocs }
		bytes := func(r result) float64 { return r.bytes }
		allocs.add(name, page.Number(of(theirs, count)), page.Number(of(ours, count)), ratio(of(theirs, count)/of(ours, count)),
			page.Number(of(theirs, bytes)), page.Number(of(ours, bytes)), ratio(of(theirs, bytes)/of(ours, bytes)))
	}
	b.put(figures, allocs)
	return nil
}

// share is the engine's part in per cent of its primitives, which mean nothing where
// they take less than five microseconds: timing them takes as long.
func share(part, primitives float64) string {
	if primitives < 5 {
		return "-"
	}
	return fmt.Sprintf("%.0f %%", part)
}

// onceAlone is once with the processors as measurements have them.
func onceAlone(p peers, s setup) (bool, times, error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	return once(p, s)
}
