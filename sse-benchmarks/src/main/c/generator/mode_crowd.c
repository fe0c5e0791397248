// The latency of subscribers while as many other clients reconnect at once to another topic and ask for missed events.
// The crowd is a process of its own that runs only when this one has nothing to do: its reads must not delay the clocks
// of the clients that are measured.
#define _GNU_SOURCE
#include "generator.h"
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { QUIET, CROWDED, MOST_REPEATS = 32 };
static const double QUIET_SECONDS = 2;

// Written by the crowd.
static struct {
    volatile int64_t quiet_from, quiet_to, crowd_from, crowd_to; // of this time
    volatile int64_t bad;
    volatile double millis[MOST_REPEATS];
    volatile bool done;
} *shared;

static _Noreturn void crowd(void) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (nice(19) == -1) fail("nice");
    opt.events = opt.crowd_events;
    opt.publish = opt.crowd_publish;
    alarm((unsigned)opt.max_seconds);
    loop_init();
    clients_init(opt.clients + 1);
    publishers_connect();
    replay_learn();
    loop_for(opt.warmup);
    for (int r = 0; r < opt.repeats; r++) {
        bool counts = r > 0; // the first time finds cold code
        shared->crowd_from = INT64_MAX;
        if (counts) shared->quiet_from = now_ns();
        shared->quiet_to = INT64_MAX; // behind it: what came before is in neither
        loop_for(QUIET_SECONDS);
        int64_t now = now_ns();
        shared->quiet_to = now;
        shared->crowd_to = INT64_MAX;
        if (counts) shared->crowd_from = now;
        shared->millis[r] = replay_come_back();
        shared->crowd_to = now_ns();
        shared->bad += replay_bad();
        replay_leave();
    }
    shared->done = true;
    _exit(0);
}

// What was due while the crowd was there, whenever it comes; or before, in quiet.
static void seen(client *c, int64_t now) {
    if (c->due >= shared->crowd_from && c->due < shared->crowd_to) latency_of(CROWDED);
    else if (c->due >= shared->quiet_from && c->due < shared->quiet_to) latency_of(QUIET);
    else return;
    latency_add(now - c->due);
}

static bool lives(pid_t child) { return waitpid(child, NULL, WNOHANG) == 0; }

void mode_crowd(void) {
    if (opt.repeats < 2 || opt.repeats > MOST_REPEATS) fail("--repeats %d (expected: 2 to %d)", opt.repeats, MOST_REPEATS);
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) fail("mmap");
    shared->quiet_from = shared->crowd_from = INT64_MAX;
    pid_t child = fork();
    if (child < 0) fail("fork");
    if (child == 0) crowd();
    int fds_before = server_fds();
    receivers = opt.clients;
    on_event = seen;
    clients_open(0, opt.clients, 0, 60);
    reading from = take_reading();
    int64_t begin = now_ns(), next_look = begin;
    for (int64_t k = 0; !shared->done;) {
        int64_t due = begin + (int64_t)((double)k * (double)SECOND / opt.rate), now = now_ns();
        if (now >= due) {
            publish(0, due);
            k++;
        }
        if (now >= next_look) {
            if (!lives(child) && !shared->done) _exit(1); // it has said why
            next_look = now + SECOND / 10;
        }
        loop_once(now >= due ? 0 : due < next_look ? due : next_look);
    }
    reading to = take_reading();
    put("stillWaiting", !loop_drain(20));
    for (int r = 0; r < opt.repeats; r++) {
        char name[32];
        snprintf(name, sizeof name, "millis%d", r);
        put(name, shared->millis[r]);
    }
    put("repeats", opt.repeats);
    put("replayEvents", opt.replay_events);
    put("rate", opt.rate);
    put_cpu(&from, &to);
    latency_of(QUIET);
    double quiet = latency_percentile(.99);
    put_latency("quiet");
    latency_of(CROWDED);
    put("p99ToQuiet", quiet > 0 ? latency_percentile(.99) / quiet : 0);
    put_latency("latency");
    put("badInAllRepeats", (double)shared->bad);
    put_order();
    put_common();
    put_release(fds_before);
}
