package io.sluice.sse.examples.server;

import io.sluice.sse.history.SyncPolicy;
import io.sluice.sse.netty.Rate;
import io.sluice.sse.netty.SseServerBuilder;
import io.sluice.sse.netty.Transport;
import io.sluice.sse.topic.OverflowPolicy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The options of the bundled server. A value comes from the command line, otherwise from an environment variable
 * ({@code --max-connections} from {@code SLUICE_MAX_CONNECTIONS}), otherwise from the default of the library.
 */
@Command(
        name = "sluice-server",
        usageHelpAutoWidth = true,
        sortOptions = false,
        description = "Serves Server-Sent Events: GET /events/{topic}, POST /publish/{topic}, a page at /.",
        footer = {
            "",
            "Each option can also be set as an environment variable: --max-connections as SLUICE_MAX_CONNECTIONS.",
            "Durations are written 500ms, 15s, 5m, 1h; sizes 64k, 16m; rates 20/s, 100/m, 10/s:50 (with a burst)."
        })
final class Options {

    @Option(names = "--host", paramLabel = "<name>", description = "Address to listen on. Default: 127.0.0.1")
    @Nullable
    String host;

    @Option(
            names = "--port",
            paramLabel = "<number>",
            description = "Port to listen on; 0 takes a free port. Default: 8080")
    @Nullable
    Integer port;

    @Option(
            names = "--transport",
            paramLabel = "<name>",
            converter = OptionValues.TransportName.class,
            description = "auto, io_uring, epoll, kqueue or nio. Default: auto")
    @Nullable
    Transport transport;

    @Option(names = "--threads", paramLabel = "<number>", description = "Event loops. Default: one per core")
    @Nullable
    Integer threads;

    @Option(
            names = "--heartbeat",
            paramLabel = "<duration>",
            description = "Silence after which a client receives a comment; 0 is off. Default: 15s")
    @Nullable
    Duration heartbeat;

    @Option(
            names = "--retry",
            paramLabel = "<duration>",
            description = "Reconnect delay that each stream sends first. Default: 3s")
    @Nullable
    Duration retry;

    @Option(
            names = "--history-events",
            paramLabel = "<number>",
            description = "Events retained per topic. Default: 1000")
    @Nullable
    Integer historyEvents;

    @Option(
            names = "--history-bytes",
            paramLabel = "<size>",
            converter = OptionValues.Size.class,
            description = "Bytes retained per topic. Default: 16m")
    @Nullable
    Long historyBytes;

    @Option(
            names = "--history-age",
            paramLabel = "<duration>",
            description = "How long events are retained. Default: 10m")
    @Nullable
    Duration historyAge;

    @Option(
            names = "--history-total-bytes",
            paramLabel = "<size>",
            converter = OptionValues.Size.class,
            description =
                    "Bytes retained in all topics; above it the oldest event is evicted. Default: 1/4 of the heap")
    @Nullable
    Long historyTotalBytes;

    @Option(
            names = "--history-dir",
            paramLabel = "<path>",
            description = "Directory of a history that outlives the process, with its own limits. Default: none")
    @Nullable
    Path historyDir;

    @Option(
            names = "--history-sync",
            paramLabel = "<policy>",
            converter = OptionValues.SyncPolicyText.class,
            description =
                    "When that history is forced to the disk: always (before the response to a publish), os (when the"
                            + " system decides) or every <duration>. Default: always")
    @Nullable
    SyncPolicy historySync;

    @Option(
            names = "--max-topics",
            paramLabel = "<number>",
            description = "Above it a publish to a new topic gets 429. Default: 1000000")
    @Nullable
    Integer maxTopics;

    @Option(
            names = "--overflow",
            paramLabel = "<policy>",
            converter = OptionValues.OverflowName.class,
            description = "For a client whose next event was evicted: disconnect, gap (continue at the oldest event) or"
                    + " latest. Default: disconnect")
    @Nullable
    OverflowPolicy overflow;

    @Option(
            names = "--coalesce",
            paramLabel = "<duration>",
            description =
                    "How long an event waits for the next one if writing to clients takes more than a quarter of the"
                            + " time, so that both are written together; 0 is off. Default: 15ms")
    @Nullable
    Duration coalesce;

