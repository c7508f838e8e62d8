// cost.c: what the library costs its host. Prints NAME VALUE lines. Usage: cost [used]
//
// Built with a vehicle it measures the library; built with -DALONE it is the same host without one.

#include "vehicle.h"

#include <dirent.h>

#ifdef ALONE
void touch(void) {}
void work(uint32_t seed) { (void)seed; }
#endif

static int entries(const char *dir) {
	DIR *d = opendir(dir);
	int n = 0;
	while (readdir(d)) n++;
	closedir(d);
	return n - 2;
}

static void memory(const char *when) {
	long size, resident;
	FILE *f = fopen("/proc/self/statm", "r");
	if (!f || fscanf(f, "%ld %ld", &size, &resident) != 2) die("statm");
	fclose(f);
	printf("%s.rss_kib %ld\n", when, resident * 4);
	printf("%s.virtual_mib %ld\n", when, size * 4 / 1024);
	printf("%s.threads %d\n", when, entries("/proc/self/task"));
	printf("%s.descriptors %d\n", when, entries("/proc/self/fd") - 1);
}

static int less(const void *a, const void *b) { return *(double *)a < *(double *)b ? -1 : 1; }

// The median of n forks, in microseconds: of the call in the parent, and until the child has been reaped.
static void forks(const char *when, int children_work) {
	enum { N = 301 };
	static double call[N], whole[N];
	int n = children_work ? 51 : N;
	for (int i = 0; i < n; i++) {
		double start = now();
		pid_t pid = fork();
		if (pid == 0) {
			if (children_work) work(i);
			_exit(0);
		}
		call[i] = (now() - start) * 1e6;
		int status;
		waitpid(pid, &status, 0);
		if (status != 0) die("child: %#x", status);
		whole[i] = (now() - start) * 1e6;
	}
	qsort(call, n, sizeof *call, less);
	qsort(whole, n, sizeof *whole, less);
	if (!children_work) printf("%s.fork_us %.0f\n", when, call[n / 2]);
	printf("%s.%s_us %.0f\n", when, children_work ? "fork_and_use" : "fork_and_reap", whole[n / 2]);
}

int main(void) {
	memory("loaded");
	forks("loaded", 0);
	double start = now();
	touch();
	printf("first_use_us %.0f\n", (now() - start) * 1e6);
	memory("used");
	forks("used", 0);
	for (uint32_t i = 0; i < 500; i++) work(i);
	memory("worked");
	forks("worked", 0);
	forks("worked", 1);
#if !defined TLS && !defined ALONE
	enum { CALLS = 2000000 };
	start = now();
	for (int i = 0; i < CALLS; i++) touch();
	printf("entry_ns %.1f\n", (now() - start) / CALLS * 1e9);
#endif
	return 0;
}
