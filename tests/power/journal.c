/* Loaded into the server before libc: keeps a journal of what it writes to its database, and of what it syncs.
 *
 * An entry is a head and what was written. A write stands there once it has happened, a sync twice: before it began and after it
 * ended. So whatever stands before a sync's beginning is what that sync brings to the disk, and who reads the length of the
 * journal when an answer arrives knows all that had happened by then. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

enum { WRITE, LENGTH, SYNC_BEGINS, SYNC_ENDS };

struct head {
    uint32_t what;
    uint32_t file;
    /* Where a write begins, a file's new length, or a sync's number. */
    uint64_t at;
    uint64_t bytes;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int journal = -1;
static const char *database;
static uint64_t syncs;

__attribute__((constructor)) static void start(void) {
    database = getenv("POWER_DATABASE");
    const char *path = getenv("POWER_JOURNAL");
    if (database && path) journal = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

/* 0: the database, 1: its log, -1: something else. */
static int file_of(int fd) {
    char link[64], path[4096];
    if (journal < 0) return -1;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length <= 0) return -1;
    path[length] = 0;
    size_t own = strlen(database);
    if (strncmp(path, database, own)) return -1;
    if (!path[own]) return 0;
    return strcmp(path + own, "-wal") ? -1 : 1;
}

static void note(uint32_t what, int file, uint64_t at, const void *data, uint64_t bytes) {
    struct head head = {what, (uint32_t)file, at, bytes};
    struct iovec parts[2] = {{&head, sizeof head}, {(void *)data, bytes}};
    pthread_mutex_lock(&lock);
    /* A journal with a gap would prove nothing. */
    if (writev(journal, parts, 2) != (ssize_t)(sizeof head + bytes)) abort();
    pthread_mutex_unlock(&lock);
}

#define REAL(name) __typeof__(name) *real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

#define WRITES(name)                                                    \
    ssize_t name(int fd, const void *data, size_t bytes, off_t at) {    \
        REAL(name);                                                     \
        ssize_t done = real(fd, data, bytes, at);                       \
        int file = done > 0 ? file_of(fd) : -1;                         \
        if (file >= 0) note(WRITE, file, (uint64_t)at, data, (uint64_t)done); \
        return done;                                                    \
    }

#define TRUNCATES(name)                                         \
    int name(int fd, off_t length) {                            \
        REAL(name);                                             \
        int failed = real(fd, length), file = file_of(fd);      \
        if (!failed && file >= 0) note(LENGTH, file, (uint64_t)length, 0, 0); \
        return failed;                                          \
    }

#define SYNCS(name)                                                              \
    int name(int fd) {                                                           \
        REAL(name);                                                              \
        int file = file_of(fd);                                                  \
        uint64_t number = __atomic_add_fetch(&syncs, 1, __ATOMIC_SEQ_CST);       \
        if (file >= 0) note(SYNC_BEGINS, file, number, 0, 0);                    \
        int failed = real(fd);                                                   \
        if (!failed && file >= 0) note(SYNC_ENDS, file, number, 0, 0);           \
        return failed;                                                           \
    }

WRITES(pwrite)
WRITES(pwrite64)
TRUNCATES(ftruncate)
TRUNCATES(ftruncate64)
SYNCS(fsync)
SYNCS(fdatasync)
