package io.sluice.sse.examples.server;

import io.sluice.sse.history.SyncPolicy;
import io.sluice.sse.netty.Rate;
import io.sluice.sse.netty.SseServerBuilder;
import io.sluice.sse.netty.Transport;
import io.sluice.sse.topic.OverflowPolicy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The options of the bundled server: from the command line, else from an environment variable ({@code --max-connections}
 * from {@code SLUICE_MAX_CONNECTIONS}), else the default of the library. What is not given is left to the library.
 */
@Command(
        name = "sluice-server",
        usageHelpAutoWidth = true,
        sortOptions = false,
        description = "Serves Server-Sent Events: GET /events/{topic}, POST /publish/{topic}, a page at /.",
        footer = {
            "",
            "Each option is an environment variable too: --max-connections is SLUICE_MAX_CONNECTIONS.",
            "Durations are written 500ms, 15s, 5m, 1h; sizes 64k, 16m; rates 20/s, 100/m."
        })
final class Options {

    @Option(names = "--host", paramLabel = "<name>", description = "Where it listens. Default: 127.0.0.1")
    @Nullable
    String host;

    @Option(names = "--port", paramLabel = "<number>", description = "Its port; 0 takes a free one. Default: 8080")
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
            description = "Silence after which a client gets a comment; 0 is off. Default: 15s")
    @Nullable
    Duration heartbeat;

    @Option(
            names = "--retry",
            paramLabel = "<duration>",
            description = "When clients shall come back, said first on each stream. Default: 3s")
    @Nullable
    Duration retry;

    @Option(names = "--history-events", paramLabel = "<number>", description = "Events kept per topic. Default: 1000")
    @Nullable
    Integer historyEvents;

    @Option(
            names = "--history-bytes",
            paramLabel = "<size>",
            converter = OptionValues.Size.class,
            description = "Bytes kept per topic. Default: 16m")
    @Nullable
    Long historyBytes;

    @Option(names = "--history-age", paramLabel = "<duration>", description = "How long events are kept. Default: 10m")
    @Nullable
    Duration historyAge;

    @Option(
            names = "--history-total-bytes",
            paramLabel = "<size>",
            converter = OptionValues.Size.class,
            description = "Bytes kept in all topics together; past it the oldest event goes. Default: 1/4 of the heap")
    @Nullable
    Long historyTotalBytes;

    @Option(
            names = "--history-dir",
            paramLabel = "<path>",
            description = "Directory of a history that outlives the process, with bounds of its own. Default: none")
    @Nullable
    Path historyDir;

    @Option(
            names = "--history-sync",
            paramLabel = "<policy>",
            converter = OptionValues.SyncPolicyText.class,
            description = "When that history is forced to the disk: always (before a publish is answered), os (when the"
                    + " system likes to) or each <duration>. Default: always")
    @Nullable
    SyncPolicy historySync;

    @Option(
            names = "--max-topics",
            paramLabel = "<number>",
            description = "Past it a publish to a new topic gets 429. Default: 1000000")
    @Nullable
    Integer maxTopics;

    @Option(
            names = "--overflow",
            paramLabel = "<policy>",
            converter = OptionValues.OverflowName.class,
            description = "For a client that the history has passed by: disconnect, gap (go on at the oldest kept) or"
                    + " latest. Default: disconnect")
    @Nullable
    OverflowPolicy overflow;

    @Option(
            names = "--coalesce",
            paramLabel = "<duration>",
            description =
                    "How long an event waits for the next one where writing to the clients takes more than a quarter of the"
                            + " time, so that both leave together; 0 is off. Default: 15ms")
    @Nullable
    Duration coalesce;

    @Option(
            names = "--conflate",
            paramLabel = "<pattern>",
            description = "Topics of which the latest event of each ?key= is kept, whatever its age; repeatable (in the"
                    + " environment separated by commas, which here are part of the name). Default: none")
    List<String> conflate = new ArrayList<>();

    @Option(
            names = "--write-timeout",
            paramLabel = "<duration>",
            description = "A client whose pending bytes do not move for this long is closed; 0 is off. Default: 30s")
    @Nullable
    Duration writeTimeout;

    @Option(
            names = "--max-lifetime",
            paramLabel = "<duration>",
            description =
                    "A stream is ended after this time (1s or more), a tenth more or less, and its client comes back; 0 is off."
                            + " Default: off")
    @Nullable
    Duration maxLifetime;

    @Option(
            names = "--max-connections",
            paramLabel = "<number>",
            description = "Streams at a time; above it newcomers are refused. Default: the limit of open files less"
                    + " 512, at most 100000")
    @Nullable
    Integer maxConnections;

    @Option(
            names = "--max-connections-per-ip",
            paramLabel = "<number>",
            description = "Streams at a time from one IPv4 address or IPv6 /64; above it newcomers are refused."
                    + " Default: off")
    @Nullable
    Integer maxConnectionsPerIp;

    @Option(
            names = "--connect-rate",
            paramLabel = "<rate>",
            converter = OptionValues.RateText.class,
            description = "How often one address may ask for a stream, such as 20/s. Default: off")
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
            names = "--trusted-proxy",
            split = ",",
            paramLabel = "<network>",
            description = "A proxy that may say for whom it speaks, such as 10.0.0.0/8; repeatable. With it goes one of"
                    + " the next two. Default: none")
    List<String> trustedProxies = new ArrayList<>();

    @Option(
            names = "--forwarded",
            paramLabel = "<header>",
            converter = OptionValues.ForwardedName.class,
            description = "What trusted proxies say it by: forwarded, x-forwarded-for or none. Default: none")
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
            description = "A name that requests may ask for, others get 421; repeatable. Default: loopback's names when"
                    + " it listens on loopback, else any")
    List<String> allowedHosts = new ArrayList<>();

    @Option(names = "--drain", paramLabel = "<duration>", description = "How long a shutdown may take. Default: 5s")
    Duration drain = SseServerBuilder.DEFAULT_DRAIN;

    @Option(names = "--node", paramLabel = "<name>", description = "This server's name. Default: the host name")
    @Nullable
    String node;

    @Option(
            names = "--admin-token",
            paramLabel = "<secret>",
            description = "Bearer token for /admin; without it /admin answers on loopback only")
    @Nullable
    String adminToken;

    @Option(names = "--help", usageHelp = true, description = "Shows this.")
    boolean help;

    @Option(names = "--version", versionHelp = true, description = "Shows the version.")
    boolean version;

    /** The header by which proxies say for whom they speak. */
    enum ForwardedBy {
        NONE,
        FORWARDED,
        X_FORWARDED_FOR
    }

    /** Where the options come from that the command line leaves out. */
    private final Map<String, String> environment;

    private final CommandLine line;

    private Options(Map<String, String> environment) {
        this.environment = environment;
        this.line = new CommandLine(this);
    }

    /**
     * Reads the options.
     *
     * @throws BadOptionException if one is unknown, or its value is none; the message names it as it was written
     */
    static Options parse(Map<String, String> environment, String... arguments) throws BadOptionException {
        Options options = new Options(environment);
        CommandLine line = options.line;
        line.setExpandAtFiles(false);
        line.setInterpolateVariables(false); // a token may hold any character
        line.registerConverter(Duration.class, OptionValues::duration);
        line.getCommandSpec().version(version());
        line.setDefaultValueProvider(argument ->
                argument instanceof OptionSpec option ? environment.get(variable(option.longestName())) : null);
        try {
            line.parseArgs(arguments);
        } catch (ParameterException e) {
            ArgSpec argument = e.getArgSpec();
            boolean fromEnvironment = argument instanceof OptionSpec option
                    && Arrays.stream(arguments).noneMatch(given -> given.startsWith(option.longestName()))
                    && environment.containsKey(variable(option.longestName()));
            String from = fromEnvironment
                    ? " (from the environment variable " + variable(((OptionSpec) argument).longestName()) + ")"
                    : "";
            String help = e instanceof UnmatchedArgumentException ? " (--help lists the options)" : "";
            throw new BadOptionException(e.getMessage() + from + help);
        }
        return options;
    }

    private static String variable(String option) {
        return "SLUICE_" + option.substring(2).replace('-', '_').toUpperCase(Locale.ROOT);
    }

    /** Names of the environment that look like options and are none, sorted. */
    List<String> unknownVariables() {
        Set<String> known = new HashSet<>(Set.of("SLUICE_LOG_LEVEL")); // LogSetup reads it
        line.getCommandSpec().options().forEach(option -> known.add(variable(option.longestName())));
        return environment.keySet().stream()
                .filter(name -> name.startsWith("SLUICE_") && !known.contains(name))
                .sorted()
                .toList();
    }

    /** What {@code --help} and {@code --version} print; null if neither was asked for. */
    @Nullable
    String information() {
        if (help) {
            return line.getUsageMessage(CommandLine.Help.Ansi.OFF);
        }
        return version ? version() + System.lineSeparator() : null;
    }

    private static String version() {
        String version = Options.class.getPackage().getImplementationVersion();
        return "Sluice " + (version == null ? "(not from its jar)" : version);
    }

    /** An environment variable cannot be repeated, so commas separate there; on the command line one belongs to its name. */
    List<String> conflated() {
        boolean onLine = line.getParseResult().hasMatchedOption("--conflate");
        return onLine
                ? conflate
                : conflate.stream()
                        .flatMap(patterns -> Arrays.stream(patterns.split(",")))
                        .toList();
    }

    /** As {@link #refused}, with the value as the user wrote it: the library would say PT0.01S for 10ms. */
    BadOptionException refusedAsTyped(String option, Exception refusal) {
        String said = String.valueOf(refusal.getMessage());
        List<String> typed = line.getParseResult().hasMatchedOption(option)
                ? line.getParseResult().matchedOption(option).originalStringValues()
                : List.of(environment.getOrDefault(variable(option), ""));
        int expected = said.indexOf(" (expected");
        return expected < 0 || typed.isEmpty()
                ? refused(option, refusal)
                : new BadOptionException(named(option) + ": " + typed.get(0) + said.substring(expected));
    }

    /** What a library has said about an option: its messages begin with its own name for it, and a colon. */
    BadOptionException refused(String option, Exception refusal) {
        String said = String.valueOf(refusal.getMessage());
        int colon = said.indexOf(": ");
        return new BadOptionException(named(option) + (colon < 0 ? ": " + said : said.substring(colon)));
    }

    BadOptionException refusedHost() {
        return new BadOptionException(
                named("--host") + ": " + host + " (expected: an address of this machine, or a name that leads to one)");
    }

    /** What the user has called it: the option, or the environment variable that stands for it. */
    String named(String option) {
        boolean onLine = line.getParseResult().hasMatchedOption(option);
        return onLine || !environment.containsKey(variable(option)) ? option : variable(option) + " (" + option + ")";
    }
}
