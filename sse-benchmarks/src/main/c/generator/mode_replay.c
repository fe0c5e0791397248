// Many clients come back at once, each with the id of an event that is M events behind: how long until all have those.
// Several times, for the first finds cold code.
#include "generator.h"
#include <stdio.h>

static int to_come;

static void seen(client *c, int64_t now) {
    if (c->received != opt.replay_events) return;
    to_come--;
    latency_add(now - c->opened_at);
}

// The ids of M+1 events, as a client sees them that is there.
static void learn_ids(void) {
    client *recorder = &clients[opt.clients];
    receivers = 1;
    client_open(recorder, false, false);
    while (connecting) loop_once(now_ns() + SECOND / 100);
    loop_for(opt.settle);
    keep_ids = true;
    for (int i = 0; i <= opt.replay_events; i++) {
        publish(0, now_ns());
        if (i % 8 == 7) loop_drain(5);
    }
    loop_drain(5);
    keep_ids = false;
    if (kept_id_count < opt.replay_events + 1)
        fail("%d ids of %d events; %d is the most", kept_id_count, opt.replay_events + 1, MOST_KEPT_IDS);
    client_leave(recorder, false);
    loop_for(0.3);
}

void replay_learn(void) {
    learn_ids();
    // The ids of a stream may stand before the first event, too: what counts is the one M events from the end.
    last_event_id = kept_ids[kept_id_count - 1 - opt.replay_events];
    on_event = seen;
    receivers = 0;
}

double replay_come_back(void) {
    to_come = opt.clients;
    int64_t begin = now_ns(), end = begin + 60 * SECOND;
    for (int i = 0; to_come > 0 && now_ns() < end;) {
        for (; i < opt.clients && connecting < opt.at_once; i++) {
            client_open(&clients[i], false, false);
            clients[i].next[0] = published(0) - opt.replay_events;
        }
        loop_once(now_ns() + SECOND / 20);
    }
    double millis = (double)(now_ns() - begin) / 1e6;
    if (to_come) fail("%d of %d clients never got all of their events", to_come, opt.clients);
    return millis;
}

int64_t replay_bad(void) {
    int64_t bad = 0;
    for (int i = 0; i < opt.clients; i++) bad += clients[i].missing + clients[i].missing_said + clients[i].disorder;
    return bad;
}

void replay_leave(void) {
    for (int i = 0; i < opt.clients; i++) client_leave(&clients[i], false);
    loop_for(0.7);
}

void mode_replay(void) {
    replay_learn();
    int64_t bad = 0;
    reading from = take_reading(), last = from;
    for (int r = 0; r < opt.repeats; r++) {
        char name[32];
        if (r) {
            replay_leave();
            latency_reset();
        }
        last = take_reading();
        double millis = replay_come_back();
        snprintf(name, sizeof name, "millis%d", r);
        put(name, millis);
        bad += replay_bad();
    }
    reading to = take_reading();
    put("repeats", opt.repeats);
    put("replayEvents", opt.replay_events);
    put_cpu(&last, &to);
    put_latency("latency"); // of the last time
    put("badInAllRepeats", (double)bad);
    put_order();
    put_common();
    put_release(from.fds);
}
