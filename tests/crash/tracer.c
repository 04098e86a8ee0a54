/* Kills a program between two of its system calls.
 *
 *     tracer WHICH N REPORT PROGRAM ARGUMENTS...
 *
 * Runs PROGRAM and kills it with SIGKILL immediately before its Nth system call, counted from 1 over all its threads.
 * With WHICH = `changes`, only the exit and calls that change state visible to other processes (files, directories,
 * standard output) count. A kill anywhere between two of them has the same effect as a kill immediately before the
 * second. With WHICH = `all`, calls that flush and lock count as well. REPORT gets one line, the call. With N = 0,
 * nothing is killed, and REPORT gets every call that counts. Exits with the status of PROGRAM, or with 137 if it was
 * killed.
 *
 * It uses ptrace instead of replacing functions of the C library, because Rust's rustix makes system calls without
 * that library. A thread that is killed at the entry of a call does not make the call: see `syscall_trace_enter` in
 * Linux. Other threads stop at the entry of their own next call, and so make no call after it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

/* How the arguments of a call identify its object. */
enum kind { OPEN, WRITE, DESCRIPTOR, PATH, TWO_PATHS, LOCK, SYNC, EXIT };

struct call {
    long number;
    const char *name;
    enum kind kind;
    /* The arguments with the first path or the descriptor, and with the second path or the flags. */
    int first, second;
};

static const struct call CALLS[] = {
#ifdef SYS_open
    {SYS_open, "open", OPEN, 0, 1},
    {SYS_creat, "creat", PATH, 0, 0},
    {SYS_rename, "rename", TWO_PATHS, 0, 1},
    {SYS_link, "link", TWO_PATHS, 0, 1},
    {SYS_symlink, "symlink", TWO_PATHS, 0, 1},
    {SYS_unlink, "unlink", PATH, 0, 0},
    {SYS_rmdir, "rmdir", PATH, 0, 0},
    {SYS_mkdir, "mkdir", PATH, 0, 0},
    {SYS_chmod, "chmod", PATH, 0, 0},
#endif
#ifdef SYS_renameat
    {SYS_renameat, "renameat", TWO_PATHS, 1, 3},
#endif
    {SYS_openat, "openat", OPEN, 1, 2},
    {SYS_renameat2, "renameat2", TWO_PATHS, 1, 3},
    {SYS_linkat, "linkat", TWO_PATHS, 1, 3},
    {SYS_symlinkat, "symlinkat", TWO_PATHS, 0, 2},
    {SYS_unlinkat, "unlinkat", PATH, 1, 0},
    {SYS_mkdirat, "mkdirat", PATH, 1, 0},
    {SYS_fchmodat, "fchmodat", PATH, 1, 0},
    {SYS_truncate, "truncate", PATH, 0, 0},
    {SYS_write, "write", WRITE, 0, 0},
    {SYS_pwrite64, "pwrite64", WRITE, 0, 0},
    {SYS_writev, "writev", WRITE, 0, 0},
    {SYS_pwritev, "pwritev", WRITE, 0, 0},
    {SYS_pwritev2, "pwritev2", WRITE, 0, 0},
    {SYS_sendfile, "sendfile", WRITE, 0, 0},
    {SYS_copy_file_range, "copy_file_range", WRITE, 2, 0},
    {SYS_splice, "splice", WRITE, 2, 0},
    {SYS_ftruncate, "ftruncate", DESCRIPTOR, 0, 0},
    {SYS_fallocate, "fallocate", DESCRIPTOR, 0, 0},
    {SYS_fchmod, "fchmod", DESCRIPTOR, 0, 0},
    {SYS_utimensat, "utimensat", DESCRIPTOR, 0, 0},
    {SYS_fsync, "fsync", SYNC, 0, 0},
    {SYS_fdatasync, "fdatasync", SYNC, 0, 0},
    {SYS_flock, "flock", LOCK, 0, 0},
    {SYS_fcntl, "fcntl", LOCK, 0, 1},
    {SYS_exit_group, "exit_group", EXIT, 0, 0},
};

static void die(const char *what) {
    perror(what);
    exit(125);
}

static void path_at(pid_t thread, uint64_t address, char *path, size_t size) {
    char name[64];
    snprintf(name, sizeof name, "/proc/%d/mem", thread);
    int memory = open(name, O_RDONLY);
    ssize_t length = memory < 0 ? -1 : pread(memory, path, size - 1, (off_t)address);
    if (memory >= 0) close(memory);
    path[length < 0 ? 0 : length] = 0;
}

