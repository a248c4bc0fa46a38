/* Preloaded into a process it lets one call that writes fail, as disks do. Counted from 0 since disk_fails was called. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <sys/types.h>

static int calls, failing = -1, code, halves;

void disk_fails(int call, int error, int short_write) {
    calls = 0, failing = call, code = error, halves = short_write;
}

int disk_calls(void) { return calls; }

/* Whether this call fails now; a short write passes once, and what follows it fails. */
static int fails(void) {
    if (calls++ != failing) return 0;
    errno = code;
    return 1;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define WRITING(name, ...)                                             \
    {                                                                  \
        if (halves && calls == failing && size > 1) {                  \
            failing++, calls++, halves = 0;                            \
            return REAL(name)(file, data, size / 2, ##__VA_ARGS__);    \
        }                                                              \
        return fails() ? -1 : REAL(name)(file, data, size, ##__VA_ARGS__); \
    }

ssize_t write(int file, const void *data, size_t size);
ssize_t pwrite(int file, const void *data, size_t size, off_t at);
ssize_t pwrite64(int file, const void *data, size_t size, off64_t at);
int ftruncate(int file, off_t size);
int ftruncate64(int file, off64_t size);
int fsync(int file);
int fdatasync(int file);

ssize_t write(int file, const void *data, size_t size) WRITING(write)
ssize_t pwrite(int file, const void *data, size_t size, off_t at) WRITING(pwrite, at)
ssize_t pwrite64(int file, const void *data, size_t size, off64_t at) WRITING(pwrite64, at)
int ftruncate(int file, off_t size) { return fails() ? -1 : REAL(ftruncate)(file, size); }
int ftruncate64(int file, off64_t size) { return fails() ? -1 : REAL(ftruncate64)(file, size); }
/* Nobody pulls the plug here, so that what is not to fail need not wait for the disk. */
int fsync(int file) { return (void)file, fails() ? -1 : 0; }
int fdatasync(int file) { return (void)file, fails() ? -1 : 0; }
