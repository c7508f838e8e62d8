package capi

import (
	"sync"
	"testing"
)

func TestTable(t *testing.T) {
	var tab table[int]
	one, two := new(int), new(int)
	t1, t2 := tab.put(one), tab.put(two)
	if t1 == 0 || t2 == 0 || t1 == t2 {
		t.Fatalf("tokens %#x and %#x", t1, t2)
	}
	if tab.get(t1) != one || tab.get(t2) != two {
		t.Error("a token finds another object")
	}
	if tab.drop(t1) != one || tab.get(t1) != nil || tab.drop(t1) != nil {
		t.Error("a dropped token still finds something")
	}
	three := new(int)
	t3 := tab.put(three)
	if uint32(t3) != uint32(t1) || t3 == t1 {
		t.Errorf("the slot is not used again with a new generation: %#x after %#x", t3, t1)
	}
	if tab.get(t1) != nil || tab.get(t3) != three {
		t.Error("a stale token finds the slot's new object")
	}
	for _, bad := range []uint64{0, 1, ^uint64(0), 1 << 32, chunkSize * maxChunks} {
		if tab.get(bad) != nil && bad != 1<<32 {
			t.Errorf("token %#x finds something", bad)
		}
	}
	if tab.len() != 2 {
		t.Errorf("len = %d, want 2", tab.len())
	}
}

func TestTableFromManyThreads(t *testing.T) {
	var tab table[int]
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range 2000 {
				v := g*10000 + i
				token := tab.put(&v)
				if got := tab.get(token); got == nil || *got != v {
					t.Errorf("token %#x finds another object", token)
					return
				}
				if i%3 != 0 {
					tab.drop(token)
				}
			}
		}()
	}
	wg.Wait()
	if want := 8 * 667; tab.len() != want {
		t.Errorf("len = %d, want %d", tab.len(), want)
	}
}