static void path_of(pid_t thread, uint64_t descriptor, char *path, size_t size) {
    char name[64];
    snprintf(name, sizeof name, "/proc/%d/fd/%d", thread, (int)descriptor);
    ssize_t length = readlink(name, path, size - 1);
    path[length < 0 ? 0 : length] = 0;
}

/* Whether the call counts. Writes its description to `text`. */
static int counts(pid_t thread, const struct __ptrace_syscall_info *info, int all, char *text, size_t size) {
    char path[4096], other[4096];
    for (size_t index = 0; index < sizeof CALLS / sizeof *CALLS; index++) {
        const struct call *call = &CALLS[index];
        if ((uint64_t)call->number != info->entry.nr) continue;
        const uint64_t *arguments = (const uint64_t *)info->entry.args;
        uint64_t first = arguments[call->first], second = arguments[call->second];
        switch (call->kind) {
        case OPEN:
            if (!(second & (O_CREAT | O_TRUNC))) return 0;
            /* fall through */
        case PATH:
            path_at(thread, first, path, sizeof path);
            snprintf(text, size, "%s %s", call->name, path);
            return 1;
        case TWO_PATHS:
            path_at(thread, first, path, sizeof path);
            path_at(thread, second, other, sizeof other);
            snprintf(text, size, "%s %s %s", call->name, path, other);
            return 1;
        case LOCK:
            if (call->number == SYS_fcntl && second != F_SETLK && second != F_SETLKW && second != F_OFD_SETLK &&
                second != F_OFD_SETLKW)
                return 0;
            /* fall through */
        case SYNC:
            if (!all) return 0;
            /* fall through */
        case WRITE:
        case DESCRIPTOR:
            path_of(thread, first, path, sizeof path);
            /* Data for its own threads goes neither to a file nor to standard output. */
            if (first != 1 && (path[0] != '/' || (!strncmp(path, "/dev/", 5) && strncmp(path, "/dev/shm/", 9)))) return 0;
            snprintf(text, size, "%s %s", call->name, first == 1 ? "stdout" : path);
            return 1;
        case EXIT:
            snprintf(text, size, "%s", call->name);
            return 1;
        }
    }
    return 0;
}

int main(int count, char **arguments) {
    if (count < 5) return 125;
    int all = !strcmp(arguments[1], "all");
    long wanted = strtol(arguments[2], 0, 10), seen = 0;
    FILE *report = fopen(arguments[3], "we");
    if (!report) die(arguments[3]);
    pid_t program = fork();
    if (program < 0) die("fork");
    if (program == 0) {
        if (ptrace(PTRACE_TRACEME, 0, 0, 0)) die("PTRACE_TRACEME");
        raise(SIGSTOP);
        execv(arguments[4], arguments + 4);
        die(arguments[4]);
    }
    int status, result = 125;
    if (waitpid(program, &status, 0) < 0) die("waitpid");
    long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                   PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
    if (ptrace(PTRACE_SETOPTIONS, program, 0, options)) die("PTRACE_SETOPTIONS");
    ptrace(PTRACE_SYSCALL, program, 0, 0);
    int killed = 0;
    for (;;) {
        pid_t thread = waitpid(-1, &status, __WALL);
        if (thread < 0 && errno == EINTR) continue;
        /* All its threads have exited. */
        if (thread < 0) break;
        if (!WIFSTOPPED(status)) {
            if (thread == program) result = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
            continue;
        }
        if (killed) continue;
        int signal = WSTOPSIG(status), deliver = 0;
        if (signal == (SIGTRAP | 0x80)) {
            struct __ptrace_syscall_info info;
            char text[9000];
            if (ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof info, &info) > 0 && info.op == PTRACE_SYSCALL_INFO_ENTRY &&
                counts(thread, &info, all, text, sizeof text)) {
                seen++;
                if (wanted == 0 || seen == wanted) fprintf(report, "%s\n", text);
                if (seen == wanted) {
                    killed = 1;
                    kill(program, SIGKILL);
                    continue;
                }
            }
        } else if (signal != SIGTRAP && signal != SIGSTOP) {
            deliver = signal;
        }
        ptrace(PTRACE_SYSCALL, thread, 0, deliver);
    }
    fclose(report);
    return result;
}
