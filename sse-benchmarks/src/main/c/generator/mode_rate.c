// An open loop: events are due at fixed moments, whatever the server does, and latency counts from those moments. Some
// clients may be stalled: they read nothing after the head of the response, until they read again at the end.
#include "generator.h"

enum { MEASURED, QUIET };

static int64_t measure_from, measure_to, measured, quiet_from, quiet_to;

static void seen(client *c, int64_t now) {
    if (c->stalled) return;
    if (c->due >= measure_from && c->due < measure_to) {
        measured++;
        latency_of(MEASURED);
    } else if (c->due >= quiet_from && c->due < quiet_to) {
        latency_of(QUIET);
    } else {
        return;
    }
    latency_add(now - c->due);
}

static int64_t largest_rss;
static int own_turn;

// Publishes what is due from now on until `count` events have left; the first is due at `begin`.
static void publish_at_rate(int64_t begin, int64_t first, int64_t count) {
    double interval = (double)SECOND / opt.rate;
    int64_t next_look = begin;
    for (int64_t k = first; k < first + count;) {
        int64_t due = begin + (int64_t)((double)k * interval), now = now_ns();
        if (now >= due) {
            publish(0, due);
            for (int i = 0; i < opt.own_per_common; i++) publish_own(0, own_turn++ % opt.clients, due);
            k++;
            loop_once(0);
            continue;
        }
        if (opt.stalled > 0 && now >= next_look) {
            int64_t rss = server_rss();
            if (rss > largest_rss) largest_rss = rss;
            next_look = now + SECOND / 5;
        }
        loop_once(due);
    }
}

static int64_t nanos_of(int64_t count) { return (int64_t)((double)count / opt.rate * (double)SECOND); }

// The warm-up, and then a time in which all clients read. The latencies of the measurement are compared with it.
static void publish_quietly(void) {
    int64_t begin = now_ns(), warm = (int64_t)(opt.rate * opt.warmup), count = (int64_t)(opt.rate * opt.quiet);
    stalling = false;
    quiet_from = begin + nanos_of(warm);
    quiet_to = quiet_from + nanos_of(count);
    publish_at_rate(begin, 0, warm + count);
    loop_drain(20);
    stalling = true;
    largest_rss = 0;
}

static void put_latencies(void) {
    if (opt.quiet > 0) {
        latency_of(QUIET);
        double quiet = latency_percentile(.99);
        put_latency("quiet");
        latency_of(MEASURED);
        put("p99ToQuiet", quiet > 0 ? latency_percentile(.99) / quiet : 0);
    }
    latency_of(MEASURED);
    put_latency("latency");
}

static void put_resumed(int stalled) {
    int64_t closed = closed_by_server, seen_before = 0, got = 0, silent = 0, said = 0, disorder = 0;
    for (int i = 0; i < stalled; i++) {
        seen_before += clients[i].received;
        if (clients[i].state == STREAMING) client_resume(&clients[i]);
    }
    int64_t end = now_ns() + 8 * SECOND;
    last_event_at = now_ns();
    while (now_ns() < end && now_ns() - last_event_at < 2 * SECOND) loop_once(now_ns() + SECOND / 10);
    int64_t cut_short = 0;
    for (int i = 0; i < stalled; i++) {
        client *c = &clients[i];
        got += c->received;
        silent += c->missing;
        said += c->missing_said;
        disorder += c->disorder;
        // An open stream that stays behind forever has silently lost its last events; a closed one resumes with its id.
        if (c->state == STREAMING) silent += published(0) - c->next[0];
        else cut_short++;
    }
    put("stalledClients", stalled);
    put("stalledClosed", (double)cut_short);
    put("stalledClosedOnResume", (double)(closed_by_server - closed));
    put("stalledReceived", (double)(got - seen_before));
    put("stalledMissingSilently", (double)silent);
    put("stalledMissingSaid", (double)said);
    put("stalledDisorder", (double)disorder);
}

void mode_rate(void) {
    int stalled = (int)(opt.stalled * opt.clients + 0.5);
    receivers = opt.clients - stalled;
    on_event = seen;
    int fds_before = server_fds();
    clients_open(0, opt.clients, stalled, 60);
    if (streaming < opt.clients) fail("only %d of %d clients are connected", streaming, opt.clients);
    loop_for(opt.settle);
    if (opt.quiet > 0) publish_quietly();
    mark("before");
    int64_t rss_before = server_rss();
    int64_t begin = now_ns() + SECOND / 10, count = (int64_t)(opt.rate * opt.seconds);
    int64_t warm = opt.quiet > 0 ? 0 : (int64_t)(opt.rate * opt.warmup);
    measure_from = begin + nanos_of(warm);
    measure_to = measure_from + nanos_of(count);
    publish_at_rate(begin, 0, warm);
    reading from = take_reading();
    publish_at_rate(begin, warm, count);
    while (now_ns() < measure_to) loop_once(measure_to);
    reading to = take_reading();
    put("stillWaiting", !loop_drain(20)); // 1: some events never came, or much too late
    put("rate", opt.rate);
    put("events", (double)measured);
    put("expected", (double)count * receivers * (1 + (double)opt.own_per_common / (receivers > 0 ? receivers : 1)));
    put_cpu(&from, &to);
    put_latencies();
    put_order();
    if (stalled) {
        int64_t rss = server_rss();
        if (rss > largest_rss) largest_rss = rss;
        put("rssBefore", (double)rss_before);
        put("rssMax", (double)largest_rss);
        put("rssPerStalled", (double)(largest_rss - rss_before) / stalled);
        mark("after");
        put_resumed(stalled);
    }
    put_common();
    put_release(fds_before);
}