    @Option(
            names = "--conflate",
            paramLabel = "<pattern>",
            description = "Topics that retain only the latest event of each ?key=, whatever its age; repeatable (in the"
                    + " environment separated by commas, which are part of the name here). Default: none")
    List<String> conflate = new ArrayList<>();

    @Option(
            names = "--topic",
            paramLabel = "<pattern,key=value,...>",
            description = "Options of all topics that match the pattern, such as"
                    + " answers/**,events=20000,age=1h,overflow=gap; keys: events bytes age overflow conflate;"
                    + " repeatable (in the environment separated by semicolons), the first match wins. Default: none")
    List<String> topic = new ArrayList<>();

    @Option(
            names = "--write-timeout",
            paramLabel = "<duration>",
            description =
                    "A client that accepts none of its pending bytes for this long is closed; 0 is off. Default: 30s")
    @Nullable
    Duration writeTimeout;

    @Option(
            names = "--max-lifetime",
            paramLabel = "<duration>",
            description =
                    "A stream ends after this time (1s or more, varied by a tenth), its client reconnects; 0 is off."
                            + " Default: off")
    @Nullable
    Duration maxLifetime;

    @Option(
            names = "--max-connections",
            paramLabel = "<number>",
            description = "Maximum of open streams; further ones are rejected. Default: the limit of open files less"
                    + " 512, at most 100000")
    @Nullable
    Integer maxConnections;

    @Option(
            names = "--max-connections-per-ip",
            paramLabel = "<number>",
            description = "Maximum of open streams of one IPv4 address or IPv6 /64; further ones are rejected."
                    + " Default: off")
    @Nullable
    Integer maxConnectionsPerIp;

    @Option(
            names = "--max-sockets-per-ip",
            paramLabel = "<number>",
            description = "Maximum of connections, streams or not, of one IPv4 address or IPv6 /64; further ones are"
                    + " closed. Not for trusted proxies. Default: off")
    @Nullable
    Integer maxSocketsPerIp;

    @Option(
            names = "--connect-rate",
            paramLabel = "<rate>",
            converter = OptionValues.RateText.class,
            description = "How often one address may open a stream, such as 20/s. Default: off")
    @Nullable
    Rate connectRate;

    @Option(
            names = "--publish-rate",
            paramLabel = "<rate>",
            converter = OptionValues.RateText.class,
            description = "How often one address may publish, such as 100/m; above it: 429. Default: off")
    @Nullable
    Rate publishRate;

    @Option(
            names = "--max-connections-per-user",
            paramLabel = "<number>",
            description = "Maximum of open streams of one authenticated principal; further ones are rejected. Default:"
                    + " off")
    @Nullable
    Integer maxConnectionsPerUser;

    @Option(
            names = "--publish-rate-per-user",
            paramLabel = "<rate>",
            converter = OptionValues.RateText.class,
            description = "How often one authenticated principal may publish; above it: 429. Default: off")
    @Nullable
    Rate publishRatePerUser;

    @Option(
            names = "--request-timeout",
            paramLabel = "<duration>",
            description = "How long a request may take to arrive, counted from the accept; 0 is off. Default: 10s")
    @Nullable
    Duration requestTimeout;

    @Option(
            names = "--idle-timeout",
            paramLabel = "<duration>",
            description = "How long a connection may wait for its next request; 0 is off. Default: 60s")
    @Nullable
    Duration idleTimeout;

    @Option(
            names = "--http2-max-streams",
            paramLabel = "<number>",
            description = "Streams and requests that an HTTP/2 connection may have open at a time. Default: 1000")
    @Nullable
    Integer http2MaxStreams;

    @Option(
            names = "--http2-max-resets",
            paramLabel = "<number>",
            description =
                    "More streams than this, reset within 30 seconds, close their HTTP/2 connection. A proxy resets"
                            + " a stream for each page that leaves. Default: 4 times --http2-max-streams, at least 200")
    @Nullable
    Integer http2MaxResets;

    @Option(
            names = "--trusted-proxy",
            split = ",",
            paramLabel = "<network>",
            description = "A proxy whose client addresses are trusted, such as 10.0.0.0/8; repeatable. Needs one of"
                    + " the next two. Default: none")
    List<String> trustedProxies = new ArrayList<>();

