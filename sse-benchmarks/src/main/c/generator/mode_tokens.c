// Token streams: each client has a stream of its own, at a fixed rate. An open loop. The events that are due at a tick
// come to the server in one request, as they come from a model: so the request costs little, and writing to the clients
// is what is measured.
#include "generator.h"

enum { TICKS_PER_SECOND = 1000 };

static int64_t measure_from, measure_to, measured;

static void seen(client *c, int64_t now) {
    if (c->due < measure_from || c->due >= measure_to) return;
    measured++;
    latency_add(now - c->due);
}

// How many events are due until a tick, all clients taken together.
static int64_t due_until(int64_t tick) { return (int64_t)((double)tick * opt.rate * opt.clients / TICKS_PER_SECOND); }

static int turn; // the client of the next event

static void publish_for(int64_t begin, double seconds) {
    int64_t ticks = (int64_t)(seconds * TICKS_PER_SECOND);
    for (int64_t tick = 0; tick < ticks;) {
        int64_t due = begin + tick * (SECOND / TICKS_PER_SECOND);
        if (now_ns() < due) {
            loop_once(due);
            continue;
        }
        int count = (int)(due_until(tick + 1) - due_until(tick));
        publish_tokens(turn, count, due);
        turn = (turn + count) % opt.clients;
        tick++;
        loop_once(0);
    }
    int64_t end = begin + ticks * (SECOND / TICKS_PER_SECOND);
    while (now_ns() < end) loop_once(end);
}

void mode_tokens(void) {
    receivers = 0; // there are no events for all
    clients_open(0, opt.clients, 0, 60);
    if (streaming < opt.clients) fail("only %d of %d clients are connected", streaming, opt.clients);
    loop_for(opt.settle);
    on_event = seen;
    publish_for(now_ns(), opt.warmup);
    loop_drain(20);
    mark("begin"); // nothing moves meanwhile
    reading from = take_reading();
    measure_from = now_ns();
    measure_to = measure_from + (int64_t)(opt.seconds * (double)SECOND);
    publish_for(measure_from, opt.seconds);
    reading to = take_reading();
    put("stillWaiting", !loop_drain(20)); // 1: some events never came, or much too late
    mark("end");
    put("rate", opt.rate);
    put("events", (double)measured);
    put("expected", opt.rate * opt.clients * opt.seconds);
    put("received", (double)(to.events - from.events));
    put_cpu(&from, &to);
    put_latency("latency");
    put_order();
    put_common();
}
