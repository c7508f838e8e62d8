// vehicle_probe.c: the probe library as the vehicle.

#include "vehicle.h"

#include "probe.h"

static uint32_t checksum(uint32_t seed) {
	// The CRC-32 of the pseudo-random buffer that goProbeWork makes.
	static uint32_t table[256];
	static atomic_int ready;
	if (!atomic_load(&ready)) {
		for (uint32_t i = 0; i < 256; i++) {
			uint32_t c = i;
			for (int k = 0; k < 8; k++) c = c & 1 ? 0xEDB88320u ^ (c >> 1) : c >> 1;
			table[i] = c;
		}
		atomic_store(&ready, 1);
	}
	uint32_t x = seed, crc = ~0u;
	for (int i = 0; i < 8192; i++) {
		x = x * 1664525u + 1013904223u;
		crc = table[(crc ^ (x >> 24)) & 255] ^ (crc >> 8);
	}
	return ~crc;
}

void touch(void) {
	if (probe_add(2, 3) != 5) die("2 + 3");
}

void work(uint32_t seed) {
	uint32_t got = probe_work(seed), want = checksum(seed);
	if (got != want) die("work(%u) = %#x, not %#x", seed, got, want);
}

void work_hard(void) {
	if (probe_goroutines(10) != 45) die("goroutines");
	probe_gc();
	probe_deep(200);
	probe_sleep(300);
	if (probe_panic() != 1) die("a nil dereference was not recovered");
	char a[16] = {0}, b[16] = {0};
	probe_random(a, 16);
	probe_random(b, 16);
	if (memcmp(a, b, 16) == 0) die("random bytes repeat");
}

struct line {
	int fds[2];
};

struct line *open_line(void) {
	struct line *line = malloc(sizeof *line);
	if (!line || pipe(line->fds) != 0) die("pipe: %s", strerror(errno));
	return line;
}

int blocking_read(struct line *line, char *c, int *interrupted) {
	int r = probe_read(line->fds[0], c, 1);
	*interrupted = r < 0 && errno == EINTR;
	return r;
}

void write_byte(struct line *line) {
	if (write(line->fds[1], "x", 1) != 1) die("write: %s", strerror(errno));
}
