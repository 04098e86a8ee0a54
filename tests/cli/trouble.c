/* For LD_PRELOAD: a file system that lacks something, or a disk in trouble. TROUBLE lists what, separated by commas. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

static int is(const char *trouble) {
    const char *all = getenv("TROUBLE");
    return all && strstr(all, trouble) != NULL;
}

static int fails(int error) {
    errno = error;
    return -1;
}

static int has_kind(int file, mode_t kind) {
    struct stat status;
    return fstat(file, &status) == 0 && (status.st_mode & S_IFMT) == kind;
}

/* The error of every change; 0 for none. */
static int refusal(void) {
    return is("read-only") ? EROFS : is("denied") ? EACCES : 0;
}

int fsync(int file) {
    if (is("no-directory-sync") && has_kind(file, S_IFDIR)) return fails(EINVAL);
    if (is("no-sync-at-all")) return fails(ENOTSUP);
    if (is("broken-sync")) return fails(EIO);
    return syscall(SYS_fsync, file);
}

int futimens(int file, const struct timespec times[2]) {
    if (is("no-times")) return fails(EPERM);
    return syscall(SYS_utimensat, file, NULL, times, 0);
}

int flock(int file, int operation) {
    if (is("no-locks")) return fails(ENOLCK);
    return syscall(SYS_flock, file, operation);
}

ssize_t write(int file, const void *bytes, size_t count) {
    if (is("full") && has_kind(file, S_IFREG)) return fails(ENOSPC);
    return syscall(SYS_write, file, bytes, count);
}

int open(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = va_arg(rest, mode_t);
    va_end(rest);
    /* A disk that does not answer, for the files of some results. */
    while (is("hangs") && strstr(path, "held")) pause();
    if ((flags & (O_CREAT | O_WRONLY | O_RDWR)) && refusal()) return fails(refusal());
    return syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = va_arg(rest, mode_t);
    va_end(rest);
    return open(path, flags, mode);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument) {
    static int made;
    /* Besides the first thread of the process. */
    int most = is("no-threads") ? 0 : is("one-thread") ? 1 : is("two-threads") ? 2 : made + 1;
    if (made >= most) return EAGAIN;
    made++;
    int (*next)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *) = dlsym(RTLD_NEXT, "pthread_create");
    return next(thread, attributes, start, argument);
}

int mkdir(const char *path, mode_t mode) {
    if (refusal()) return fails(refusal());
    return syscall(SYS_mkdirat, AT_FDCWD, path, mode);
}

int unlink(const char *path) {
    if (refusal()) return fails(refusal());
    return syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    int result = syscall(SYS_clock_gettime, clock, time);
    if (is("yesterday") && clock == CLOCK_REALTIME) time->tv_sec -= 24 * 3600;
    return result;
}
