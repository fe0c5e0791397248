package io.sluice.sse.examples.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.sluice.sse.netty.Transport;
import io.sluice.sse.topic.OverflowPolicy;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

class OptionsTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "--port x                     | 'x'",
                "--port -1                    | -1 (expected: from 0 to 65535)",
                "--port 65536                 | 65536 (expected: from 0 to 65535)",
                "--port                       | Missing",
                "--host 8.8.8.8               | 8.8.8.8 (expected: an address of this machine",
                "--transport fast             | 'fast' (expected: auto, io_uring, epoll, kqueue, nio)",
                "--transport kqueue           | kqueue (not available here",
                "--threads 0                  | 0 (expected: from 1 to 1024)",
                "--heartbeat 15               | '15' (expected: a duration such as 500ms, 15s, 5m or 1h)",
                "--heartbeat -1s              | '-1s' (expected: a duration",
                "--heartbeat 1d               | '1d' (expected: a duration",
                "--retry 9000h                | (expected: from 0 to 1 day)",
                "--history-events 0           | 0 (expected: from 1 to",
                "--history-bytes 1x           | '1x' (expected: a size such as 4096, 64k or 16m)",
                "--history-bytes 0            | 0 (expected: at least 1)",
                "--history-age 0              | (expected: more than 0",
                "--history-total-bytes 0      | 0 (expected: at least 1)",
                "--history-sync soon          | 'soon' (expected: always, os, or a duration such as 100ms or 1s, at most 1m)",
                "--history-sync 2h            | '2h' (expected: always, os, or a duration",
                "--history-sync 0             | '0' (expected: always, os, or a duration",
                "--history-sync os            | os (expected: --history-dir as well)",
                "--history-dir /dev/null/x    | cannot be used as a directory",
                "--conflate a --history-dir x | a (expected: no topic that conflates together with --history-dir)",
                "--max-topics 0               | 0 (expected: from 1 to",
                "--coalesce 2s                | 2s (expected: from 0 to 1 second)",
                "--overflow drop              | 'drop' (expected: disconnect, gap, latest)",
                "--write-timeout soon         | 'soon' (expected: a duration",
                "--max-lifetime long          | 'long' (expected: a duration",
                "--max-lifetime 10ms          | --max-lifetime: 10ms (expected: 0 for no end",
                "--max-lifetime 9000h         | (expected: 0 for no end, or from 1 second to 365 days)",
                "--max-connections many       | 'many'",
                "--max-connections -1         | -1 (expected: from 1 to",
                "--max-connections 0          | 0 (expected: from 1 to",
                "--max-connections 2147483647 | the limit of open files",
                "--max-connections-per-ip 0   | 0 (expected: from 1 to",
                "--connect-rate 20            | \"20\" (expected: a number per second, minute or hour",
                "--publish-rate 0/s           | 0 (expected: from 1 to",
                "--request-timeout soon       | 'soon' (expected: a duration",
                "--idle-timeout 9000h         | (expected: from 0 to 365 days)",
                "--http2-max-streams 0        | (expected: from 1 to 100000)",
                "--http2-max-resets 0         | (expected: from 1 to 2147483646)",
                "--trusted-proxy 10.0.0.0/8   | 10.0.0.0/8 (expected: --forwarded or --proxy-protocol as well)",
                "--trusted-proxy 10.0.0.0/99  | \"10.0.0.0/99\" (expected: an address, or a network",
                "--proxy-protocol             | no proxy is trusted (expected: --trusted-proxy as well)",
                "--forwarded forwarded        | no proxy is trusted (expected: --trusted-proxy as well)",
                "--forwarded via              | 'via' (expected: none, forwarded, x-forwarded-for)",
                "--trusted-proxy x --proxy-protocol | \"x\" (expected: an address, or a network",
                "--max-publish-bytes 1t       | '1t' (expected: a size",
                "--max-publish-bytes 4g       | (expected: from 0 to",
                "--allowed-host a/b           | \"a/b\" (expected: a host name or an address)",
                "--cors-origin app.example    | \"app.example\" (expected: *, an origin such as",
                "--tls-cert a                 | a (expected: --tls-key as well)",
                "--tls-key a                  | a (expected: --tls-cert as well)",
                "--tls-client-ca a            | a (expected: --tls-cert as well)",
                "--tls-cert a --tls-key b     | a (expected: a file that can be read",
                "--drain 1y                   | '1y' (expected: a duration",
                "--admin-token ''             | it is empty",
                "--topic a/**                 | a/** (expected: a pattern, then options: events=<number>, bytes=<size>",
                "--topic a/**,events          | 'events' (expected: one of events=<number>",
                "--topic a/**,size=5          | 'size=5' (expected: one of events=<number>",
                "--topic a/**,events=many     | a/**,events=many: events: 'many' (expected: a number)",
                "--topic a/**,events=0        | a/**,events=0: historyEvents: 0 (expected: from 1 to",
                "--topic a/**,bytes=5x        | a/**,bytes=5x: bytes: '5x' (expected: a size",
                "--topic a/**,age=soon        | a/**,age=soon: age: 'soon' (expected: a duration",
                "--topic a/**,overflow=drop   | 'drop' (expected: disconnect, gap, latest)",
                "--topic a/**,conflate=yes    | 'yes' (expected: true or false)",
                "--topic a/**,events=1,events=2 | historyEvents: 2 (expected: one value for a/**, which has 1)",
                "--topic a*,events=1          | a * stands for a whole segment",
                "--topic **,events=1 --topic a,events=2 | a (expected: before **, which matches all of its topics)",
                "--topic **,events=1 --conflate a | a (expected: before **, which matches all of its topics)",
                "--topic a,events=1 --topic a,age=1h | a,age=1h (expected: another pattern than that of a,events=1",
                "--topic a,conflate --history-dir x | a (expected: no topic that conflates in a hub with a history)",
                "--conflate a*                | \"a*\": a * stands for a whole segment",
                "--admin-token @/none         | @/none (expected: @ and a file with a secret)",
                "--publish-token ''           | it is empty (expected: a secret)",
                "--subscribe-token @          | @ (expected: @ and a file with a secret)",
                "--jwt-key /none              | /none (expected: a file that can be read)",
                "--jwt-cookie session         | session (expected: --jwt-key as well)",
                "--max-connections-per-user 0 | 0 (expected: from 1 to",
                "--publish-rate-per-user 20   | \"20\" (expected: a number per second, minute or hour",
                "--redis http://x             | not an address (expected: redis://host:port)",
                "--history-dir y --redis redis://x | y (expected: no --redis",
                "--demonstration              | Unknown option: '--demonstration' (--help lists the options)",
                "--Port 1                     | Unknown option",
            })
    void theMessageNamesABadOptionAsItWasWritten(String arguments, String message) {
        String[] words = Arrays.stream(arguments.split(" "))
                .map(word -> word.equals("''") ? " " : word)
                .toArray(String[]::new);
        assertThatThrownBy(() -> start(words))
                .isInstanceOf(BadOptionException.class)
                .hasMessageContaining(words[0])
                .hasMessageContaining(message)
                .message()
                .doesNotContainPattern("\\R");
    }

    private static void start(String... arguments) throws BadOptionException {
        BundledServer.start(Options.parse(Map.of(), arguments)).close();
    }

    @Test
    void theMessageNamesAPortInUse() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            assertThatThrownBy(() -> start("--port", "" + taken.getLocalPort()))
                    .isInstanceOf(BadOptionException.class)
                    .hasMessageStartingWith(
                            "--port: " + taken.getLocalPort() + " (expected: a free port on host 127.0.0.1; ")
                    .hasMessageContaining("in use");
        }
    }

    @Test
    void anUnknownOptionIsRejected() {
        assertThatThrownBy(() -> start("8080")).hasMessageContaining("8080");
        assertThatThrownBy(() -> start("@file")).hasMessageContaining("@file");
    }

    @Test
    void eachOptionHasAnEnvironmentVariable() throws Exception {
        Options options = Options.parse(
                Map.of(
                        "SLUICE_MAX_CONNECTIONS", "7",
                        "SLUICE_HISTORY_TOTAL_BYTES", "16m",
                        "SLUICE_ALLOWED_HOST", "a.example,b.example",
                        "SLUICE_ADMIN_TOKEN", "${sys:user.home}",
                        "SLUICE_OVERFLOW", "gap",
                        "SLUICE_CONFLATE", "prices/*,seats",
                        "SLUICE_PORT", "1234"),
                "--port",
                "0",
                "--transport",
                "io_uring");
        assertThat(options.maxConnections).isEqualTo(7);
        assertThat(options.historyTotalBytes).isEqualTo(16L << 20);
        assertThat(options.allowedHosts).containsExactly("a.example", "b.example");
        assertThat(options.adminToken).isEqualTo("${sys:user.home}");
        assertThat(options.overflow).isEqualTo(OverflowPolicy.GAP);
        assertThat(options.conflated()).containsExactly("prices/*", "seats");
        assertThat(options.port).as("the command line overrides the variable").isZero();
        assertThat(options.transport).isEqualTo(Transport.IO_URING);
    }

    @Test
    void aConflatedTopicMayContainAComma() throws Exception {
        Options options = Options.parse(
                Map.of("SLUICE_CONFLATE", "not,asked"), "--conflate", "prices,eur/*", "--conflate", "seats");
        assertThat(options.conflated()).containsExactly("prices,eur/*", "seats");
        assertThat(Options.parse(Map.of()).conflated()).isEmpty();
    }

    @Test
    void topicsAreSeparatedBySemicolonsInTheEnvironment() throws Exception {
        Options options = Options.parse(Map.of("SLUICE_TOPIC", "a/*,events=5,age=1h;b,conflate"));
        assertThat(options.topics())
                .containsExactly(
                        new TopicText("a/*,events=5,age=1h", "a/*", List.of("events=5", "age=1h")),
                        new TopicText("b,conflate", "b", List.of("conflate")));
    }

    @Test
    void theMessageNamesABadVariable() {
        assertThatThrownBy(() -> Options.parse(Map.of("SLUICE_HEARTBEAT", "soon")))
                .hasMessageContaining("--heartbeat")
                .hasMessageContaining("SLUICE_HEARTBEAT");
        assertThatThrownBy(() -> BundledServer.start(Options.parse(Map.of("SLUICE_PORT", "70000"))))
                .hasMessage("SLUICE_PORT (--port): 70000 (expected: from 0 to 65535)");
        assertThatThrownBy(() -> BundledServer.start(Options.parse(Map.of("SLUICE_MAX_LIFETIME", "10ms"))))
                .hasMessageStartingWith("SLUICE_MAX_LIFETIME (--max-lifetime): 10ms (expected: ");
    }

    @Test
    void anUnknownVariableIsOnlyLogged() throws Exception {
        Map<String, String> environment =
                Map.of("SLUICE_PROT", "1", "SLUICE_LOG_LEVEL", "INFO", "SLUICE_PORT", "0", "OTHER", "1");
        assertThat(Options.parse(environment).unknownVariables()).containsExactly("SLUICE_PROT");
        Logger log = (Logger) LoggerFactory.getLogger(BundledServer.class);
        ListAppender<ILoggingEvent> lines = new ListAppender<>();
        lines.start();
        log.addAppender(lines);
        log.setAdditive(false);
        try {
            BundledServer.start(Options.parse(environment)).close();
            assertThat(lines.list)
                    .extracting(ILoggingEvent::getFormattedMessage)
                    .containsExactly("not an option, and ignored: SLUICE_PROT (--help lists the options)");
        } finally {
            log.detachAppender(lines);
            log.setAdditive(true);
        }
    }

    @Test
    void durationsAndSizes() throws Exception {
        assertThat(DurationText.parse("0")).isZero();
        assertThat(DurationText.parse("500ms")).isEqualTo(Duration.ofMillis(500));
        assertThat(DurationText.parse("15s")).isEqualTo(Duration.ofSeconds(15));
        assertThat(DurationText.parse("5m")).isEqualTo(Duration.ofMinutes(5));
        assertThat(DurationText.parse("1h")).isEqualTo(Duration.ofHours(1));
        Options options =
                Options.parse(Map.of(), "--history-bytes", "64k", "--max-publish-bytes=16M", "--heartbeat", "0");
        assertThat(options.historyBytes).isEqualTo(65_536);
        assertThat(options.maxPublishBytes).isEqualTo(16L << 20);
        assertThat(options.heartbeat).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"--help", "--version"})
    void informationIsReturnedOnlyIfRequested(String option) throws Exception {
        assertThat(Options.parse(Map.of("SLUICE_PORT", "1"), option).information())
                .isNotBlank();
        assertThat(Options.parse(Map.of()).information()).isNull();
    }
}
