// Puts load on a server of Server-Sent Events and checks what arrives; prints one line of JSON.
#define _GNU_SOURCE
#include "generator.h"
#include <getopt.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

options opt = {.mode = "saturate", .label = "", .events = "/events/load", .publish = "/publish/load",
               .crowd_events = "/events/history", .crowd_publish = "/publish/history", .port = 8080,
               .clients = 100, .size = 128, .window = 8, .publishers = 1, .cpu = -1, .server_cpu = 0, .at_once = 32,
               .max_seconds = 180, .churn_per_second = 500, .churn_events = 2, .replay_events = 100, .repeats = 1,
               .streams = 1, .stream_window = 6 << 20, .connection_window = 15 << 20, .seconds = 10, .warmup = 5,
               .settle = 0.7, .rate = 100};

enum kind { INT, DOUBLE, TEXT, FLAG, PIDS };
static const struct { const char *name; enum kind kind; void *value; } known[] = {
    {"mode", TEXT, &opt.mode},                     // saturate, rate, idle, churn, replay, crowd, tokens
    {"label", TEXT, &opt.label},
    {"port", INT, &opt.port},
    {"publish-port", INT, &opt.publish_port},      // clear HTTP/1.1 in every case; 0: the same port
    {"tls", FLAG, &opt.tls},
    {"h2", FLAG, &opt.http2},                      // over TLS by ALPN, otherwise with prior knowledge
    {"streams", INT, &opt.streams},                // of an HTTP/2 connection
    {"stream-window", INT, &opt.stream_window},    // bytes; as Chrome's unless set
    {"connection-window", INT, &opt.connection_window},
    {"gzip", FLAG, &opt.gzip},                     // clients accept it
    {"json", FLAG, &opt.json},                     // data is a price tick
    {"events", TEXT, &opt.events},                 // path of the stream; {client} is the client's number
    {"publish", TEXT, &opt.publish},               // path of a publish
    {"own-publish", TEXT, &opt.own_publish},       // path of a publish to the client's own topic, with {client}
    {"own-per-common", INT, &opt.own_per_common},  // how many of those follow each common event
    {"crowd-events", TEXT, &opt.crowd_events},     // crowd: those of the clients that come back
    {"crowd-publish", TEXT, &opt.crowd_publish},
    {"clients", INT, &opt.clients},
    {"size", INT, &opt.size},                      // bytes of an event's data
    {"publishers", INT, &opt.publishers},
    {"window", INT, &opt.window},                  // saturate: undelivered events per publisher
    {"rate", DOUBLE, &opt.rate},                   // rate, churn: events per second; tokens: of each client
    {"stalled", DOUBLE, &opt.stalled},             // rate: the part of the clients that does not read
    {"quiet", DOUBLE, &opt.quiet},                 // rate: so many seconds before, the stalled HTTP/2 streams read
    {"seconds", DOUBLE, &opt.seconds},
    {"warmup", DOUBLE, &opt.warmup},
    {"settle", DOUBLE, &opt.settle},
    {"churn", INT, &opt.churn_per_second},
    {"warm-churn", INT, &opt.warm_churn},              // as many per second while it warms up; 0: as many as later
    {"churn-events", INT, &opt.churn_events},      // how many each reads before it leaves
    {"replay", INT, &opt.replay_events},           // how far behind the clients are
    {"repeats", INT, &opt.repeats},
    {"at-once", INT, &opt.at_once},                // connections under way
    {"cpu", INT, &opt.cpu},                        // where the generator runs
    {"server-cpu", INT, &opt.server_cpu},
    {"pids", PIDS, NULL},                          // the server's processes
    {"max-seconds", INT, &opt.max_seconds},
    {"marks", FLAG, &opt.marks},                   // says "mark NAME" on standard error and waits for a line
};
enum { KNOWN = sizeof known / sizeof *known };

static void set(int i, char *text) {
    switch (known[i].kind) {
    case INT: *(int *)known[i].value = atoi(text); break;
    case DOUBLE: *(double *)known[i].value = atof(text); break;
    case TEXT: *(const char **)known[i].value = text; break;
    case FLAG: *(bool *)known[i].value = true; break;
    case PIDS:
        for (char *pid = strtok(text, ","); pid && opt.pid_count < MOST_PIDS; pid = strtok(NULL, ","))
            opt.pids[opt.pid_count++] = atoi(pid);
    }
}

static void parse(int n, char **arguments) {
    struct option all[KNOWN + 1] = {{0}};
    int index;
    for (int i = 0; i < KNOWN; i++) {
        all[i].name = known[i].name;
        all[i].has_arg = known[i].kind == FLAG ? no_argument : required_argument;
    }
    for (int found; (found = getopt_long(n, arguments, "", all, &index)) != -1;) {
        if (found) exit(2); // it has said what it does not know
        set(index, optarg);
    }
}

static void late(int signal) {
    (void)signal;
    fail("not done after %d s", opt.max_seconds);
}

static void check_protocols(void) {
    if (opt.streams < 1 || (opt.streams > 1 && !opt.http2))
        fail("--streams %d (expected: 1, or more with --h2)", opt.streams);
    if (opt.tls && !opt.http2 && opt.stalled > 0)
        fail("--stalled with --tls (expected: with --h2, or in clear text)");
    if (opt.quiet > 0 && !opt.http2) fail("--quiet (expected: with --h2)");
    if (!opt.publish_port) opt.publish_port = opt.port;
}

static void check(void) {
    if (!strcmp(opt.mode, "tokens")) {
        if (opt.size != TOKEN) fail("--size %d (expected for tokens: %d)", opt.size, TOKEN);
        if (opt.clients > 9999) fail("--clients %d (expected for tokens: at most 9999)", opt.clients);
    } else if (opt.size < (opt.json ? SMALLEST_TICK : SMALLEST_EVENT))
        fail("--size %d (expected: at least %d)", opt.size, opt.json ? SMALLEST_TICK : SMALLEST_EVENT);
    check_protocols();
    if (opt.clients < 1) fail("--clients %d (expected: at least 1)", opt.clients);
    if (opt.publishers < 1 || opt.publishers > MOST_PUBLISHERS)
        fail("--publishers %d (expected: 1 to %d)", opt.publishers, MOST_PUBLISHERS);
    if (opt.own_per_common && !opt.own_publish) fail("--own-per-common needs --own-publish");
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    if ((rlim_t)opt.clients + 600 > files.rlim_cur)
        fail("--clients %d: this process may open %lu files", opt.clients, (unsigned long)files.rlim_cur);
}

int main(int n, char **arguments) {
    static const struct { const char *name; void (*run)(void); } modes[] = {
        {"saturate", mode_saturate}, {"rate", mode_rate}, {"idle", mode_idle}, {"churn", mode_churn}, {"replay", mode_replay},
        {"crowd", mode_crowd}, {"tokens", mode_tokens}};
    parse(n, arguments);
    if (opt.cpu >= 0) {
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(opt.cpu, &one);
        sched_setaffinity(0, sizeof one, &one);
    }
    signal(SIGPIPE, SIG_IGN);
    signal(SIGALRM, late);
    alarm((unsigned)opt.max_seconds);
    put_text("server", opt.label);
    put_text("mode", opt.mode);
    put("clients", opt.clients);
    put("size", opt.size);
    check();
    loop_init();
    clients_init(opt.clients + 8000);
    protocols_init();
    publishers_connect();
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
        if (!strcmp(modes[i].name, opt.mode)) {
            modes[i].run();
            finish();
        }
    fail("--mode %s (expected: saturate, rate, idle, churn, replay, crowd or tokens)", opt.mode);
}
