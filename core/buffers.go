package core

import (
	"sync"

	"patina/core/record"
)

// Sizes of the buffers that are asked of Settings.Buffers, in bytes. A flight
// that fits none of them is asked for by its own size.
const (
	// inputSize takes the longest record.
	inputSize = record.MaxRecord + 251
	// maxReadBuffer is the largest that SetReadBuffer asks for.
	maxReadBuffer = 1 << 20
	// maxRecords is how many full records Write seals at once.
	maxRecords = 4
	smallSize  = 4 << 10
	recordSize = inputSize
	bulkSize   = maxRecords * recordSize
)

// outputSize is the size of a buffer for n bytes.
func outputSize(n int) int {
	switch {
	case n <= smallSize:
		return smallSize
	case n <= recordSize:
		return recordSize
	case n <= bulkSize:
		return bulkSize
	}
	return n
}

// heapBuffers lends pooled memory of the Go heap.
type heapBuffers struct{}

var smallPool, recordPool, bulkPool sync.Pool

func (heapBuffers) Get(size int) []byte {
	switch size {
	case smallSize:
		if p, ok := smallPool.Get().(*[smallSize]byte); ok {
			return p[:]
		}
	case recordSize:
		if p, ok := recordPool.Get().(*[recordSize]byte); ok {
			return p[:]
		}
	case bulkSize:
		if p, ok := bulkPool.Get().(*[bulkSize]byte); ok {
			return p[:]
		}
	}
	return make([]byte, size)
}

func (heapBuffers) Put(b []byte) {
	switch len(b) {
	case smallSize:
		smallPool.Put((*[smallSize]byte)(b))
	case recordSize:
		recordPool.Put((*[recordSize]byte)(b))
	case bulkSize:
		bulkPool.Put((*[bulkSize]byte)(b))
	}
}

// flightArray is what a flight is gathered in; a longer one moves to memory of
// its own.
type flightArray [smallSize]byte

var flights = sync.Pool{New: func() any { return new(flightArray) }}

func (o *outbound) borrowFlight() {
	if o.lent == nil {
		o.lent = flights.Get().(*flightArray)
		o.flight = o.lent[:0]
	}
}

func (o *outbound) dropFlight() {
	o.flight = nil
	if o.lent != nil {
		flights.Put(o.lent)
		o.lent = nil
	}
}
