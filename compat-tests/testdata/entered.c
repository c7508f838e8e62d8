/* Loaded into a program whose libssl was compiled with -finstrument-functions: tells at its end, and its children's, which
 * functions were entered, by their offsets, in the file that ENTERED names. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SLOTS = 1 << 14 };

static _Atomic(void *) seen[SLOTS];

void __cyg_profile_func_exit(void *fn, void *site)
{
    (void)fn, (void)site;
}

void __cyg_profile_func_enter(void *fn, void *site)
{
    size_t at = (size_t)fn / 16 % SLOTS, n;

    (void)site;
    for (n = 0; n < SLOTS; n++, at = (at + 1) % SLOTS) {
        void *none = NULL;

        if (seen[at] == fn || __atomic_compare_exchange_n((void **)&seen[at], &none, fn, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST) || none == fn)
            return;
    }
}

__attribute__((destructor)) static void tell(void)
{
    const char *path = getenv("ENTERED");
    FILE *f = path != NULL ? fopen(path, "a") : NULL;
    int i;

    for (i = 0; f != NULL && i < SLOTS; i++) {
        Dl_info info;

        if (seen[i] != NULL && dladdr(seen[i], &info) && strstr(info.dli_fname, "libssl") != NULL)
            fprintf(f, "%zx\n", (size_t)((char *)seen[i] - (char *)info.dli_fbase));
    }
    if (f != NULL)
        fclose(f);
}

void _exit(int status)
{
    tell();
    for (;;)
        syscall(SYS_exit_group, status);
}
