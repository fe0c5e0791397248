package io.sluice.sse.hub.log;

import io.sluice.sse.CloseReason;
import io.sluice.sse.ClosedException;
import io.sluice.sse.Event;
import io.sluice.sse.backplane.Backplane;
import io.sluice.sse.backplane.BackplaneException;
import io.sluice.sse.topic.Publication;
import io.sluice.sse.topic.Published;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The sequencer of a hub that shares its sequence with other nodes. A publication is handed to the {@link Backplane}
 * and comes back with its position, as the events of all other nodes do. Only then is it in the hub's log. So all nodes
 * deliver the same events in the same order, and what a publisher learns is what all nodes have decided.
 *
 * <p>The stages of publications complete on one thread of their own, in order. They run user code, and the thread that
 * reads the backplane must not wait for that. The user executor may be full of code that waits for a publication.
 */
public final class SharedSequencer implements Sequencer {

    /** What other parts of the hub do about a message of the backplane. Called by the backplane's thread. */
    public interface Listener {

        /** Events may be lost, so every lane has to look. */
        void eventsLost();

        /** This hub did not take an event of another node, so every lane has to look. */
        void eventRefused(RuntimeException cause);

        /** A node has reported its presence. @return the event that clients get for it, or null */
        @Nullable
        Publication presence(Backplane.Change.NodePresence report);

        /** Another node has revoked a principal. */
        void revoked(String principal);
    }

    /** By how much the clocks of two nodes may differ. */
    private static final Duration CLOCK_DIFFERENCE = Duration.ofMinutes(1);

    private final HubLog log;
    private final Backplane backplane;
    private final Executor completer = newCompleter();
    /** What the backplane keeps beyond the memory of this hub; null if it keeps nothing. */
    private final @Nullable SequencePast past;

    private volatile EventIds ids;
    private volatile boolean opened;
    private volatile long openedNanos;

    public SharedSequencer(HubLog log, Backplane backplane) {
        this.log = log;
        this.backplane = backplane;
        this.ids = new EventIds(0);
        this.past = backplane.isReadable() ? new SequencePast(log, backplane, this) : null;
        if (past != null) {
            HistoryReader reader = new HistoryReader(past);
            reader.onStored(Long.MAX_VALUE);
            log.readPastFrom(reader);
        }
    }

