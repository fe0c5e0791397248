package io.sluice.sse.hub.core;

import java.util.concurrent.Executor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** The default executor of user code: virtual threads if the JDK has them (21 and later), otherwise daemon threads. */
final class UserThreads {

    private UserThreads() {}

    static Executor create() {
        try {
            // By reflection, since the code is compiled for Java 17.
            Object builder = Thread.class.getMethod("ofVirtual").invoke(null);
            Class<?> type = Class.forName("java.lang.Thread$Builder");
            Object named = type.getMethod("name", String.class, long.class).invoke(builder, "sluice-user-", 0L);
            // The builder is not thread-safe, but its factory is.
            ThreadFactory virtual = (ThreadFactory) type.getMethod("factory").invoke(named);
            return task -> virtual.newThread(task).start();
        } catch (ReflectiveOperationException e) {
            AtomicInteger number = new AtomicInteger();
            ThreadFactory factory = task -> {
                Thread thread = new Thread(task, "sluice-user-" + number.getAndIncrement());
                thread.setDaemon(true);
                return thread;
            };
            // Nothing closes this executor, since it is unknown when the last user code has run. So an idle thread ends
            // after one second.
            return new ThreadPoolExecutor(0, Integer.MAX_VALUE, 1, TimeUnit.SECONDS, new SynchronousQueue<>(), factory);
        }
    }
}
