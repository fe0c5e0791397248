// The load generator: one thread, one epoll, all clients and publishers. What its files share.
//
// main.c       options, and which mode runs
// clients.c    connections of clients: connect, leave, read
// stream.c     chunks, lines and events of a stream, and whether they are the right ones
// publishers.c POST requests and their answers; which event still waits for whom
// loop.c       waiting for sockets until a moment
// machine.c    what /proc says of the server and of the cores
// histogram.c  latencies
// report.c     the result, as one line of JSON
// ticks.c      data that looks like price ticks in JSON
// mode_*.c     what is measured
// protocols/   TLS, HTTP/2 and gzip, for the program generator-protocols
// clear/       replaces protocols/ in the program generator, which needs no library
#ifndef GENERATOR_H
#define GENERATOR_H
#define _GNU_SOURCE
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SECOND INT64_C(1000000000)
#define MOST_PUBLISHERS 8
#define OWN_STREAM MOST_PUBLISHERS // where a client keeps what it knows of the topic that is its own
#define STREAMS (MOST_PUBLISHERS + 1)
#define MOST_WAITING 65536 // events of one publisher that some client has not got; a power of two
#define KEPT_OF_LINE 64
#define SMALLEST_EVENT 40
#define TOKEN 20 // bytes of the data of an event of mode tokens
#define MOST_PIDS 32

typedef struct {
    const char *mode, *label, *events, *publish, *own_publish, *crowd_events, *crowd_publish;
    int port, clients, size, window, publishers, own_per_common, cpu, server_cpu, at_once, max_seconds;
    int churn_per_second, warm_churn, churn_events, replay_events, repeats;
    int publish_port, streams, stream_window, connection_window;
    double seconds, warmup, settle, rate, stalled, quiet;
    int pids[MOST_PIDS], pid_count;
    bool marks, tls, http2, gzip, json;
} options;

extern options opt;

// ---- clients.c
enum state { UNUSED, CONNECTING, HEAD, STREAMING, GONE };

typedef struct client {
    int fd;
    uint8_t state, chunked, chunk_state, in_extension, stalled, paused, churner, last_byte, gap_said, is_gap;
    uint8_t accepted, coded, resumed; // status 200 over HTTP/2; compressed with gzip; reads again after a stall
    uint8_t kept;        // bytes of the line under way that line[] holds
    uint16_t head_bytes;
    uint32_t line_bytes; // length of the line under way so far
    uint64_t chunk_left;
    // of the event under way: its marker, stream < 0 is none
    int32_t stream;
    int64_t seq, due;
    // what has come
    int64_t next[STREAMS]; // the sequence number to come, < 0: any
    int64_t received, missing, missing_said, disorder, opened_at, last_at;
    char line[KEPT_OF_LINE];
    char *head;
    struct connection *connection; // over TLS or HTTP/2; otherwise the client has its own fd
    int32_t stream_id;             // of HTTP/2
    int64_t withheld;              // bytes of a stalled HTTP/2 stream that its window does not get back yet
    void *inflater;                // stays with the place for its next client
} client;

extern client *clients;
extern int client_places, connecting, streaming;
extern int64_t connects_failed, refused_status, closed_by_server;
extern const char *last_event_id; // sent by clients that open from now on, or NULL

void clients_init(int places);
void client_open(client *c, bool stalled, bool churner);
void client_leave(client *c, bool reset);
void client_lost(client *c);
void client_ready(client *c, uint32_t events);
void client_resume(client *c);
int client_request(const client *c, char *into, size_t size);
void client_path(const client *c, char *into, size_t size);
void client_bytes(client *c, const char *bytes, size_t n, int64_t now); // of HTTP/1.1, head included
void client_accepted(client *c); // the head of its response has come
double clients_open(int from, int to, int stalled, double limit);
int tcp_socket(bool small_window);
int connect_to(int fd, int port); // 0, or -1 with errno
void close_socket(int fd, bool reset);
extern bool stalling; // false: stalled HTTP/2 clients still read like the others
extern void (*on_client_gone)(client *); // tells the mode, may be NULL

