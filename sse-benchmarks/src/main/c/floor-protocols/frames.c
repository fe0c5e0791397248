// HTTP/2 frames, made by hand. The headers of a request are not decoded: each HEADERS frame is a subscription.
#include "floor.h"
#include <string.h>

enum { DATA, HEADERS, RST_STREAM = 3, SETTINGS, PING = 6, GOAWAY, WINDOW_UPDATE };
enum { ACK = 1, END_HEADERS = 4, FRAME_HEAD = 9, PREFACE = 24, MOST_OF_FRAME = 16384, INITIAL_WINDOW_SIZE = 4 };

static uint32_t number(const unsigned char *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void append_frame(buffer *to, int type, int flags, uint32_t stream, const void *payload, size_t n) {
    unsigned char head[FRAME_HEAD] = {n >> 16, n >> 8, n, type, flags, stream >> 24, stream >> 16, stream >> 8, stream};
    append(to, head, FRAME_HEAD);
    append(to, payload, n);
}

void append_data(buffer *to, uint32_t stream, const char *bytes, size_t n) {
    for (size_t part; n; bytes += part, n -= part) {
        part = n < MOST_OF_FRAME ? n : MOST_OF_FRAME;
        append_frame(to, DATA, 0, stream, bytes, part);
    }
}

void append_head(buffer *to, uint32_t stream) {
    // Indexed :status 200, then content-type (static table, 31) without indexing.
    static const char fields[] = "\x88\x0f\x10\x11text/event-stream";
    append_frame(to, HEADERS, END_HEADERS, stream, fields, sizeof fields - 1);
}

static bool answer(connection *c, int type, int flags, const void *payload, size_t n) {
    static buffer out;
    out.used = 0;
    append_frame(&out, type, flags, 0, payload, n);
    return send_bytes(c, out.bytes, out.used);
}

static bool settings(connection *c, const unsigned char *payload, size_t n) {
    for (size_t i = 0; i + 6 <= n; i += 6)
        if ((payload[i] << 8 | payload[i + 1]) == INITIAL_WINDOW_SIZE) {
            int64_t window = number(payload + i + 2);
            for (int k = 0; k < c->count; k++) c->streams[k].window += window - c->first_window;
            c->first_window = window;
        }
    return answer(c, SETTINGS, ACK, "", 0);
}

static stream *stream_of(connection *c, uint32_t id) {
    for (int i = 0; i < c->count; i++)
        if (c->streams[i].id == id) return &c->streams[i];
    return NULL;
}

static void window_update(connection *c, uint32_t id, int64_t more) {
    stream *s = id ? stream_of(c, id) : NULL;
    if (!id) c->window += more;
    else if (s) s->window += more;
}

static void reset(connection *c, uint32_t id) {
    stream *s = stream_of(c, id);
    if (s) *s = c->streams[--c->count];
}

static bool frame(connection *c, const unsigned char *head, size_t n) {
    const unsigned char *payload = head + FRAME_HEAD;
    int type = head[3], flags = head[4];
    uint32_t id = number(head + 5) & INT32_MAX;
    switch (type) {
    case HEADERS: return subscribe(c, id);
    case SETTINGS: return flags & ACK || settings(c, payload, n);
    case PING: return flags & ACK || answer(c, PING, ACK, payload, n);
    case WINDOW_UPDATE: window_update(c, id, number(payload) & INT32_MAX); return true;
    case RST_STREAM: reset(c, id); return true;
    case GOAWAY: close_connection(c); return false;
    default: return true;
    }
}

static bool greet(connection *c, size_t *from) {
    static const unsigned char most_streams[] = {0, 3, 0, 0, 3, 232}; // MAX_CONCURRENT_STREAMS 1000
    if (c->greeted) return true;
    c->greeted = true;
    *from = PREFACE;
    return answer(c, SETTINGS, 0, most_streams, sizeof most_streams);
}

bool serve_frames(connection *c) {
    size_t from = 0;
    if (!c->greeted && c->input.used < PREFACE) return true;
    if (!greet(c, &from)) return false;
    while (c->input.used - from >= FRAME_HEAD) {
        const unsigned char *head = (const unsigned char *)c->input.bytes + from;
        size_t n = (size_t)head[0] << 16 | (size_t)head[1] << 8 | head[2];
        if (c->input.used - from < FRAME_HEAD + n) break;
        if (!frame(c, head, n)) return false;
        from += FRAME_HEAD + n;
    }
    c->input.used -= from;
    memmove(c->input.bytes, c->input.bytes + from, c->input.used);
    return true;
}
