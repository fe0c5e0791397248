package io.sluice.sse.hub.lane;

import io.sluice.sse.Identity;
import io.sluice.sse.hub.core.HubCore;
import io.sluice.sse.topic.HubSink;
import io.sluice.sse.topic.SinkInfo;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;

/** The lanes of a hub. A transport lets its lanes join, and each lane leaves before its thread ends. Thread-safe. */
public final class LaneRegistry {

    private final HubCore core;
    private final CopyOnWriteArrayList<HubLane> lanes = new CopyOnWriteArrayList<>();
    private final Revocations revocations = new Revocations();

    /** For the hub. */
    public LaneRegistry(HubCore core) {
        this.core = core;
        core.log().writtenUpTo(this::writtenUpTo);
    }

    /** The position up to which all lanes with sinks have delivered. Other threads than the lanes' see it late. */
    long writtenUpTo() {
        long least = Long.MAX_VALUE;
        for (HubLane lane : lanes) {
            if (lane.sinkCount() > 0) {
                least = Math.min(least, lane.position);
            }
        }
        return least;
    }

    /**
     * Begins to deliver on a lane. Called once per lane and transport. The sinks of the lane are opened through the
     * returned object.
     *
     * @param framer makes the buffers of this lane; called on the lane only
     */
    public HubLane join(Lane lane, Framer framer, LaneOptions options) {
        HubLane joined = new HubLane(core, lane, framer, options);
        lanes.add(joined);
        return joined;
    }

    /**
     * Ends delivery on a lane that has no sinks any more. Its figures still count. Tasks that the lane has yielded may
     * follow. If its thread can end before it has run them, the transport calls this once more after that end.
     */
    public void leave(HubLane lane) {
        if (lanes.remove(lane)) {
            core.counters().addDelivered(lane.delivered());
        }
        lane.tasks.onLane(lane.subscriptions::finishSlices);
    }

    /** The lanes that have joined and not left. */
    public List<HubLane> all() {
        return Collections.unmodifiableList(lanes);
    }

    /** Makes sure that a turn follows on each lane. */
    public void wakeAll() {
        lanes.forEach(HubLane::wake);
    }

    /** Events delivered by all lanes, including the lanes that have left. */
    public long delivered() {
        long delivered = core.counters().deliveredByEndedLanes();
        for (HubLane lane : lanes) {
            delivered += lane.delivered();
        }
        return delivered;
    }

    /** How many positions the sink with the largest lag stands before the head, as of the last ticks. */
    public long maxLag() {
        long max = 0;
        for (HubLane lane : lanes) {
            max = Math.max(max, lane.maxLag());
        }
        return max;
    }

    /** Finds an open sink by its id on all lanes. @return completes, perhaps on a lane */
    public CompletionStage<Optional<HubSink>> find(String sinkId) {
        CompletionStage<Optional<HubSink>> found = CompletableFuture.completedStage(Optional.empty());
        for (HubLane lane : lanes) {
            found = found.thenCombine(lane.find(sinkId), (before, here) -> before.isPresent() ? before : here);
        }
        return found;
    }

    /**
     * Describes the first open sinks with an id above {@code after}, over all lanes, in the order of their numbers.
     *
     * @return completes, perhaps on a lane
     */
    public CompletionStage<List<SinkInfo>> sinks(long after, int limit) {
        CompletionStage<List<SinkInfo>> all = CompletableFuture.completedStage(List.of());
        for (HubLane lane : lanes) {
            all = all.thenCombine(lane.sinkInfos(after, limit), LaneRegistry::concatenate);
        }
        return all.thenApply(infos -> infos.stream()
                .sorted(Comparator.comparingLong(info -> Long.parseLong(info.id())))
                .limit(limit)
                .toList());
    }

    /** Finds the open sinks of a principal on all lanes. @return completes, perhaps on a lane */
    public CompletionStage<List<HubSink>> clients(String principal) {
        CompletionStage<List<HubSink>> all = CompletableFuture.completedStage(List.of());
        for (HubLane lane : lanes) {
            List<HubSink> here = new ArrayList<>();
            CompletionStage<Void> visited = lane.forEachSink(sink -> {
                if (principal.equals(sink.identity().principal()) && sink.isOpen()) {
                    here.add(sink);
                }
            });
            all = all.thenCombine(visited, (before, ignored) -> concatenate(before, here));
        }
        return all;
    }

    /** Notes that the access of a principal was revoked, for requests that have not opened their streams yet. */
    public void revoke(String principal) {
        revocations.add(principal);
    }

    /** How many revocations there were. A transport reads it before it authenticates a request. */
    public long revocationCount() {
        return revocations.count();
    }

    /** Whether the principal was revoked since {@link #revocationCount} had this value. */
    public boolean isRevokedSince(long count, String principal) {
        return revocations.includes(principal, count);
    }

    /** Whether the identity has expired. */
    public boolean isExpired(Identity identity) {
        Instant expiry = identity.expiry();
        return expiry != null && core.log().nanosUntil(expiry) <= 0;
    }

    /** User code that may block, for a client that has no sink yet. @param client identifies it in the log */
    public UserCodeTask userCode(Object client) {
        return new UserCodeTask(core, client);
    }

    private static <T> List<T> concatenate(List<T> some, List<T> more) {
        List<T> both = new ArrayList<>(some);
        both.addAll(more);
        return both;
    }
}
