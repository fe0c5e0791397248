package io.sluice.sse.redis;

import io.lettuce.core.RedisURI;
import io.sluice.sse.backplane.Backplane;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Joins the hubs of several nodes by a stream of Redis 7 or later, or of Valkey.
 *
 * <pre>{@code
 * Hub hub = Hub.builder()
 *         .backplane(RedisBackplane.builder("redis://redis:6379", "shop").build())
 *         .build();
 * }</pre>
 *
 * <p>All hubs with the same name at the same Redis are one hub. While Redis is away, clients stay connected and
 * publications fail with a {@link io.sluice.sse.backplane.BackplaneException}. A failover of Redis can lose events that
 * it has acknowledged. This cannot be prevented here, but it is always detected: each client that may have missed an
 * event gets a gap. Thread-safe.
 */
public final class RedisBackplane implements Backplane {

    private final RedisOptions options;
    private final Counters counters = new Counters();
    private @Nullable Appender appender;
    private @Nullable StreamPages pages;
    private @Nullable RedisLoop loop;

    private RedisBackplane(RedisOptions options) {
        this.options = options;
    }

    /**
     * The options of a backplane.
     *
     * @param uri where Redis is: {@code redis://host:port}, {@code rediss://} for TLS, or {@code
     *     redis-sentinel://host:port,host:port#master}, with {@code :password@} or {@code user:password@} before the
     *     host
     * @param hub the name of the hub: letters, digits and {@code . _ -}
     * @throws IllegalArgumentException if the address or the name is not valid
     */
    public static Builder builder(String uri, String hub) {
        return new Builder(uri, hub);
    }

    @Override
    public void open(Receiver receiver, long newEpoch) {
        synchronized (this) {
            if (loop != null) {
                throw new IllegalStateException("a backplane serves one hub");
            }
            String publisher = options.node() + "~" + Long.toString(new SecureRandom().nextLong() >>> 1, 36);
            String digest = sha1(Scripts.APPEND);
            Appender newAppender = new Appender(options, publisher, digest, counters);
            StreamPages newPages = new StreamPages(options, newAppender);
            StreamOrder order = new StreamOrder(
                    receiver, newAppender, counters, newPages, options.bounds().entryBytes());
            appender = newAppender;
            pages = newPages;
            loop = new RedisLoop(options, newAppender, order, newPages, counters, Long.toString(newEpoch), publisher);
        }
        opened(loop).start(options.timeouts().start());
    }

