/* Fails the N-th call (and all after it, with EIO_ALL=1) that writes to a file whose name contains EIO_NAME.
   Calls: write, pwrite, fsync, fdatasync, ftruncate. Preloaded into the writer. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static long calls = 0;

static int fails(int fd) {
    const char *name = getenv("EIO_NAME"), *at = getenv("EIO_AT"), *file = getenv("EIO_ARMED");
    char link[64], path[4096];
    ssize_t size;
    if (!name || !at || (file && access(file, F_OK) != 0)) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    size = readlink(link, path, sizeof path - 1);
    if (size <= 0) return 0;
    path[size] = 0;
    if (!strstr(path, name)) return 0;
    calls++;
    if (calls == atol(at) || (getenv("EIO_ALL") && calls > atol(at))) {
        static const char told[] = "EIO\n";
        syscall(SYS_write, 2, told, sizeof told - 1);
        errno = EIO;
        return 1;
    }
    return 0;
}

#define REAL(type, name) static __typeof__(type) real; if (!real) real = (__typeof__(type))dlsym(RTLD_NEXT, name)

ssize_t write(int fd, const void *data, size_t size) {
    REAL(ssize_t (*)(int, const void *, size_t), "write");
    return fails(fd) ? -1 : real(fd, data, size);
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
    REAL(ssize_t (*)(int, const void *, size_t, off_t), "pwrite");
    return fails(fd) ? -1 : real(fd, data, size, at);
}
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
    REAL(ssize_t (*)(int, const void *, size_t, off64_t), "pwrite64");
    return fails(fd) ? -1 : real(fd, data, size, at);
}
int fsync(int fd) {
    REAL(int (*)(int), "fsync");
    return fails(fd) ? -1 : real(fd);
}
int fdatasync(int fd) {
    REAL(int (*)(int), "fdatasync");
    return fails(fd) ? -1 : real(fd);
}
int ftruncate(int fd, off_t size) {
    REAL(int (*)(int, off_t), "ftruncate");
    return fails(fd) ? -1 : real(fd, size);
}
int ftruncate64(int fd, off64_t size) {
    REAL(int (*)(int, off64_t), "ftruncate64");
    return fails(fd) ? -1 : real(fd, size);
}
