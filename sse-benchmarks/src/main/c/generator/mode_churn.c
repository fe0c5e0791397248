// Clients that come at a fixed rate, read a few events, and leave with a FIN and with an RST by turns, while other
// clients stay.
#include "generator.h"
#include <stdlib.h>

static int *free_places, free_count;
static int64_t left, lost;
static bool sweeping;

static void gone(client *c) {
    if (!c->churner) return;
    if (c->received < opt.churn_events && !sweeping) lost++;
    free_places[free_count++] = (int)(c - clients);
}

static void seen(client *c, int64_t now) {
    (void)now;
    if (!c->churner || c->received < opt.churn_events) return;
    left++;
    client_leave(c, left % 2 == 0);
}

static int64_t started;

static void run(double seconds, int churn_per_second, double rate) {
    int64_t begin = now_ns(), end = begin + (int64_t)(seconds * (double)SECOND), come = 0, sent = 0;
    double every = (double)SECOND / churn_per_second, interval = (double)SECOND / rate;
    for (int64_t now = begin; now < end; now = now_ns()) {
        int64_t next_publish = begin + (int64_t)((double)sent * interval);
        int64_t next_client = begin + (int64_t)((double)come * every);
        if (next_publish <= now) {
            publish(0, next_publish);
            sent++;
        } else if (next_client <= now && free_count > 0) {
            client_open(&clients[free_places[--free_count]], false, true);
            come++;
        } else {
            int64_t next = next_client > now && next_client < next_publish ? next_client : next_publish;
            loop_once(next < end ? next : end);
            continue;
        }
        loop_once(0);
    }
    started += come;
}

static void all_leave(void) {
    sweeping = true;
    for (int i = opt.clients; i < client_places; i++)
        if (clients[i].churner) client_leave(&clients[i], true);
    sweeping = false;
    for (int i = 0; i < 10; i++) {
        loop_for(0.2);
        publish(0, now_ns());
    }
    loop_drain(5);
}

void mode_churn(void) {
    receivers = opt.clients;
    int fds_before = server_fds();
    clients_open(0, opt.clients, 0, 30);
    if (streaming < opt.clients) fail("only %d of %d clients are connected", streaming, opt.clients);
    free_places = calloc((size_t)client_places, sizeof *free_places);
    for (int i = client_places - 1; i >= opt.clients; i--) free_places[free_count++] = i;
    on_event = seen;
    on_client_gone = gone;
    loop_for(opt.settle);
    // The JIT compiles the hot code of a server sooner if events are published, too. A server that cannot keep up takes
    // as many as it can.
    int warm_churn = opt.warm_churn ? opt.warm_churn : opt.churn_per_second;
    run(opt.warmup, warm_churn, opt.rate * warm_churn / opt.churn_per_second);
    all_leave();
    mark("before");
    left = lost = started = 0;
    reading from = take_reading();
    run(opt.seconds, opt.churn_per_second, opt.rate);
    reading to = take_reading();
    int64_t done = left;
    all_leave();
    mark("after");
    put("started", (double)started);
    put("served", (double)done);
    put("unserved", (double)lost);
    if (done) put("cpuMicrosPerClient", (to.server_cpu - from.server_cpu) / (double)done * 1e6);
    put_cpu(&from, &to);
    put("rssBefore", (double)from.rss);
    put("rssAfter", (double)server_rss());
    put("fdsGrowth", server_fds() - from.fds);
    put_order();
    put_common();
    put_release(fds_before);
}