    @Option(
            names = "--forwarded",
            paramLabel = "<header>",
            converter = OptionValues.ForwardedName.class,
            description = "Header of trusted proxies with the client address: forwarded, x-forwarded-for or none."
                    + " Default: none")
    ForwardedBy forwarded = ForwardedBy.NONE;

    @Option(
            names = "--proxy-protocol",
            description = "Trusted proxies begin each connection with a PROXY header, version 1 or 2.")
    boolean proxyProtocol;

    @Option(
            names = "--max-publish-bytes",
            paramLabel = "<size>",
            converter = OptionValues.Size.class,
            description = "A larger body gets 413. Default: 1m")
    @Nullable
    Long maxPublishBytes;

    @Option(
            names = "--allowed-host",
            split = ",",
            paramLabel = "<name>",
            description = "A host name that requests may use, others get 421; repeatable. Default: loopback's names if"
                    + " the server listens on loopback, otherwise any")
    List<String> allowedHosts = new ArrayList<>();

    @Option(
            names = "--cors-origin",
            split = ",",
            paramLabel = "<origin>",
            description = "An origin whose pages may use this server, such as https://app.example or"
                    + " https://*.app.example; repeatable. * allows all others, without credentials. Default: none")
    List<String> corsOrigins = new ArrayList<>();

    @Option(
            names = "--publish-token",
            paramLabel = "<secret>",
            description = "Bearer token that publishing needs; repeatable, for rotation (in the environment separated"
                    + " by commas). @path reads it from a file. Default: none")
    List<String> publishTokens = new ArrayList<>();

    @Option(
            names = "--subscribe-token",
            paramLabel = "<secret>",
            description = "Bearer token that streams need; as --publish-token. Default: none")
    List<String> subscribeTokens = new ArrayList<>();

    @Option(
            names = "--jwt-key",
            paramLabel = "<path>",
            description = "Publishing and streams need a JSON web token that this key verifies: a secret (HS256), a"
                    + " public key in PEM (RS256, ES256), or a JWKS file. Its claims sluice.subscribe and"
                    + " sluice.publish list topic patterns. A changed file is used without a restart. Default: none")
    @Nullable
    Path jwtKey;

    @Option(
            names = "--jwt-cookie",
            paramLabel = "<name>",
            description = "A cookie that may have the token instead of the header Authorization. Default: none")
    @Nullable
    String jwtCookie;

    @Option(
            names = "--wrong-token-rate",
            paramLabel = "<rate>",
            converter = OptionValues.RateText.class,
            description = "How often one address may send a wrong token or ticket; above it all its tokens get 429."
                    + " Default: 100/s")
    Rate wrongTokenRate = new Rate(100, Duration.ofSeconds(1));

    @Option(
            names = "--tls-cert",
            paramLabel = "<path>",
            description = "Serves HTTPS with this certificate and the ones that link it to its authority, in PEM. A"
                    + " changed file is used for new connections. Default: plain HTTP")
    @Nullable
    Path tlsCert;

    @Option(
            names = "--tls-key",
            paramLabel = "<path>",
            description = "The key of that certificate: PKCS #8 in PEM, not encrypted")
    @Nullable
    Path tlsKey;

    @Option(
            names = "--tls-client-ca",
            paramLabel = "<path>",
            description = "Authorities in PEM; a client without a certificate of one of them is rejected."
                    + " Default: clients need none")
    @Nullable
    Path tlsClientCa;

    @Option(names = "--compression", description = "Streams are compressed for clients that accept gzip. Default: off")
    boolean compression;

    @Option(names = "--drain", paramLabel = "<duration>", description = "How long a shutdown may take. Default: 5s")
    Duration drain = SseServerBuilder.DEFAULT_DRAIN;

    @Option(
            names = "--redis",
            paramLabel = "<address>",
            description = "Redis that joins several servers to one hub: redis://host:port, rediss:// for TLS, or"
                    + " redis-sentinel://host:port#master; or @path of a file with it. Default: none")
    @Nullable
    String redis;

