// From the bytes of a stream to its events, and whether they are the right ones: each stream of sequence numbers
// complete, in order, nothing twice.
#include "generator.h"
#include <string.h>

int64_t bytes_received, events_received, wrong_length, foreign_events, gaps_said, comments, last_event_at;
bool keep_ids;
char kept_ids[MOST_KEPT_IDS][96];
int kept_id_count;
void (*on_event)(client *, int64_t);

enum { CHUNK_SIZE, CHUNK_DATA, CHUNK_END };

void stream_begin(client *c) {
    c->stream = -1;
    c->chunk_state = CHUNK_SIZE;
    c->chunk_left = 0;
}

static void event(client *c, int64_t now) {
    int64_t seq = c->seq;
    int own = c->stream >= MOST_PUBLISHERS;
    if (own && c->stream - MOST_PUBLISHERS != c - clients) { // of somebody else's topic
        foreign_events++;
        return;
    }
    int64_t *next = &c->next[own ? OWN_STREAM : c->stream];
    events_received++;
    c->received++;
    c->last_at = last_event_at = now;
    if (*next < 0) *next = seq;
    if (seq < *next) {
        c->disorder++;
        return;
    }
    if (seq > *next) *(c->gap_said ? &c->missing_said : &c->missing) += seq - *next;
    c->gap_said = 0;
    *next = seq + 1;
    if (on_event) on_event(c, now);
    if (!c->stalled && !c->churner) delivered(c, c->stream, seq);
}

static int64_t digits(const char *text, int n) {
    int64_t value = 0;
    for (int i = 0; i < n; i++) value = value * 10 + (text[i] - '0');
    return value;
}

// The data of mode tokens: !, client (4 digits), sequence number (5), when it was due (microseconds, 9 digits), !
static bool token(client *c, const char *value, int64_t now) {
    if (value[0] != '!' || value[TOKEN - 1] != '!') return false;
    int64_t now_us = now / 1000, turn = INT64_C(1000000000);
    int64_t due_us = now_us - now_us % turn + digits(value + 10, 9);
    c->stream = MOST_PUBLISHERS + (int32_t)digits(value + 1, 4);
    c->seq = digits(value + 5, 5);
    c->due = (due_us > now_us ? due_us - turn : due_us) * 1000;
    return true;
}

// text: the line, of which `have` bytes are at hand and `length` is the whole
static void line(client *c, const char *text, uint32_t have, uint32_t length, int64_t now) {
    if (length == 0) {
        if (c->stream >= 0) event(c, now);
        else if (c->is_gap) { gaps_said++; c->gap_said = 1; }
        c->stream = -1;
        c->is_gap = 0;
    } else if (have > 5 && !memcmp(text, "data:", 5)) {
        const char *value = text + 5 + (text[5] == ' ');
        // ~, stream (6 digits), sequence number (10), nanoseconds when it was due (19), ~
        if (text + have - value == TOKEN && token(c, value, now)) return;
        const char *marker = opt.json ? value + sizeof TICK_PREFIX - 1 : value;
        if (text + have - marker >= MARKER && marker[0] == '~' && marker[MARKER - 1] == '~') {
            c->stream = (int32_t)digits(marker + 1, 6);
            c->seq = digits(marker + 7, 10);
            c->due = digits(marker + 17, 19);
            if (length - (uint32_t)(value - text) != (uint32_t)opt.size) wrong_length++;
        }
    } else if (text[0] == ':') {
        comments++;
    } else if (have > 6 && !memcmp(text, "event:", 6)) {
        const char *value = text + 6 + (text[6] == ' ');
        c->is_gap = text + have - value == 3 && !memcmp(value, "gap", 3);
    } else if (keep_ids && have > 3 && !memcmp(text, "id:", 3) && kept_id_count < MOST_KEPT_IDS) {
        const char *value = text + 3 + (text[3] == ' ');
        size_t n = (size_t)(text + have - value);
        if (n > 95) n = 95;
        memcpy(kept_ids[kept_id_count], value, n);
        kept_ids[kept_id_count++][n] = 0;
    }
}

void stream_lines(client *c, const char *at, size_t n, int64_t now) {
    while (n && c->state == STREAMING) {
        const char *end = memchr(at, '\n', n);
        size_t length = end ? (size_t)(end - at) : n;
        if (end && !c->line_bytes) { // the whole line is here, as nearly always
            uint32_t l = (uint32_t)length;
            if (l && at[l - 1] == '\r') l--;
            line(c, at, l, l, now);
        } else {
            size_t room = KEPT_OF_LINE - c->kept, kept = length < room ? length : room;
            memcpy(c->line + c->kept, at, kept);
            c->kept += (uint8_t)kept;
            c->line_bytes += (uint32_t)length;
            if (length) c->last_byte = (uint8_t)at[length - 1];
            if (!end) return;
            uint32_t l = c->line_bytes;
            if (l && c->last_byte == '\r') l--;
            uint32_t have = c->kept < l ? c->kept : l;
            c->line_bytes = 0;
            c->kept = 0;
            line(c, c->line, have, l, now);
        }
        at += length + 1;
        n -= length + 1;
    }
}

void stream_body(client *c, const char *bytes, size_t n, int64_t now) {
    if (c->coded) gzip_bytes(c, bytes, n, now);
    else stream_lines(c, bytes, n, now);
}

static int hex(char digit) {
    if (digit >= '0' && digit <= '9') return digit - '0';
    if ((digit | 32) >= 'a' && (digit | 32) <= 'f') return (digit | 32) - 'a' + 10;
    return -1;
}

// One byte of a chunk's head or of the end of its data; false when the stream has ended.
static bool between_chunks(client *c, char byte) {
    if (c->chunk_state == CHUNK_END) {
        if (byte == '\n') {
            c->chunk_state = CHUNK_SIZE;
            c->chunk_left = 0;
            c->in_extension = 0;
        } else if (byte != '\r') fail("byte %d behind a chunk", byte);
    } else if (byte == '\n') {
        if (c->chunk_left == 0) return false;
        c->chunk_state = CHUNK_DATA;
    } else if (!c->in_extension && hex(byte) >= 0) {
        c->chunk_left = c->chunk_left * 16 + (uint64_t)hex(byte);
    } else {
        c->in_extension = 1; // up to the end of the line
    }
    return true;
}

void stream_bytes(client *c, const char *bytes, size_t n, int64_t now) {
    if (!c->chunked) {
        stream_body(c, bytes, n, now);
        return;
    }
    while (n && c->state == STREAMING) {
        if (c->chunk_state != CHUNK_DATA) {
            if (!between_chunks(c, *bytes)) {
                client_lost(c);
                return;
            }
            bytes++;
            n--;
            continue;
        }
        size_t part = n < c->chunk_left ? n : (size_t)c->chunk_left;
        stream_body(c, bytes, part, now);
        bytes += part;
        n -= part;
        c->chunk_left -= part;
        if (!c->chunk_left) c->chunk_state = CHUNK_END;
    }
}
