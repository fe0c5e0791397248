// As fast as possible: each publisher has a window of events that some client has not got yet. A closed loop: it finds
// the throughput, and its latencies are those of its own queue.
#include "generator.h"

static int64_t measure_from = INT64_MAX, measure_to = INT64_MAX, measured;

static void seen(client *c, int64_t now) {
    if (now < measure_from || now >= measure_to) return;
    measured++;
    latency_add(now - c->due);
}

static int64_t moved_at, stalls;
static int own_turn;

static void fill_window(int number, int64_t now) {
    int64_t before = oldest_waiting(number);
    static int64_t last[MOST_PUBLISHERS];
    if (before != last[number]) moved_at = now;
    else if (before < published(number) && now - moved_at > 5 * SECOND) { // somebody will never get it
        stalls++;
        give_up_oldest(number);
        moved_at = now;
    }
    last[number] = before;
    while (published(number) - oldest_waiting(number) < opt.window && in_flight(number) < opt.window + opt.own_per_common) {
        publish(number, now_ns());
        for (int i = 0; i < opt.own_per_common; i++) publish_own(number, own_turn++ % opt.clients, now_ns());
    }
}

static void run_until(int64_t end) {
    for (int64_t now = now_ns(); now < end; now = now_ns()) {
        for (int p = 0; p < opt.publishers; p++) fill_window(p, now);
        loop_once(now + SECOND / 100);
    }
}

void mode_saturate(void) {
    receivers = opt.clients;
    int fds_before = server_fds();
    double took = clients_open(0, opt.clients, 0, 60);
    if (streaming < opt.clients) fail("only %d of %d clients are connected", streaming, opt.clients);
    put("connectsPerSecond", opt.clients / took);
    loop_for(opt.settle);
    on_event = seen;
    moved_at = now_ns();
    run_until(moved_at + (int64_t)(opt.warmup * (double)SECOND));
    mark("begin"); // the window is full meanwhile, so nothing moves
    reading from = take_reading();
    measure_from = from.at;
    measure_to = measure_from + (int64_t)(opt.seconds * (double)SECOND);
    run_until(measure_to);
    reading to = take_reading();
    mark("end");
    put("received", (double)(to.events - from.events)); // with what came too late to count
    put("events", (double)measured);
    put("eventsPerSecond", (double)measured / opt.seconds);
    put("stalls", (double)stalls);
    put_cpu(&from, &to);
    put_latency("latency");
    put("rss", (double)to.rss);
    loop_drain(10);
    put_order();
    put_common();
    put_release(fds_before);
}
