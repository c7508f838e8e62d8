package main

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"runtime"
	"time"

	"patina/bench/page"
)

// sockets makes a TCP connection over the loopback.
func sockets(l net.Listener) (client, server net.Conn, err error) {
	if client, err = net.Dial("tcp", l.Addr().String()); err != nil {
		return nil, nil, err
	}
	server, err = l.Accept()
	return client, server, err
}

// connect makes a TLS connection over the loopback.
func connect(l net.Listener, p peers) (client, server tlsConn, err error) {
	x, y, err := sockets(l)
	if err != nil {
		return nil, nil, err
	}
	client, server = p.client(x), p.server(y)
	served := make(chan error, 1)
	go func() { served <- server.Handshake() }()
	if err = client.Handshake(); err == nil {
		err = <-served
	}
	return client, server, err
}

// live is what the program keeps beside the connections while latencies are
// measured, so that the garbage collector has something to mark.
var live [][]byte

// pressure allocates until stop is closed: about 200 MB a second beside 64 MB that
// stay, in small pieces.
func pressure(stop chan struct{}) {
	live = make([][]byte, 64<<10)
	for i := 0; ; i++ {
		for range 200 {
			live[(i*7919)%len(live)] = make([]byte, 1<<10)
			i++
		}
		select {
		case <-stop:
			live = nil
			return
		case <-time.After(time.Millisecond):
		}
	}
}