    private static String sha1(String script) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-1").digest(script.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-1", e);
        }
    }

    private static <T> T opened(@Nullable T part) {
        if (part == null) {
            throw new IllegalStateException("the backplane is not open");
        }
        return part;
    }

    @Override
    public void append(Change change, Receipt receipt) {
        opened(appender).append(change, receipt, System.currentTimeMillis());
    }

    @Override
    public void refused(Change.Events events) {
        opened(appender).release(events);
    }

    /** Another node may have noticed before this one that a new epoch has begun. */
    @Override
    public boolean isAhead(long position, long head) {
        return Position.isAhead(position, head);
    }

    @Override
    public boolean isReadable() {
        return true;
    }

    @Override
    public Page read(long after, long upTo, int changes, boolean newest) {
        return opened(pages).read(after, upTo, changes, newest);
    }

    @Override
    public Status status() {
        RedisLoop opened = loop;
        return new Status(
                opened == null ? "not open" : opened.unavailable(),
                counters.appended.sum(),
                counters.received.sum(),
                counters.lag.get(),
                counters.gaps.sum(),
                counters.reconnects.sum(),
                counters.skipped.sum());
    }

    @Override
    public void close() {
        RedisLoop running = loop;
        Appender waiting = appender;
        if (running != null && waiting != null) {
            waiting.close();
            running.close();
        }
    }

    /** The options of a backplane. Each is checked when it is set. Not thread-safe. */
    public static final class Builder {

        private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,100}");

        private final RedisURI uri;
        private final String hub;
        private String node = "node";
        private Duration commandTimeout = Duration.ofSeconds(5);
        private Duration awayTimeout = Duration.ZERO;
        private Duration startTimeout = Duration.ofSeconds(3);
        private Duration chosenIdAge = Duration.ofMinutes(10);
        private long streamEntries = 100_000;
        private @Nullable Duration streamAge;
        private int loadedEntries = 10_000;
        private int pendingEntries = 65_536;
        private long pendingBytes = 64L << 20;
        private int entryBytes = 4 << 20;

        private Builder(String uri, String hub) {
            this.uri = uriOf(uri);
            this.hub = name("hub", hub);
        }

        private static RedisURI uriOf(String uri) {
            // Messages do not repeat the address, because it may have a password.
            String expected = "uri: not an address of Redis (expected: redis://host:port)";
            RedisURI parsed;
            try {
                parsed = RedisURI.create(Objects.requireNonNull(uri, "uri"));
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(expected);
            }
            if (parsed.getSentinels().isEmpty() && (parsed.getHost() == null || parsed.getPort() < 1)) {
                throw new IllegalArgumentException(expected);
            }
            return parsed;
        }

        private static String name(String option, String name) {
            if (!NAME.matcher(Objects.requireNonNull(name, option)).matches()) {
                throw new IllegalArgumentException(
                        option + ": \"" + name + "\" (expected: 1 to 100 letters, digits and . _ -)");
            }
            return name;
        }

        /**
         * The name of this node, for operators. It need not be unique. {@code node} by default.
         *
         * @throws IllegalArgumentException if it has other characters than letters, digits and {@code . _ -}
         */
        public Builder node(String name) {
            node = name("node", name);
            return this;
        }

        /**
         * How long Redis may take to answer. Then the connection counts as lost, and a new one is made. 5 seconds by
         * default.
         *
         * @throws IllegalArgumentException if it is not from 100 ms to 1 minute
         */
        public Builder commandTimeout(Duration timeout) {
            commandTimeout = within("commandTimeout", timeout, Duration.ofMillis(100), Duration.ofMinutes(1));
            return this;
        }

        /**
         * How long a publication waits for Redis to come back. By default it fails at once.
         *
         * @throws IllegalArgumentException if it is not from 0 to 1 minute
         */
        public Builder awayTimeout(Duration timeout) {
            awayTimeout = within("awayTimeout", timeout, Duration.ZERO, Duration.ofMinutes(1));
            return this;
        }

        /**
         * How long a node waits for Redis when it begins. Then it begins without it, as it does at once if Redis
         * refuses the connection. It has no events then, and publications fail until Redis is there. 3 seconds by
         * default.
         *
         * @throws IllegalArgumentException if it is not from 0 to 1 minute
         */
        public Builder startTimeout(Duration timeout) {
            startTimeout = within("startTimeout", timeout, Duration.ZERO, Duration.ofMinutes(1));
            return this;
        }

        /**
         * How long Redis remembers an id that a publisher chose: an event with the same id is a duplicate for so long.
         * 10 minutes by default.
         *
         * @throws IllegalArgumentException if it is not from 1 second to 30 days
         */
        public Builder chosenIdAge(Duration age) {
            chosenIdAge = within("chosenIdAge", age, Duration.ofSeconds(1), Duration.ofDays(30));
            return this;
        }

        /**
         * About how many entries the stream keeps. Older ones are trimmed. 100,000 by default.
         *
         * @throws IllegalArgumentException if it is less than 1
         */
        public Builder streamEntries(long entries) {
            streamEntries = within("streamEntries", entries, 1, Long.MAX_VALUE);
            return this;
        }

        /**
         * About how long the stream keeps an entry, by the clock of its publisher. Every node trims what is older. By
         * default only the number of entries bounds the stream.
         *
         * @throws IllegalArgumentException if it is not from 1 second to 365 days
         */
        public Builder streamAge(Duration age) {
            streamAge = within("streamAge", age, Duration.ofSeconds(1), Duration.ofDays(365));
            return this;
        }

        /**
         * How many of the newest entries a node reads when it begins, at most 64 MiB of them. 10,000 by default.
         *
         * @throws IllegalArgumentException if it is not from 0 to a million
         */
        public Builder loadedEntries(int entries) {
            loadedEntries = (int) within("loadedEntries", entries, 0, 1_000_000);
            return this;
        }

        /**
         * How many changes of this node may wait for their place in the stream. Above it publications fail. 65,536 by
         * default.
         *
         * @throws IllegalArgumentException if it is not from 1 to a million
         */
        public Builder pendingEntries(int entries) {
            pendingEntries = (int) within("pendingEntries", entries, 1, 1_000_000);
            return this;
        }

        /**
         * How many bytes these changes may have. 64 MiB by default.
         *
         * @throws IllegalArgumentException if it is less than 1
         */
        public Builder pendingBytes(long bytes) {
            pendingBytes = within("pendingBytes", bytes, 1, Long.MAX_VALUE);
            return this;
        }

        /**
         * How large an entry may be. A larger publication fails, and a larger entry of another program is skipped. 4
         * MiB by default.
         *
         * @throws IllegalArgumentException if it is not from 1 KiB to 256 MiB
         */
        public Builder entryBytes(int bytes) {
            entryBytes = (int) within("entryBytes", bytes, 1 << 10, 256 << 20);
            return this;
        }

        /** A backplane with these options. It connects when a hub opens it. */
        public RedisBackplane build() {
            return new RedisBackplane(new RedisOptions(
                    uri,
                    hub,
                    node,
                    new RedisOptions.Timeouts(commandTimeout, awayTimeout, startTimeout, chosenIdAge),
                    new RedisOptions.Bounds(
                            streamEntries, streamAge, loadedEntries, pendingEntries, pendingBytes, entryBytes)));
        }

        private static Duration within(String option, Duration value, Duration least, Duration most) {
            Objects.requireNonNull(value, option);
            if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
                throw new IllegalArgumentException(
                        option + ": " + value + " (expected: from " + least + " to " + most + ")");
            }
            return value;
        }

        private static long within(String option, long value, long least, long most) {
            if (value < least || value > most) {
                String range = most == Long.MAX_VALUE ? "at least " + least : "from " + least + " to " + most;
                throw new IllegalArgumentException(option + ": " + value + " (expected: " + range + ")");
            }
            return value;
        }
    }
}
