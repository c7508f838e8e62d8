package main

import (
	"crypto/tls"
	"fmt"
	"runtime"
	"time"

	"patina/bench/page"
)

// pass moves data through a connection for d, in writes of size, and returns the
// bytes per second of sending and of receiving, each alone.
func pass(p peers, s setup, size int, d time.Duration) (send, receive, allocs float64, err error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	pipe := newPipe()
	x, y := &pipe.ends[0], &pipe.ends[1]
	client, server := p.client(x), p.server(y)
	served := make(chan error, 1)
	go func() { served <- server.Handshake() }()
	if err := client.Handshake(); err != nil {
		return 0, 0, 0, err
	}
	if err := <-served; err != nil {
		return 0, 0, 0, err
	}
	// The client sends to nobody; what it receives the server has sent before, a
	// quarter of a megabyte at a time.
	x.drops = true
	const batch = 256 << 10
	data, into := make([]byte, size), make([]byte, 16<<10)
	write := func(c tlsConn) error {
		for i := 0; i < batch; i += size {
			if _, err := c.Write(data); err != nil {
				return err
			}
		}
		return nil
	}
	var sending, receiving time.Duration
	n := 0
	var before, after runtime.MemStats
	for round := 0; ; round++ {
		if round == 2 { // buffers have their sizes
			runtime.GC()
			runtime.ReadMemStats(&before)
			sending, receiving, n = 0, 0, 0
		}
		begin := cpuTime()
		if err := write(client); err != nil {
			return 0, 0, 0, err
		}
		sending += cpuTime() - begin
		if err := write(server); err != nil {
			return 0, 0, 0, err
		}
		begin = cpuTime()
		for left := batch; left > 0; {
			k, err := client.Read(into[:min(left, len(into))])
			if err != nil {
				return 0, 0, 0, err
			}
			left -= k
		}
		receiving += cpuTime() - begin
		if n += batch; round > 2 && sending+receiving > d {
			break
		}
	}
	runtime.ReadMemStats(&after)
	// For each write of the client there has been one of the server and its read.
	writes := float64(n / size)
	return float64(n) / sending.Seconds(), float64(n) / receiving.Seconds(), float64(after.Mallocs-before.Mallocs) / writes, nil
}

func (b *bench) records() error {
	t := table{title: "### Records, MB/s of one side",
		head: []string{"", "crypto/tls", "patina", "", "allocations for two writes and a read: crypto/tls", "patina"}}
	for _, c := range []struct {
		name    string
		version uint16
		suite   uint16
	}{
		{"TLS 1.3 AES-128-GCM", tls.VersionTLS13, tls.TLS_AES_128_GCM_SHA256},
		{"TLS 1.2 AES-128-GCM", tls.VersionTLS12, tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256},
		{"TLS 1.2 AES-256-GCM", tls.VersionTLS12, tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384},
		{"TLS 1.2 ChaCha20-Poly1305", tls.VersionTLS12, tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256},
	} {
		for _, size := range []int{16 << 10, 1 << 10} {
			name := fmt.Sprintf("%s, %d KB", c.name, size>>10)
			if !b.wants("records " + name) {
				continue
			}
			s := setup{version: c.version, key: "P-256", suite: c.suite}
			var send, receive, allocs = map[string][]float64{}, map[string][]float64{}, map[string][]float64{}
			for range b.rounds {
				for _, impl := range []string{theirs, ours} {
					p, err := b.makePeers(impl, s, nil)
					if err != nil {
						return err
					}
					tx, rx, n, err := pass(p, s, size, b.block)
					if err != nil {
						return fmt.Errorf("%s, %s: %w", name, impl, err)
					}
					send[impl], receive[impl], allocs[impl] = append(send[impl], tx), append(receive[impl], rx), append(allocs[impl], n)
					b.note("Records/"+name+"/way=send", impl, 1, float64(size)/tx*1e9, "ns/op", tx/1e6, "MB/s", n, "allocs/op")
					b.note("Records/"+name+"/way=receive", impl, 1, float64(size)/rx*1e9, "ns/op", rx/1e6, "MB/s")
				}
			}
			for _, way := range []struct {
				name string
				v    map[string][]float64
			}{{"send", send}, {"receive", receive}} {
				their, our := median(way.v[theirs])/1e6, median(way.v[ours])/1e6
				t.add(way.name+" "+name, page.Number(their), page.Number(our), ratio(our/their), page.Number(median(allocs[theirs])), page.Number(median(allocs[ours])))
			}
		}
	}
	b.put(t)
	return nil
}
