// probe.h: the probe library's functions, as a host sees them.

#include <stdint.h>

int probe_add(int a, int b);
uint32_t probe_work(uint32_t seed);   // one unit of everything; the result depends on seed only
uint32_t probe_deep(int kib);         // recursion
void probe_gc(void);
int probe_goroutines(int n);          // n*(n-1)/2
void probe_sleep(int microseconds);
uint32_t probe_spin(int microseconds);
int probe_panic(void);                // 1: a nil dereference was recovered
void probe_random(char *p, int n);
int probe_read(int fd, char *p, int n); // read(2), outside Go, then one entry