    /**
     * What waits here is bounded by what the backplane lets wait. The thread ends when it is idle, since outcomes may
     * follow the end of the hub.
     */
    private static Executor newCompleter() {
        ThreadPoolExecutor one =
                new ThreadPoolExecutor(1, 1, 1, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
                    Thread thread = new Thread(task, "sluice-outcomes");
                    thread.setDaemon(true);
                    return thread;
                });
        one.allowCoreThreadTimeOut(true);
        return one;
    }

    /** Opens the backplane. Called once, before the hub is used. */
    public void open(@Nullable Long wantedEpoch, Listener listener) {
        long epoch = wantedEpoch == null ? LocalSequencer.newEpoch() : wantedEpoch;
        ids = new EventIds(epoch);
        openedNanos = log.nanos();
        backplane.open(new FromBackplane(listener), epoch);
        opened = true;
    }

    /** The position up to which this node has read the sequence. */
    public long head() {
        return log.head();
    }

    /** How the backplane is. */
    public Backplane.Status status() {
        return backplane.status();
    }

    public void close() {
        backplane.close();
        HistoryReader reader = log.pastReader();
        if (reader != null) {
            reader.close(); // the backplane lets its reads fail
        }
    }

    @Override
    public EventIds ids() {
        return ids;
    }

    // ---- to the backplane

    @Override
    public CompletionStage<List<Published>> sequence(List<Publication> publications) {
        log.requireOpen();
        if (publications.isEmpty()) {
            return CompletableFuture.completedFuture(List.of());
        }
        log.requireAcceptable(publications);
        return append(new Backplane.Change.Events(List.copyOf(publications)));
    }

    @Override
    public CompletionStage<Boolean> remove(String topic) {
        log.requireOpen();
        return append(new Backplane.Change.TopicRemoval(topic));
    }

    /** Lets the other nodes know that a principal is revoked. */
    public CompletionStage<Void> revoke(String principal) {
        log.requireOpen();
        return append(new Backplane.Change.Revocation(principal));
    }

    /** Reports the presence of this node to all nodes. */
    public CompletionStage<Void> report(Backplane.Change.NodePresence report) {
        return append(report);
    }

    private <T> CompletionStage<T> append(Backplane.Change change) {
        Receipt<T> receipt = new Receipt<>(completer);
        backplane.append(change, receipt);
        return receipt.stage;
    }

    /** A publication that waits for its place. */
    private static final class Receipt<T> implements Backplane.Receipt {

        private final Executor executor;
        final CompletableFuture<T> stage = new CompletableFuture<>();

        Receipt(Executor executor) {
            this.executor = executor;
        }

        @Override
        public void failed(BackplaneException cause) {
            executor.execute(() -> stage.completeExceptionally(cause));
        }
    }

    /** What completes the stages of the changes of this node, after the hub has them. */
    private final class Outcomes {

        private final List<Runnable> outcomes = new ArrayList<>();

        void add(Backplane.Entry entry, @Nullable Object result, @Nullable RuntimeException failure) {
            if (entry.receipt() instanceof Receipt<?> receipt) {
                outcomes.add(() -> complete(receipt, result, failure));
            }
        }

        @SuppressWarnings("unchecked") // the change decides of which type its result is
        private static <T> void complete(
                Receipt<T> receipt, @Nullable Object result, @Nullable RuntimeException failure) {
            if (failure == null) {
                receipt.stage.complete((T) result);
            } else {
                receipt.stage.completeExceptionally(failure);
            }
        }

        void complete() {
            if (!outcomes.isEmpty()) {
                completer.execute(() -> outcomes.forEach(Runnable::run));
            }
        }
    }

    // ---- from the backplane, on its thread

    private final class FromBackplane implements Backplane.Receiver {

        private final Listener listener;

        FromBackplane(Listener listener) {
            this.listener = listener;
        }

        @Override
        public void begin(long epoch, long position, long timeMillis) {
            ids = new EventIds(epoch);
            if (past != null) {
                past.beginAfter(position);
            }
            if (log.head() > 0) {
                lost(position);
            } else {
                log.beginAfter(position, log.nanosAt(Instant.ofEpochMilli(timeMillis)));
                if (opened) {
                    listener.eventsLost(); // by clients that have connected while the backplane was away
                }
            }
        }

        @Override
        public void lost(long upTo) {
            log.lose(upTo);
            listener.eventsLost();
        }

        @Override
        public void trimmed(long upTo, long timeMillis) {
            log.trimmed(upTo, log.nanosAt(Instant.ofEpochMilli(timeMillis)));
        }

        @Override
        public int received(List<Backplane.Entry> entries, long upTo) {
            Group group = new Group(listener);
            int skipped = 0;
            for (Backplane.Entry entry : entries) {
                if (entry.change() instanceof Backplane.Change.Events events) {
                    skipped += group.add(entry, events);
                } else if (entry.change() instanceof Backplane.Change.TopicRemoval removal) {
                    // So that it removes what was published before it.
                    skipped += group.takeOver(entry.position() - 1);
                    remove(entry, removal.topic());
                    group = new Group(listener);
                } else if (entry.change() instanceof Backplane.Change.Revocation revocation) {
                    if (!entry.fromThisNode() && !isOlderThanClients(entry)) {
                        listener.revoked(revocation.principal());
                    }
                    group.outcomes.add(entry, null, null);
                } else if (entry.change() instanceof Backplane.Change.NodePresence report) {
                    skipped += presence(entry, report, group);
                }
            }
            return skipped + group.takeOver(upTo);
        }

        /** What was reported before this node began is asked for anew. */
        private int presence(Backplane.Entry entry, Backplane.Change.NodePresence report, Group group) {
            group.outcomes.add(entry, null, null);
            Publication event = entry.timeMillis() == 0 ? listener.presence(report) : null;
            if (event == null) {
                return 0;
            }
            Backplane.Change.Events one = new Backplane.Change.Events(List.of(event));
            return group.add(new Backplane.Entry(entry.position(), one, 0, entry.fromThisNode(), null), one);
        }

        /** Whether the entry was loaded, and was appended before any client of this hub connected. */
        private boolean isOlderThanClients(Backplane.Entry entry) {
            if (entry.timeMillis() == 0) {
                return false;
            }
            Instant latest = Instant.ofEpochMilli(entry.timeMillis()).plus(CLOCK_DIFFERENCE);
            return log.nanosAt(latest) - openedNanos < 0;
        }

        private void remove(Backplane.Entry entry, String topic) {
            Outcomes outcome = new Outcomes();
            if (past != null) {
                past.removed(topic, entry.position());
            }
            log.removedFromSequence(topic, entry.position());
            try {
                log.remove(topic).whenComplete((existed, failure) -> outcome.add(entry, existed, null));
            } catch (ClosedException e) {
                outcome.add(entry, null, e);
            }
            outcome.complete();
        }
    }

    /** Entries that are taken over while the hub's lock is held once. */
    private final class Group {

        private final List<Backplane.Entry> entries = new ArrayList<>();
        private final List<SharedEvents> events = new ArrayList<>();
        private final Outcomes outcomes = new Outcomes();
        private final Listener listener;

        Group(Listener listener) {
            this.listener = listener;
        }

        /** @return how many events of the entry cannot be published */
        int add(Backplane.Entry entry, Backplane.Change.Events change) {
            EventIds now = ids;
            List<PendingEvent> pending = new ArrayList<>(change.publications().size());
            for (Publication publication : change.publications()) {
                if (!isPublishable(publication)) {
                    outcomes.add(entry, null, new IllegalArgumentException(publication.event() + " in a backplane"));
                    return change.publications().size(); // all or none; the hub of this library never sends such events
                }
                pending.add(PendingEvent.of(
                        entry.fromThisNode()
                                ? publication
                                : publication.to(RecipientCodec.ofOtherNode(publication.recipients())),
                        now));
            }
            entries.add(entry);
            long nanos = entry.timeMillis() == 0
                    ? Long.MAX_VALUE // now
                    : log.nanosAt(Instant.ofEpochMilli(entry.timeMillis()));
            events.add(new SharedEvents(entry.position(), nanos, pending, change.duplicates(), entry.fromThisNode()));
            return 0;
        }

        /** @return how many events of other nodes this hub has refused */
        int takeOver(long upTo) {
            int refused = 0;
            RuntimeException closed = null;
            try {
                log.takeOver(events, upTo, ids);
            } catch (ClosedException e) {
                closed = e;
            }
            for (int i = 0; i < events.size(); i++) {
                RuntimeException failure = closed == null ? events.get(i).failure : closed;
                outcomes.add(entries.get(i), events.get(i).published, failure);
                if (failure != null
                        && entries.get(i).fromThisNode()
                        && entries.get(i).change() instanceof Backplane.Change.Events own) {
                    backplane.refused(own);
                }
                if (failure != null && events.get(i).isRefused()) {
                    refused += events.get(i).events.size();
                    listener.eventRefused(failure);
                }
            }
            outcomes.complete();
            return refused;
        }
    }

    /** What {@code Hub.publish} checks. Another program may have written the entry. */
    boolean isPublishable(Publication publication) {
        Event event = publication.event();
        String id = event.id();
        if (id != null && (hasHubFormat(id) || id.startsWith(CloseReason.END_ID_PREFIX))) {
            return false;
        }
        if (event.data() == null) {
            return event.key() != null && id == null && !publication.last();
        }
        return !publication.last() || publication.topics().stream().noneMatch(log::isLiveOnly);
    }

    // ---- ids

    @Override
    public boolean isAheadOfThisNode(long position) {
        return backplane.isAhead(position, log.head());
    }
}
