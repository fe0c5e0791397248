package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.util.ResourceLeakDetector;
import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.TransportAccess;
import java.io.File;
import java.lang.ref.WeakReference;
import java.net.URL;
import java.net.URLClassLoader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** An application that is deployed repeatedly into one JVM leaves nothing behind. */
class RedeployTest {

    private static final int TIMES = 20;

    @Test
    @Timeout(180)
    void theClassLoaderOfAClosedServerCanBeCollected() throws Exception {
        // Its stack traces hold the classes in them, and Netty's own constant buffers hold such traces for ever.
        ResourceLeakDetector.Level level = ResourceLeakDetector.getLevel();
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.DISABLED);
        try {
            // Constants of Netty and a thread of the JDK hold the classes of their first caller for ever.
            new Application().call();
            deployRepeatedly();
        } finally {
            ResourceLeakDetector.setLevel(level);
        }
    }

    private static void deployRepeatedly() throws Exception {
        List<WeakReference<ClassLoader>> loaders = new ArrayList<>();
        for (int i = 0; i < TIMES; i++) {
            loaders.add(deployAndUndeploy());
        }
        // The JVM may retain the last class loader for its latest call.
        await("class loaders collected").atMost(Duration.ofSeconds(60)).untilAsserted(() -> {
            System.gc();
            assertThat(loaders.stream().filter(loader -> loader.get() != null).count())
                    .isLessThanOrEqualTo(1);
        });
        await("no threads")
                .atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(TestServers.sluiceThreads()).isEmpty());
    }

    private static WeakReference<ClassLoader> deployAndUndeploy() throws Exception {
        Ours loader = new Ours(RedeployTest.class.getClassLoader());
        Callable<?> application = (Callable<?>) loader.loadClass(Application.class.getName())
                .getDeclaredConstructor()
                .newInstance();
        assertThat(application.getClass().getClassLoader()).isSameAs(loader);
        assertThat(application.call()).isEqualTo("received");
        loader.close();
        return new WeakReference<>(loader);
    }

    /** Loads Sluice again, but everything else, including Netty, from the container. */
    private static final class Ours extends URLClassLoader {
        Ours(ClassLoader container) throws Exception {
            super(urls(), container);
        }

        private static URL[] urls() throws Exception {
            List<URL> urls = new ArrayList<>();
            String path = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
            for (String entry : path.split(File.pathSeparator)) {
                urls.add(new File(entry).toURI().toURL());
            }
            return urls.toArray(new URL[0]);
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (!name.startsWith("io.sluice.")) {
                return super.loadClass(name, resolve);
            }
            synchronized (getClassLoadingLock(name)) {
                Class<?> loaded = findLoadedClass(name);
                return loaded == null ? findClass(name) : loaded;
            }
        }
    }

    /** The deployed application: a server with a client, a source, a listener and a task, closed at the end. */
    public static final class Application implements Callable<String> {
        /** Called by the class loader of the test. */
        public Application() {}

        @Override
        public String call() throws Exception {
            List<CompletionStage<?>> ends = new CopyOnWriteArrayList<>();
            String received;
            try (Hub hub = Hub.create();
                    SseServer server = SseServer.builder()
                            .port(0)
                            .threads(1)
                            .hub(hub)
                            .drain(Duration.ZERO)
                            .start();
                    RawClient client = RawClient.open(server.port(), "/events/a")) {
                TransportAccess.of(hub)
                        .all()
                        .forEach(lane -> lane.forEachSink(sink -> {
                            sink.scope().onClose(reason -> {});
                            sink.scope().every(Duration.ofMillis(10), () -> {});
                            ends.add(sink.scope().closed());
                        }));
                hub.publish("a", Event.of("received"));
                client.awaitEvents(1);
                received = client.stream().data().get(0);
            }
            // The listeners and tasks of the client have ended, so nothing needs these classes any more.
            for (CompletionStage<?> end : ends) {
                end.toCompletableFuture().join();
            }
            return received;
        }
    }
}
