// Waiting for sockets until a moment.
#define _GNU_SOURCE
#include "generator.h"
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <time.h>

enum { AT_ONCE = 256 };
static int epoll_fd;

int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * SECOND + t.tv_nsec;
}

void loop_init(void) {
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (epoll_fd < 0) fail("epoll: %s", strerror(errno));
    prctl(PR_SET_TIMERSLACK, 1000UL, 0, 0, 0); // publishes leave when they are due, not 50 us later
}

void loop_watch(int fd, uint32_t id, uint32_t events) {
    struct epoll_event e = {.events = events, .data.u32 = id};
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &e)) fail("epoll_ctl: %s", strerror(errno));
}

void loop_change(int fd, uint32_t id, uint32_t events) {
    struct epoll_event e = {.events = events, .data.u32 = id};
    epoll_ctl(epoll_fd, EPOLL_CTL_MOD, fd, &e);
}

void loop_once(int64_t until) {
    static struct epoll_event ready[AT_ONCE];
    int64_t left = until - now_ns();
    if (left < 0) left = 0;
    struct timespec wait = {left / SECOND, left % SECOND};
    int n = epoll_pwait2(epoll_fd, ready, AT_ONCE, &wait, NULL);
    for (int i = 0; i < n; i++) {
        uint32_t id = ready[i].data.u32;
        if (id & PUBLISHER_ID) publisher_ready((int)(id & ~PUBLISHER_ID));
        else if (id & CONNECTION_ID) connection_ready(id & ~CONNECTION_ID, ready[i].events);
        else client_ready(&clients[id], ready[i].events);
    }
    if (n == AT_ONCE) // many are ready: publishers do not wait for their turn among them
        for (int p = 0; p < opt.publishers; p++)
            if (in_flight(p)) publisher_ready(p);
}

void loop_for(double seconds) {
    int64_t end = now_ns() + (int64_t)(seconds * (double)SECOND);
    while (now_ns() < end) loop_once(end);
}

bool loop_drain(double seconds) {
    int64_t end = now_ns() + (int64_t)(seconds * (double)SECOND);
    while (!all_delivered()) {
        int64_t now = now_ns();
        if (now > end) return false;
        loop_once(now + SECOND / 100);
    }
    return true;
}
