// Sends events to all clients. Over HTTP/1.1 all get the same bytes. Over HTTP/2 a connection gets the frames of all
// its streams in one write.
#include "floor.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static connection *subscribed[MOST_FILES];
static int subscribed_count;
static buffer events; // of the batch

static void append_part(buffer *to, uint32_t stream, const char *bytes, size_t n) {
    char size[24];
    if (http2) {
        append_data(to, stream, bytes, n);
        return;
    }
    append(to, size, (size_t)sprintf(size, "%zx\r\n", n));
    append(to, bytes, n);
    append(to, "\r\n", 2);
}

bool subscribe(connection *c, uint32_t id) {
    static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n"
                               "Transfer-Encoding: chunked\r\n\r\n";
    static buffer out;
    if (c->count == c->room) {
        c->room = c->room ? c->room * 2 : 1;
        c->streams = realloc(c->streams, (size_t)c->room * sizeof *c->streams);
        if (!c->streams) abort();
    }
    c->streams[c->count++] = (stream){id, c->first_window};
    if (c->place < 0) {
        c->place = subscribed_count;
        subscribed[subscribed_count++] = c;
    }
    out.used = 0;
    if (http2) append_head(&out, id);
    else append(&out, head, sizeof head - 1);
    return send_bytes(c, out.bytes, out.used);
}

void unsubscribe(connection *c) {
    if (c->place < 0) return;
    connection *last = subscribed[--subscribed_count]; // moves to the free place
    subscribed[c->place] = last;
    last->place = c->place;
    c->place = -1;
}

// A stream without window misses the events.
static void append_streams(buffer *to, connection *c) {
    int64_t n = (int64_t)events.used;
    for (int i = 0; i < c->count; i++) {
        stream *s = &c->streams[i];
        if (s->window < n || c->window < n) continue;
        s->window -= n;
        c->window -= n;
        append_part(to, s->id, events.bytes, events.used);
    }
}

void send_pending(void) {
    static buffer out;
    if (!events.used) return;
    out.used = 0;
    if (!http2) append_part(&out, 0, events.bytes, events.used);
    for (int i = subscribed_count - 1; i >= 0; i--) {
        if (http2) {
            out.used = 0;
            append_streams(&out, subscribed[i]);
        }
        if (out.used) send_bytes(subscribed[i], out.bytes, out.used);
    }
    events.used = 0;
}

void publish(const char *data, size_t n) {
    append(&events, "data: ", 6);
    append(&events, data, n);
    append(&events, "\n\n", 2);
    if (!batching) send_pending();
}
