package io.sluice.sse.hub.log;

import io.sluice.sse.Event;
import io.sluice.sse.history.MvStoreHistory;
import io.sluice.sse.history.SyncPolicy;
import io.sluice.sse.hub.Hub;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Semaphore;

/**
 * A process that publishes until it is killed. It prints the number and the id of each acknowledged event. Its
 * arguments: a directory, a sync policy, the first number.
 */
final class HistoryChild {

    private static final int UNACKNOWLEDGED = 200;

    private HistoryChild() {}

    public static void main(String[] args) {
        SyncPolicy sync = args[1].equals("always") ? SyncPolicy.always() : SyncPolicy.every(Duration.ofMillis(100));
        Hub hub = Hub.builder()
                .history(MvStoreHistory.builder(Path.of(args[0])).sync(sync).build())
                .historyEvents(10)
                .userExecutor(Runnable::run)
                .build();
        Semaphore room = new Semaphore(UNACKNOWLEDGED);
        for (int i = Integer.parseInt(args[2]); ; i++) {
            int number = i;
            room.acquireUninterruptibly();
            hub.publish("a", Event.of(Integer.toString(i))).whenComplete((published, failure) -> {
                // One write for each line, so that the reader recognises a truncated line.
                System.out.print(number + " " + (failure == null ? published.id() : failure) + "\n");
                System.out.flush();
                room.release();
            });
        }
    }
}
