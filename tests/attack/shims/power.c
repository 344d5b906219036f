/* Keeps beside a folder (ATTACK_DISK) what a disk would still hold after the power failed (ATTACK_DURABLE): a file as it was
   when it was last synced, a name as it was when its folder was. Writes and syncs in the folder are counted; before number
   ATTACK_POWER the process ends as it would with the power. The count so far is in the file ATTACK_COUNT. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *disk, *durable, *counted;
static long fails_at, done;

__attribute__((constructor)) static void begin(void) {
    disk = getenv("ATTACK_DISK");
    durable = getenv("ATTACK_DURABLE");
    counted = getenv("ATTACK_COUNT");
    const char *at = getenv("ATTACK_POWER");
    fails_at = at ? atol(at) : 0;
}

/* The file's name in the folder; 0 when it lies elsewhere, 2 when it is the folder itself. */
static int named(int file, char *name) {
    char link[64], path[4096];
    if (!disk || !durable) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t size = readlink(link, path, sizeof path - 1);
    if (size < 0) return 0;
    path[size] = 0;
    size_t root = strlen(disk);
    if (strncmp(path, disk, root)) return 0;
    if (!path[root]) return 2;
    if (path[root] != '/' || strchr(path + root + 1, '/') || strchr(path + root, '(')) return 0;
    strcpy(name, path + root + 1);
    return 1;
}

static void step(void) {
    char text[32];
    long now = __sync_add_and_fetch(&done, 1);
    if (fails_at && now >= fails_at) kill(getpid(), SIGKILL);
    if (!counted) return;
    int file = open(counted, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (file < 0) return;
    int size = snprintf(text, sizeof text, "%ld", now);
    ssize_t (*real)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
    real(file, text, size);
    close(file);
}

/* The copy takes the older one's place when it is whole: what was synced before stays also if the power fails meanwhile. */
static void copy(const char *name) {
    char from[4096], to[4096], part[4096], block[65536];
    ssize_t size;
    ssize_t (*real)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
    int (*moved)(const char *, const char *) = dlsym(RTLD_NEXT, "rename");
    snprintf(from, sizeof from, "%s/%s", disk, name);
    snprintf(to, sizeof to, "%s/%s", durable, name);
    snprintf(part, sizeof part, "%s/.%s.%d", durable, name, gettid());
    int in = open(from, O_RDONLY), out = open(part, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    while (in >= 0 && out >= 0 && (size = read(in, block, sizeof block)) > 0) real(out, block, size);
    if (in >= 0) close(in);
    if (out >= 0) close(out);
    moved(part, to);
}

/* A synced folder has forgotten the names of what was removed. */
static void forget(void) {
    char there[4096], here[4096];
    DIR *kept = opendir(durable);
    for (struct dirent *entry; kept && (entry = readdir(kept));) {
        snprintf(there, sizeof there, "%s/%s", disk, entry->d_name);
        snprintf(here, sizeof here, "%s/%s", durable, entry->d_name);
        if (entry->d_name[0] != '.' && access(there, F_OK)) unlink(here);
    }
    if (kept) closedir(kept);
}

static int synced(int file, const char *call) {
    char name[4096];
    int (*real)(int) = dlsym(RTLD_NEXT, call);
    int where = named(file, name);
    if (where) step();
    int failed = real(file);
    if (!failed && where == 1) copy(name);
    if (!failed && where == 2) forget();
    return failed;
}

int fsync(int file) { return synced(file, "fsync"); }
int fdatasync(int file) { return synced(file, "fdatasync"); }

ssize_t pwrite64(int file, const void *bytes, size_t size, off64_t at) {
    char name[4096];
    ssize_t (*real)(int, const void *, size_t, off64_t) = dlsym(RTLD_NEXT, "pwrite64");
    if (named(file, name)) step();
    return real(file, bytes, size, at);
}

ssize_t pwrite(int file, const void *bytes, size_t size, off_t at) { return pwrite64(file, bytes, size, at); }

int rename(const char *from, const char *to) {
    char here[4096], there[4096];
    int (*real)(const char *, const char *) = dlsym(RTLD_NEXT, "rename");
    int failed = real(from, to);
    size_t root = disk ? strlen(disk) : 0;
    if (!failed && durable && root && !strncmp(from, disk, root) && !strncmp(to, disk, root)) {
        snprintf(here, sizeof here, "%s%s", durable, from + root);
        snprintf(there, sizeof there, "%s%s", durable, to + root);
        real(here, there);
    }
    return failed;
}
