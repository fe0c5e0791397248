// What clients cost that only wait: memory for each, after everything that is there once has been made.
#include "generator.h"

enum { FIRST = 500 };

void mode_idle(void) {
    int first = opt.clients < FIRST ? opt.clients : FIRST;
    receivers = first;
    clients_open(0, first, 0, 30);
    loop_for(0.5);
    for (int i = 0; i < 50; i++) {
        publish(0, now_ns());
        loop_for(0.01);
    }
    loop_drain(5);
    for (int i = 0; i < first; i++) client_leave(&clients[i], false);
    receivers = 0;
    for (int i = 0; i < 5; i++) { // some servers notice only when they write
        publish(0, now_ns());
        loop_for(0.3);
    }
    loop_for(0.5);
    mark("before");
    closed_by_server = 0;
    reading from = take_reading();
    double took = clients_open(0, opt.clients, 0, 90);
    reading to = take_reading();
    if (streaming < opt.clients) fail("only %d of %d clients are connected", streaming, opt.clients);
    loop_for(3);
    put("rssPerClientUncollected", (double)(server_rss() - from.rss) / opt.clients);
    mark("after");
    put("connectsPerSecond", opt.clients / took);
    put("connectMicros", (to.server_cpu - from.server_cpu) / opt.clients * 1e6);
    put("rssBefore", (double)from.rss);
    put("rssAfter", (double)server_rss());
    put("rssPerClient", (double)(server_rss() - from.rss) / opt.clients);
    receivers = opt.clients;
    publish(0, now_ns()); // they are all still served
    loop_drain(20);
    put_order();
    put_common();
    put_release(from.fds);
}