    @Option(names = "--node", paramLabel = "<name>", description = "This server's name. Default: the host name")
    @Nullable
    String node;

    @Option(
            names = "--admin-token",
            paramLabel = "<secret>",
            description = "Bearer token for /admin, or @path of a file with it; without it /admin is available on"
                    + " loopback only")
    @Nullable
    String adminToken;

    @Option(
            names = "--demo",
            description = "Starts the sources that the page at / shows: a job and a stream of tokens. Default: off")
    boolean demo;

    @Option(names = "--help", usageHelp = true, description = "Shows this.")
    boolean help;

    @Option(names = "--version", versionHelp = true, description = "Shows the version.")
    boolean version;

    /** The header in which proxies send the address of the client. */
    enum ForwardedBy {
        NONE,
        FORWARDED,
        X_FORWARDED_FOR
    }

    private final OptionSources sources;

    private Options(Map<String, String> environment) {
        this.sources = new OptionSources(new CommandLine(this), environment);
    }

    /**
     * Parses the options.
     *
     * @throws BadOptionException if an option is unknown or its value is invalid; the message names the option as it
     *     was written
     */
    static Options parse(Map<String, String> environment, String... arguments) throws BadOptionException {
        Options options = new Options(environment);
        options.sources.parse(version(), arguments);
        return options;
    }

    /** As {@link OptionSources#unknownVariables}. */
    List<String> unknownVariables() {
        return sources.unknownVariables();
    }

    /** The output of {@code --help} or {@code --version}; null if neither was given. */
    @Nullable
    String information() {
        if (help) {
            return sources.usage();
        }
        return version ? version() + System.lineSeparator() : null;
    }

    private static String version() {
        String version = Options.class.getPackage().getImplementationVersion();
        return "Sluice " + (version == null ? "(not from its jar)" : version);
    }

    /** The patterns of topics that conflate. */
    List<String> conflated() {
        return sources.repeated("--conflate", conflate, ",");
    }

    /** The options of topics by pattern. In an environment variable semicolons separate them. */
    List<TopicText> topics() {
        return sources.repeated("--topic", topic, ";").stream()
                .map(TopicText::of)
                .toList();
    }

    /**
     * The secrets of a repeatable option; {@code @path} stands for the content of a file.
     *
     * @throws BadOptionException if one is empty, or its file cannot be read; the message contains no secret
     */
    List<String> secrets(String option, List<String> values) throws BadOptionException {
        List<String> secrets = new ArrayList<>();
        for (String value : sources.repeated(option, values, ",")) {
            secrets.add(secret(option, value));
        }
        return secrets;
    }

    /** As {@link #secrets}, for one value. */
    String secret(String option, String value) throws BadOptionException {
        String secret = value;
        if (value.startsWith("@")) {
            try {
                secret = Files.readString(Path.of(value.substring(1))).strip();
            } catch (IOException | InvalidPathException e) {
                throw new BadOptionException(named(option) + ": " + value + " (expected: @ and a file with a secret)");
            }
        }
        if (secret.isBlank()) {
            throw new BadOptionException(named(option) + ": it is empty (expected: a secret)");
        }
        return secret;
    }

    /** As {@link #invalid}, but with the value as the user wrote it: the library would print PT0.01S for 10ms. */
    BadOptionException invalidAsTyped(String option, Exception error) {
        String message = String.valueOf(error.getMessage());
        String typed = sources.typed(option);
        int expected = message.indexOf(" (expected");
        return expected < 0 || typed == null
                ? invalid(option, error)
                : new BadOptionException(named(option) + ": " + typed + message.substring(expected));
    }

    /**
     * Translates an error of the library about an option: its message starts with the library's name of the option and
     * a colon.
     */
    BadOptionException invalid(String option, Exception error) {
        String message = String.valueOf(error.getMessage());
        int colon = message.indexOf(": ");
        return new BadOptionException(named(option) + (colon < 0 ? ": " + message : message.substring(colon)));
    }

    BadOptionException invalidHost() {
        return new BadOptionException(named("--host") + ": " + host
                + " (expected: an address of this machine, or a name that resolves to one)");
    }

    /** As {@link OptionSources#named}. */
    String named(String option) {
        return sources.named(option);
    }
}