// latency measures round trips and handshakes over the loopback while the garbage
// collector runs.
func (b *bench) latency() error {
	t := table{title: "### Latency over the loopback, both sides in this process, under garbage collection, in microseconds",
		head: []string{"", "crypto/tls", "patina", ""}}
	if !b.wants("latency") {
		return nil
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer l.Close()
	s := setup{version: tls.VersionTLS13, key: "P-256"}
	stop := make(chan struct{})
	go pressure(stop)
	defer close(stop)
	trips, shakes := map[string][]float64{}, map[string][]float64{}
	for range b.rounds {
		for _, impl := range []string{theirs, ours} {
			p, err := b.makePeers(impl, s, nil)
			if err != nil {
				return err
			}
			client, server, err := connect(l, p)
			if err != nil {
				return err
			}
			go io.Copy(server, struct{ io.Reader }{server})
			var msg [64]byte
			for begin := time.Now(); time.Since(begin) < b.block*2; {
				sent := time.Now()
				if _, err := client.Write(msg[:]); err != nil {
					return err
				}
				if _, err := io.ReadFull(client, msg[:]); err != nil {
					return err
				}
				trips[impl] = append(trips[impl], float64(time.Since(sent))/1000)
			}
			client.Close()
			for begin := time.Now(); time.Since(begin) < b.block*2; {
				shaken := time.Now()
				client, server, err := connect(l, p)
				if err != nil {
					return err
				}
				shakes[impl] = append(shakes[impl], float64(time.Since(shaken))/1000)
				client.Close()
				server.Close()
			}
		}
	}
	for _, what := range []struct {
		name string
		v    map[string][]float64
	}{{"64 bytes there and back", trips}, {"connection and full handshake", shakes}} {
		for _, p := range []float64{50, 90, 99, 99.9} {
			their, our := percentile(what.v[theirs], p), percentile(what.v[ours], p)
			t.add(fmt.Sprintf("%s, %v %%", what.name, p), page.Number(their), page.Number(our), ratio(their/our))
		}
		for _, impl := range []string{theirs, ours} {
			b.note("Latency/"+what.name, impl, len(what.v[impl]), percentile(what.v[impl], 50)*1000, "ns/op", percentile(what.v[impl], 99)*1000, "p99-ns/op")
		}
	}
	b.put(t)
	return nil
}

// idle measures the memory of connections that wait for data, goroutines and their
// stacks included, less what the sockets alone take.
func (b *bench) idle() error {
	t := table{title: "### Memory of an idle connection, KiB of one side",
		head: []string{"", "crypto/tls", "patina", ""}}
	for _, c := range []struct {
		name string
		used bool
	}{{"after the handshake", false}, {"after 64 KB each way", true}} {
		if !b.wants("idle " + c.name) {
			continue
		}
		sums := map[string][]float64{}
		for range max(b.rounds/4, 1) {
			for _, impl := range []string{theirs, ours} {
				n, err := b.idleOf(impl, c.used)
				if err != nil {
					return err
				}
				sums[impl] = append(sums[impl], n/1024)
				b.note("Idle/"+c.name, impl, idlePairs, n, "B/conn")
			}
		}
		their, our := median(sums[theirs]), median(sums[ours])
		t.add(c.name+", waiting in Read", page.Number(their), page.Number(our), ratio(their/our))
	}
	b.put(t)
	return nil
}

const idlePairs = 200

func (b *bench) idleOf(impl string, used bool) (float64, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	p, err := b.makePeers(impl, setup{version: tls.VersionTLS13, key: "P-256"}, nil)
	if err != nil {
		return 0, err
	}
	plain := peers{client: func(c net.Conn) tlsConn { return bare{c} }, server: func(c net.Conn) tlsConn { return bare{c} }}
	base, err := waiting(l, plain, used)
	if err != nil {
		return 0, err
	}
	with, err := waiting(l, p, used)
	return (with - base) / (2 * idlePairs), err
}

// bare is a connection without TLS.
type bare struct{ net.Conn }

func (bare) Handshake() error { return nil }

// waiting is the memory that idlePairs connections take.
func waiting(l net.Listener, p peers, used bool) (float64, error) {
	memory := func() float64 {
		for range 3 {
			runtime.GC()
			time.Sleep(10 * time.Millisecond)
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc + m.StackInuse)
	}
	before := memory()
	var all []tlsConn
	ended := make(chan struct{})
	for range idlePairs {
		client, server, err := connect(l, p)
		if err != nil {
			return 0, err
		}
		if used {
			data := make([]byte, 64<<10)
			for _, way := range [][2]tlsConn{{client, server}, {server, client}} {
				sent := make(chan error, 1)
				go func() { _, err := way[0].Write(data); sent <- err }()
				if _, err := io.ReadFull(way[1], data); err != nil {
					return 0, err
				}
				if err := <-sent; err != nil {
					return 0, err
				}
			}
		}
		for _, c := range []tlsConn{client, server} {
			all = append(all, c)
			go func() {
				var b [1]byte
				c.Read(b[:])
				ended <- struct{}{}
			}()
		}
	}
	n := memory() - before
	for _, c := range all {
		c.Close()
	}
	for range all {
		<-ended
	}
	return n, nil
}

// loopback measures what 64 KB at a time cost both sides over real sockets.
func (b *bench) loopback() error {
	t := table{title: "### 64 KB at a time over the loopback, MB for a second of processor time of both sides",
		head: []string{"", "crypto/tls", "patina", ""}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer l.Close()
	for _, c := range []struct {
		name string
		s    setup
	}{{"TLS 1.3 AES-128-GCM", setup{version: tls.VersionTLS13, key: "P-256"}}, {"TLS 1.2 AES-128-GCM", setup{version: tls.VersionTLS12, key: "P-256"}}} {
		if !b.wants("loopback " + c.name) {
			continue
		}
		rates := map[string][]float64{}
		for range b.rounds {
			for _, impl := range []string{theirs, ours} {
				p, err := b.makePeers(impl, c.s, nil)
				if err != nil {
					return err
				}
				client, server, err := connect(l, p)
				if err != nil {
					return err
				}
				read := make(chan int64, 1)
				go func() {
					n, _ := io.Copy(struct{ io.Writer }{io.Discard}, server)
					read <- n
				}()
				data := make([]byte, 64<<10)
				cpu := cpuTime()
				for begin := time.Now(); time.Since(begin) < b.block; {
					if _, err := client.Write(data); err != nil {
						return err
					}
				}
				client.Close()
				rate := float64(<-read) / (cpuTime() - cpu).Seconds()
				server.Close()
				rates[impl] = append(rates[impl], rate)
				b.note("Loopback/"+c.name, impl, 1, 64<<10/rate*1e9, "cpu-ns/op", rate/1e6, "MB/cpu-s")
			}
		}
		their, our := median(rates[theirs])/1e6, median(rates[ours])/1e6
		t.add(c.name, page.Number(their), page.Number(our), ratio(our/their))
	}
	b.put(t)
	return nil
}