// ---- stream.c
extern int64_t bytes_received, events_received, wrong_length, foreign_events, gaps_said, comments;
extern int64_t last_event_at;
extern bool keep_ids;
extern char kept_ids[][96];
extern int kept_id_count;
#define MOST_KEPT_IDS 20000
void stream_begin(client *c);
void stream_bytes(client *c, const char *bytes, size_t n, int64_t now);
void stream_body(client *c, const char *bytes, size_t n, int64_t now);  // without chunks
void stream_lines(client *c, const char *bytes, size_t n, int64_t now); // without compression
// What the mode does with an event that is not one too many; before counting it as delivered.
extern void (*on_event)(client *, int64_t now);

// ---- publishers.c
typedef struct publisher publisher;
void publishers_connect(void);
void publisher_ready(int number);
void publish(int number, int64_t due);              // to the common topic
void publish_own(int number, int client, int64_t due); // to the topic of one client
// One request with an event for each of these clients, in turn.
void publish_tokens(int first, int count, int64_t due);
void delivered(const client *c, int32_t stream, int64_t seq);
int64_t published(int number);
int64_t oldest_waiting(int number); // moves over what all have received
void give_up_oldest(int number);
int in_flight(int number); // requests without an answer
int64_t published_own(int client);
bool all_delivered(void);
extern int receivers; // how many clients a common event is for
extern int64_t publishes_accepted, publishes_refused, publishers_reconnected;

// ---- loop.c
void loop_init(void);
void loop_watch(int fd, uint32_t id, uint32_t events);
void loop_change(int fd, uint32_t id, uint32_t events);
void loop_once(int64_t until);
void loop_for(double seconds);
bool loop_drain(double seconds); // until everything is delivered and answered
int64_t now_ns(void);
#define PUBLISHER_ID 0x80000000u
#define CONNECTION_ID 0x40000000u

// ---- machine.c
typedef struct {
    int64_t at;
    double server_cpu, own_cpu, server_core_busy, server_core_total, own_core_busy, own_core_total;
    int64_t rss, events, bytes;
    int fds;
} reading;
reading take_reading(void);
int64_t server_rss(void);
int server_fds(void);

// ---- histogram.c
void latency_of(int number); // which of two histograms the others are about, 0 or 1; 0 unless told
void latency_reset(void);
void latency_add(int64_t nanos);
int64_t latency_count(void);
double latency_percentile(double fraction);

// ---- report.c
void put(const char *name, double value);
void put_text(const char *name, const char *value);
void put_latency(const char *name);
void put_cpu(const reading *from, const reading *to);
void put_order(void);
void put_common(void);
void mark(const char *name); // the runner looks at the server now
void put_release(int fds_before);
_Noreturn void finish(void);
_Noreturn void fail(const char *format, ...);

// ---- ticks.c
#define MARKER 37 // bytes that every event has: its stream, number and time
#define TICK_PREFIX "{\"k\":\"" // of a tick, before its marker
#define SMALLEST_TICK 240
void tick(char *into, int size, const char *marker, int64_t seq); // writes size bytes, and a zero

// ---- protocols/
void protocols_init(void);
void protocols_put(void);
void connection_attach(client *c); // opens a connection, or a stream on the connection that its client shares
void connection_detach(client *c, bool reset);
void connection_ready(uint32_t number, uint32_t events);
void connection_resume(client *c);
void gzip_begin(client *c);
void gzip_bytes(client *c, const char *bytes, size_t n, int64_t now);

// ---- mode_*.c
void mode_saturate(void);
void mode_rate(void);
void mode_idle(void);
void mode_churn(void);
void mode_replay(void);
void mode_crowd(void);
void mode_tokens(void);
void replay_learn(void);       // the id of the event behind which the clients have missed something
double replay_come_back(void); // all clients at once; how many milliseconds until they have all of that
int64_t replay_bad(void);      // how much of it was missing, or out of order
void replay_leave(void);
#endif
