package io.sluice.sse.netty;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.awaitility.Awaitility.await;

import io.netty.util.ResourceLeakDetector;
import io.netty.util.ResourceLeakDetectorFactory;
import io.netty.util.ResourceLeakTracker;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.regex.Pattern;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Fails a test class after which Netty reports a leak.
 *
 * <p>JUnit finds it through {@code META-INF/services} and creates it before a test class is initialized, so it provides
 * every leak detector of Netty. The test classes of one JVM run one after another. A leak becomes visible only after
 * the collector has found the object. Therefore the guard leaks a canary and waits until its detector reports it. If
 * the detector never does, the guard cannot see leaks, and that is a failure too.
 */
public final class LeakGuard implements AfterAllCallback {
    // The collector may report the canary just before the other leaks, but not the next canary.
    private static final int ROUNDS = 2;

    private static final Pattern HARNESS = Pattern.compile(
            "(?m)^\\s+(org\\.junit|org\\.apache\\.maven|java\\.base/(jdk\\.internal|java\\.lang)\\.reflect)\\..*\\R");

    // Static: each test class has its own guard, but Netty keeps the detectors of the first one.
    private static final Queue<String> LEAKS = new ConcurrentLinkedQueue<>();
    private static final Queue<Detector<?>> DETECTORS = new ConcurrentLinkedQueue<>();

    static {
        ResourceLeakDetectorFactory.setResourceLeakDetectorFactory(new Factory());
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
    }

    /** Called by JUnit. */
    public LeakGuard() {}

    @Override
    public void afterAll(ExtensionContext context) {
        for (int round = 0; round < ROUNDS; round++) {
            Canary canary = new Canary();
            canary.track(new Object());
            await("the canary of LeakGuard").atMost(30, SECONDS).until(() -> {
                collect();
                DETECTORS.forEach(LeakGuard::poll);
                poll(canary);
                return canary.reported;
            });
        }
        List<String> found = new ArrayList<>();
        for (String leak = LEAKS.poll(); leak != null; leak = LEAKS.poll()) {
            found.add(leak);
        }
        if (!found.isEmpty()) {
            throw new AssertionError("LEAK: %d in %s or in a class before it\n%s"
                    .formatted(found.size(), context.getDisplayName(), String.join("\n", found)));
        }
    }

    /** Runs the collector, and waits until it reports what it has found: to run it once more costs far more. */
    private static void collect() throws InterruptedException {
        ReferenceQueue<Object> queue = new ReferenceQueue<>();
        Reference<Object> marker = new WeakReference<>(new Object(), queue);
        System.gc();
        queue.remove(SECONDS.toMillis(1));
        Reference.reachabilityFence(marker);
    }

    /** A detector reports the next time that it has to track an object. */
    @SuppressWarnings("unchecked") // a detector never reads the object that it tracks
    private static <T> void poll(ResourceLeakDetector<T> detector) {
        T something = (T) new Object();
        ResourceLeakTracker<T> tracker = detector.trackForcibly(something);
        tracker.close(something);
    }

    private static final class Factory extends ResourceLeakDetectorFactory {
        @Override
        @Deprecated
        public <T> ResourceLeakDetector<T> newResourceLeakDetector(Class<T> resource, int interval, long maxActive) {
            return newResourceLeakDetector(resource, interval);
        }

        @Override
        public <T> ResourceLeakDetector<T> newResourceLeakDetector(Class<T> resource, int interval) {
            Detector<T> detector = new Detector<>(resource, interval);
            DETECTORS.add(detector);
            return detector;
        }
    }

    private static final class Detector<T> extends ResourceLeakDetector<T> {
        Detector(Class<T> resource, int interval) {
            super(resource, interval);
        }

        @Override
        protected boolean needReport() {
            return true;
        }

        @Override
        protected void reportTracedLeak(String resource, String records) {
            LEAKS.add(resource + HARNESS.matcher(records).replaceAll(""));
        }

        @Override
        protected void reportUntracedLeak(String resource) {
            LEAKS.add(resource);
        }
    }

    private static final class Canary extends ResourceLeakDetector<Object> {
        private boolean reported;

        Canary() {
            super(Object.class, 1);
        }

        @Override
        protected boolean needReport() {
            return true;
        }

        @Override
        protected void reportTracedLeak(String resource, String records) {
            reported = true;
        }

        @Override
        protected void reportUntracedLeak(String resource) {
            reported = true;
        }
    }
}
