package io.sluice.sse.hub;

import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;

/** The default executor of user code: virtual threads where the JDK has them (21 and later), else daemon threads. */
final class UserThreads {

    private UserThreads() {}

    static Executor create() {
        try {
            // By name, since the code is compiled for Java 17.
            Object builder = Thread.class.getMethod("ofVirtual").invoke(null);
            Class<?> type = Class.forName("java.lang.Thread$Builder");
            Object named = type.getMethod("name", String.class, long.class).invoke(builder, "sluice-user-", 0L);
            // The builder is not thread-safe, its factory is.
            ThreadFactory factory = (ThreadFactory) type.getMethod("factory").invoke(named);
            return task -> factory.newThread(task).start();
        } catch (ReflectiveOperationException e) {
            AtomicInteger number = new AtomicInteger();
            return Executors.newCachedThreadPool(task -> {
                Thread thread = new Thread(task, "sluice-user-" + number.getAndIncrement());
                thread.setDaemon(true);
                return thread;
            });
        }
    }
}
