package main

import (
	"io"
	"net"
	"time"

	"golang.org/x/sys/unix"
)

// A pipe joins two ends in memory. Only one of them runs at a time, and each one's
// running time is kept, so that client and server are measured apart: an end runs
// until it wants to read what is not there. GOMAXPROCS must be 1.
type pipe struct {
	ends [2]end
}

type end struct {
	p      *pipe
	me     int
	buf    []byte // what the other end has written
	r      int
	wake   chan struct{}
	waits  bool
	closed bool
	drops  bool // what is written goes nowhere

	began, used time.Duration // processor time
}

func newPipe() *pipe {
	p := new(pipe)
	for i := range p.ends {
		p.ends[i] = end{p: p, me: i, wake: make(chan struct{}, 1), buf: make([]byte, 0, 8<<10)}
	}
	return p
}

// resume and pause bracket an end's running time. It is the processor time of the
// process, in which nothing else runs but the garbage collector: what other programs
// do on the machine does not count.
func (e *end) resume() { e.began = cpuTime() }
func (e *end) pause()  { e.used += cpuTime() - e.began }

// cpuTime is the processor time that this process has used.
func cpuTime() time.Duration {
	var t unix.Timespec
	if unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &t) != nil {
		panic("bench: no clock of processor time")
	}
	return time.Duration(t.Nano())
}

func (e *end) Read(b []byte) (int, error) {
	for e.r == len(e.buf) {
		if e.closed {
			return 0, io.EOF
		}
		e.waits = true
		e.pause()
		<-e.wake
		e.resume()
	}
	n := copy(b, e.buf[e.r:])
	if e.r += n; e.r == len(e.buf) {
		e.buf, e.r = e.buf[:0], 0
	}
	return n, nil
}

func (e *end) Write(b []byte) (int, error) {
	if e.drops {
		return len(b), nil
	}
	o := &e.p.ends[1-e.me]
	o.buf = append(o.buf, b...)
	o.notify()
	return len(b), nil
}

func (e *end) notify() {
	if e.waits {
		e.waits = false
		e.wake <- struct{}{}
	}
}

func (e *end) Close() error {
	o := &e.p.ends[1-e.me]
	o.closed = true
	o.notify()
	return nil
}

type address struct{}

func (address) Network() string { return "memory" }
func (address) String() string  { return "memory" }

func (e *end) LocalAddr() net.Addr              { return address{} }
func (e *end) RemoteAddr() net.Addr             { return address{} }
func (e *end) SetDeadline(time.Time) error      { return nil }
func (e *end) SetReadDeadline(time.Time) error  { return nil }
func (e *end) SetWriteDeadline(time.Time) error { return nil }
