package io.sluice.sse.examples.server;

import io.sluice.sse.hub.Hub;
import io.sluice.sse.netty.SseServer;
import java.lang.management.ManagementFactory;
import java.lang.reflect.Proxy;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.LoggerFactory;

/**
 * Starts and stops the bundled server. Standard output gets one line, the address on which the server listens;
 * everything else goes to standard error. Exit status: 0 after a drain, 2 if an option is wrong.
 */
public final class Main {

    /** Time to release everything after the drain: one second, less what the JVM itself needs to exit. */
    private static final long AFTER_DRAIN_MILLIS = 700;

    private static final long AFTER_HISTORY_MILLIS = 200;

    /** Whether Netty's buffers emit Flight Recorder events. Loading this takes time even without a recording. */
    private static final String NETTY_JFR = "io.netty.jfr.enabled";

    private Main() {}

    /** Runs the server until a signal ends it. */
    public static void main(String[] args) throws InterruptedException {
        // A client could otherwise repeat the costly part of a TLS 1.2 handshake on one connection without an end.
        System.setProperty("jdk.tls.rejectClientInitiatedRenegotiation", "true");
        // Loading the classes for streams takes as long as parsing the options, so both run in parallel.
        Thread loading = background("sluice-load", Main::preload);
        BundledServer running;
        try {
            Options options = Options.parse(System.getenv(), args);
            String information = options.information();
            if (information != null) {
                System.out.print(information);
                return;
            }
            ManagementFactory.getOperatingSystemMXBean(); // has the limit of open files, and is slow to load
            loading.join();
            running = BundledServer.start(options);
        } catch (BadOptionException e) {
            System.err.println(e.getMessage());
            System.exit(2);
            return;
        }
        Runtime.getRuntime().addShutdownHook(new Thread(() -> shutDown(running), "sluice-shutdown"));
        drainAtFirstSignal("TERM", 15);
        drainAtFirstSignal("INT", 2);
        System.out.println("Sluice listening on " + running.server().uri());
        System.out.flush();
        background("sluice-warm-up", running::warmUp);
        running.server().awaitTermination(); // keeps the JVM alive, because event loops are daemon threads
    }

    private static void preload() {
        // first, because loggers created during its initialization would be substitutes
        LoggerFactory.getILoggerFactory();
        if (System.getProperty(NETTY_JFR) == null) {
            System.setProperty(NETTY_JFR, "false");
        }
        try {
            WarmUp.serve();
        } catch (RuntimeException | LinkageError e) { // only the first client is slower
            LoggerFactory.getLogger(Main.class).debug("preloading failed", e);
        }
    }

    private static Thread background(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private static void shutDown(BundledServer running) {
        SseServer server = running.server();
        long deadline = running.options().drain.toMillis() + AFTER_DRAIN_MILLIS;
        try {
            server.close(running.options().drain).toCompletableFuture().get(deadline, TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException | InterruptedException e) {
            LoggerFactory.getLogger(Main.class).warn("not everything was released in time");
        }
        closeWithin(server.hub(), AFTER_HISTORY_MILLIS);
        Runtime.getRuntime().halt(0); // a JVM that ends on a signal would exit with status 143
    }

    /** If the disk does not take the history in time, its files are left as after the death of the process. */
    private static void closeWithin(Hub hub, long millis) {
        Thread closing = background("sluice-close", hub::close);
        try {
            closing.join(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (closing.isAlive()) {
            LoggerFactory.getLogger(Main.class)
                    .warn("the history was not written in time: the next start will treat this as an unclean stop");
        }
    }

    /**
     * On the first signal the JVM exits through its shutdown hook; on the second it halts at once. The JVM's default
     * handler would ignore the second signal. The code uses reflection because the compiler's warning for {@code
     * sun.misc} cannot be suppressed. Where that class is missing, or the JVM was started with {@code -Xrs}, the
     * default handler stays.
     */
    private static void drainAtFirstSignal(String name, int number) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            Object ours = Proxy.newProxyInstance(
                    Main.class.getClassLoader(), new Class<?>[] {handler}, (proxy, method, arguments) -> {
                        if (!method.getName().equals("handle")) {
                            return null;
                        }
                        if (SIGNALLED.compareAndSet(false, true)) {
                            System.exit(0);
                        }
                        Runtime.getRuntime().halt(128 + number);
                        return null;
                    });
            signal.getMethod("handle", signal, handler)
                    .invoke(null, signal.getConstructor(String.class).newInstance(name), ours);
        } catch (ReflectiveOperationException | RuntimeException e) {
            LoggerFactory.getLogger(Main.class).debug("signal {} keeps the JVM's default handler", name, e);
        }
    }

    private static final AtomicBoolean SIGNALLED = new AtomicBoolean();
}
