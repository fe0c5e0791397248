// What /proc says: of the server's processes, and of the two cores, so that other work on them is seen.
#include "generator.h"
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static size_t slurp(const char *path, char *into, size_t size) {
    FILE *f = fopen(path, "r");
    if (!f) return 0;
    size_t n = fread(into, 1, size - 1, f);
    fclose(f);
    into[n] = 0;
    return n;
}

static double cpu_of(int pid) {
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    if (!slurp(path, text, sizeof text)) return 0;
    char *behind_name = strrchr(text, ')'); // the name may hold anything, so count from behind it
    unsigned long user = 0, system = 0;
    if (behind_name)
        sscanf(behind_name + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system);
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

int64_t server_rss(void) {
    int64_t bytes = 0;
    for (int i = 0; i < opt.pid_count; i++) {
        char path[64], text[256];
        long pages = 0;
        snprintf(path, sizeof path, "/proc/%d/statm", opt.pids[i]);
        if (slurp(path, text, sizeof text)) sscanf(text, "%*s %ld", &pages);
        bytes += pages * sysconf(_SC_PAGESIZE);
    }
    return bytes;
}

int server_fds(void) {
    int n = 0;
    for (int i = 0; i < opt.pid_count; i++) {
        char path[64];
        snprintf(path, sizeof path, "/proc/%d/fd", opt.pids[i]);
        DIR *all = opendir(path);
        if (!all) continue;
        while (readdir(all)) n++;
        n -= 2; // . and ..
        closedir(all);
    }
    return n;
}

static void core(int number, double *busy, double *total) {
    static char text[65536];
    char key[16];
    unsigned long v[8] = {0};
    *busy = *total = 0;
    if (!slurp("/proc/stat", text, sizeof text)) return;
    snprintf(key, sizeof key, "\ncpu%d ", number);
    char *line = strstr(text, key);
    if (!line) return;
    sscanf(line + strlen(key), "%lu %lu %lu %lu %lu %lu %lu %lu", v, v + 1, v + 2, v + 3, v + 4, v + 5, v + 6, v + 7);
    for (int i = 0; i < 8; i++) *total += (double)v[i];
    *busy = *total - (double)(v[3] + v[4]); // idle and iowait
}

reading take_reading(void) {
    reading r = {.events = events_received, .bytes = bytes_received};
    for (int i = 0; i < opt.pid_count; i++) r.server_cpu += cpu_of(opt.pids[i]);
    r.rss = server_rss();
    r.fds = server_fds();
    core(opt.server_cpu, &r.server_core_busy, &r.server_core_total);
    core(opt.cpu, &r.own_core_busy, &r.own_core_total);
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    r.own_cpu = (double)t.tv_sec + (double)t.tv_nsec / 1e9;
    r.at = now_ns();
    return r;
}
