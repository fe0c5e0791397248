package io.sluice.sse.hub;

import io.sluice.sse.CloseReason;
import io.sluice.sse.ClosedException;
import io.sluice.sse.hub.core.HubCore;
import io.sluice.sse.hub.lane.HubLane;
import io.sluice.sse.hub.lane.LaneOptions;
import io.sluice.sse.hub.lane.LaneRegistry;
import io.sluice.sse.topic.HubSink;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import io.sluice.sse.topic.TopicEvent;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The subscribers in this process. They share one lane, which joins the hub with the first of them. Thread-safe.
 */
final class LocalSubscribers {

    /** A consumer may take as long as it likes: its overflow policy decides what it misses. */
    private static final LaneOptions OPTIONS = LaneOptions.DEFAULT
            .withHeartbeat(Duration.ZERO)
            .withWriteTimeout(Duration.ZERO)
            .withMaxLifetime(Duration.ZERO)
            .withBlockedLaneAfter(Duration.ZERO);

    private final HubCore core;
    private final LaneRegistry lanes;
    private final LongSupplier clock;

    private @Nullable HubLane lane;

    LocalSubscribers(HubCore core, LaneRegistry lanes, LongSupplier clock) {
        this.core = core;
        this.lanes = lanes;
        this.clock = clock;
    }

    private synchronized HubLane lane() {
        HubLane joined = lane;
        if (joined == null) {
            joined = lanes.join(new LocalLane(core, clock), new LocalFramer(), OPTIONS);
            lane = joined;
        }
        return joined;
    }

    CompletionStage<HubSink> subscribe(Selector selector, StartPosition start, Consumer<? super TopicEvent> consumer) {
        Objects.requireNonNull(consumer, "consumer");
        LocalSink.Receiver receiver = new LocalSink.Receiver() {
            @Override
            public void next(TopicEvent event) {
                consumer.accept(event);
            }

            @Override
            public void ended(CloseReason reason) {} // the scope of the sink reports it
        };
        LocalSink sink = new LocalSink(lane(), receiver, Long.MAX_VALUE);
        CompletableFuture<HubSink> begun = new CompletableFuture<>();
        open(sink, selector, start).whenComplete((ignored, failure) -> {
            if (failure == null) {
                begun.complete(sink);
            } else {
                begun.completeExceptionally(failure);
            }
        });
        return begun;
    }

    /** A publisher whose subscribers each begin at {@code start}. */
    Flow.Publisher<TopicEvent> publisher(Selector selector, StartPosition start) {
        Objects.requireNonNull(selector, "selector");
        Objects.requireNonNull(start, "start");
        return subscriber -> {
            Objects.requireNonNull(subscriber, "subscriber");
            FlowReceiver receiver = new FlowReceiver(subscriber);
            LocalSink sink = new LocalSink(lane(), receiver, 0);
            // In the user code of the sink, where the events follow.
            sink.runUserCode(() -> receiver.begin(sink));
            open(sink, selector, start).exceptionally(failure -> {
                sink.runUserCode(() -> receiver.failed(failure));
                return null;
            });
        };
    }

    /** Completes on the lane. */
    private static CompletionStage<@Nullable Void> open(LocalSink sink, Selector selector, StartPosition start) {
        Objects.requireNonNull(selector, "selector");
        Objects.requireNonNull(start, "start");
        CompletableFuture<@Nullable Void> opened = new CompletableFuture<>();
        sink.runOnOwner(() -> {
            try {
                if (hasEndId(start)) {
                    // As a client that comes back after the end: there is nothing for it.
                    sink.complete(CloseReason.TOPIC_ENDED);
                } else {
                    sink.open(selector, start, null);
                }
                opened.complete(null);
            } catch (RuntimeException | Error e) {
                sink.close(CloseReason.REJECTED);
                opened.completeExceptionally(e);
            }
        });
        return opened;
    }

    private static boolean hasEndId(StartPosition start) {
        String id = start.lastEventId();
        return id != null && id.startsWith(CloseReason.END_ID_PREFIX);
    }

    /** Signals a subscriber, by the rules of Reactive Streams. Confined to the user code of its sink. */
    private static final class FlowReceiver implements LocalSink.Receiver {

        private final Flow.Subscriber<? super TopicEvent> subscriber;
        private boolean done;
        private @Nullable LocalSink sink;
        /** Written by any thread. */
        private volatile boolean hasBadRequest;

        FlowReceiver(Flow.Subscriber<? super TopicEvent> subscriber) {
            this.subscriber = subscriber;
        }

        void begin(LocalSink opening) {
            sink = opening;
            try {
                subscriber.onSubscribe(subscriptionOf(opening));
            } catch (Throwable t) {
                done = true;
                opening.failed(t);
            }
        }

        private Flow.Subscription subscriptionOf(LocalSink opening) {
            return new Flow.Subscription() {
                @Override
                public void request(long events) {
                    if (events > 0) {
                        opening.request(events);
                    } else if (!hasBadRequest) {
                        hasBadRequest = true;
                        opening.runUserCode(() -> failed(new IllegalArgumentException(
                                "request: " + events + " (expected: more than 0; Reactive Streams, rule 3.9)")));
                    }
                }

                @Override
                public void cancel() {
                    opening.cancel();
                }
            };
        }

        @Override
        public void next(TopicEvent event) {
            if (!done) {
                subscriber.onNext(event);
            }
        }

        void failed(Throwable failure) {
            if (!done && sink != null && !sink.isCancelled()) {
                done = true;
                sink.cancel();
                subscriber.onError(failure);
            }
        }

        @Override
        public void ended(CloseReason reason) {
            if (done) {
                return;
            }
            done = true;
            if (reason == CloseReason.TOPIC_ENDED || reason == CloseReason.SOURCE_COMPLETED) {
                subscriber.onComplete();
            } else {
                subscriber.onError(new ClosedException("subscription", reason));
            }
        }
    }
}
