package io.sluice.sse.examples.server;

import io.sluice.sse.hub.Hub;
import io.sluice.sse.netty.SseServer;
import java.lang.management.ManagementFactory;
import java.lang.reflect.Proxy;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.LoggerFactory;

/**
 * Starts the bundled server, and ends it. Standard output gets one line, where it listens; everything else goes to
 * standard error. Exit status: 0 after a drain, 2 if an option is wrong.
 */
public final class Main {

    /** The second that is left after the drain, less what the JVM itself takes. */
    private static final long AFTER_DRAIN_MILLIS = 700;

    private static final long AFTER_HISTORY_MILLIS = 200;

    /** Whether Netty's buffers tell the flight recorder of themselves; it takes its time to load, recording or not. */
    private static final String NETTY_JFR = "io.netty.jfr.enabled";

    private Main() {}

    /** Runs the server until a signal ends it. */
    public static void main(String[] args) throws InterruptedException {
        // What streams need takes as long to load as the options do, so the two load side by side.
        Thread loading = background("sluice-load", Main::load);
        BundledServer running;
        try {
            Options options = Options.parse(System.getenv(), args);
            String information = options.information();
            if (information != null) {
                System.out.print(information);
                return;
            }
            ManagementFactory.getOperatingSystemMXBean(); // knows the limit of open files, and takes its time to load
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
        new CountDownLatch(1).await(); // event loops are daemons
    }

    private static void load() {
        LoggerFactory.getILoggerFactory(); // first: a logger that somebody asks for meanwhile would be a substitute
        if (System.getProperty(NETTY_JFR) == null) {
            System.setProperty(NETTY_JFR, "false");
        }
        try {
            WarmUp.serve();
        } catch (RuntimeException | LinkageError e) { // the first client waits, no more
            LoggerFactory.getLogger(Main.class).debug("loading ahead failed", e);
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
        Runtime.getRuntime().halt(0); // a JVM that a signal ends would say 143
    }

    /** A history that the disk does not take in time is left as the death of the process would leave it. */
    private static void closeWithin(Hub hub, long millis) {
        Thread closing = background("sluice-close", hub::close);
        try {
            closing.join(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (closing.isAlive()) {
            LoggerFactory.getLogger(Main.class)
                    .warn("the history was not written in time: the next start takes it for an unclean stop");
        }
    }

    /**
     * The first signal ends the JVM by its hook, the second at once: a JVM alone would not hear the second. By
     * reflection, since a compiler warns of {@code sun.misc} and cannot be told not to; where it is missing, or the JVM
     * was started with {@code -Xrs}, the JVM's own way is left.
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
            LoggerFactory.getLogger(Main.class).debug("signal {} keeps the JVM's own handler", name, e);
        }
    }

    private static final AtomicBoolean SIGNALLED = new AtomicBoolean();
}
