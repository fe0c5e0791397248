// The result, as one line of JSON on standard output. Times are in microseconds, memory in bytes, CPU in seconds.
#include "generator.h"
#include "histogram.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool begun;

static void name_of(const char *name) {
    printf("%s\"%s\":", begun ? "," : "{", name);
    begun = true;
}

void put(const char *name, double value) {
    name_of(name);
    printf("%.10g", value);
}

void put_text(const char *name, const char *value) {
    name_of(name);
    putchar('"');
    for (; *value; value++) {
        if (*value == '"' || *value == '\\') putchar('\\');
        putchar((unsigned char)*value < ' ' ? ' ' : *value);
    }
    putchar('"');
}

static bool first_bucket;
static void put_bucket(double nanos, uint64_t count) {
    printf("%s[%.4g,%lu]", first_bucket ? "" : ",", nanos / 1e3, (unsigned long)count);
    first_bucket = false;
}

void put_latency(const char *name) {
    name_of(name);
    printf("{\"count\":%ld", (long)latency_count());
    if (latency_count())
        printf(",\"p50\":%.1f,\"p90\":%.1f,\"p99\":%.1f,\"p999\":%.1f,\"max\":%.1f,\"buckets\":[", latency_percentile(.5) / 1e3,
               latency_percentile(.9) / 1e3, latency_percentile(.99) / 1e3, latency_percentile(.999) / 1e3,
               latency_percentile(1) / 1e3);
    first_bucket = true;
    latency_each(put_bucket);
    printf(latency_count() ? "]}" : "}");
}

static double share(double busy, double total) { return total > 0 ? busy / total : 0; }

void put_cpu(const reading *from, const reading *to) {
    double wall = (double)(to->at - from->at) / 1e9, server = to->server_cpu - from->server_cpu;
    double events = (double)(to->events - from->events);
    double server_share = server / wall, own_share = (to->own_cpu - from->own_cpu) / wall;
    put("seconds", wall);
    put("serverCpu", server);
    put("serverCpuShare", server_share);
    put("serverCpuPerMillion", events > 0 ? server / events * 1e6 : 0);
    put("serverCoreBusy", share(to->server_core_busy - from->server_core_busy, to->server_core_total - from->server_core_total));
    put("generatorCpuShare", own_share);
    put("generatorCoreBusy", share(to->own_core_busy - from->own_core_busy, to->own_core_total - from->own_core_total));
    // The generator has no time left and the server has: then this is the generator's figure.
    put("generatorBound", own_share > 0.95 && server_share < 0.97);
    put("wireBytesPerEvent", events > 0 ? (double)(to->bytes - from->bytes) / events : 0);
}

static int64_t tail(const client *c) {
    int64_t sum = 0;
    for (int p = 0; p < opt.publishers; p++) sum += published(p) - c->next[p];
    return sum + published_own((int)(c - clients)) - c->next[OWN_STREAM];
}

// Of those who were there throughout, and read: everything, once, in order?
void put_order(void) {
    int64_t missing = 0, disorder = 0, bad = 0, n = 0;
    for (int i = 0; i < opt.clients; i++) {
        client *c = &clients[i];
        if (c->stalled || c->churner || c->state == UNUSED) continue;
        int64_t lacks = c->missing + c->missing_said + tail(c);
        missing += lacks;
        disorder += c->disorder;
        n++;
        if (lacks || c->disorder || c->state != STREAMING) bad++;
    }
    put("checkedClients", (double)n);
    put("badClients", (double)bad);
    put("missing", (double)missing);
    put("disorder", (double)disorder);
    put("wrongLength", (double)wrong_length);
    put("foreign", (double)foreign_events);
    put("gapsSaid", (double)gaps_said);
}

void put_common(void) {
    put("publishesAccepted", (double)publishes_accepted);
    put("publishesRefused", (double)publishes_refused);
    put("publishersReconnected", (double)publishers_reconnected);
    put("connectsFailed", (double)connects_failed);
    put("refusedStatus", (double)refused_status);
    put("closedByServer", (double)closed_by_server);
    put("comments", (double)comments);
    protocols_put();
}

void mark(const char *name) {
    char answer[64];
    if (!opt.marks) return;
    // The result is in the buffer and stays there: it must be one line.
    char text[128];
    int n = snprintf(text, sizeof text, "mark %s\n", name);
    if (write(STDERR_FILENO, text, (size_t)n) != n || !fgets(answer, sizeof answer, stdin)) exit(1);
}

void put_release(int fds_before) {
    enum { OF_ITS_OWN = 8 };
    for (int i = 0; i < client_places; i++) client_leave(&clients[i], false);
    receivers = 0;
    int64_t begin = now_ns();
    const char *how = "at once";
    while (server_fds() > fds_before + OF_ITS_OWN) {
        double seconds = (double)(now_ns() - begin) / 1e9;
        if (seconds > 7) { how = "never"; break; }
        if (seconds > 1.5) { // some notice only when they write
            how = "on write";
            if (in_flight(0) < 4) publish(0, now_ns());
        }
        loop_for(0.1);
    }
    put_text("released", how);
    put("releaseMillis", (double)(now_ns() - begin) / 1e6);
    put("fdsLeft", server_fds() - fds_before);
}

_Noreturn void finish(void) {
    puts("}");
    fflush(stdout);
    _exit(0);
}

_Noreturn void fail(const char *format, ...) {
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    put_text("error", text);
    finish();
}
