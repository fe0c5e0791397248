package io.sluice.sse.netty;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Observer;
import io.sluice.sse.Sink;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.netty.stream.NettySink;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Records by client port which clients have a sink, the hub's head when it opened, and why closed sinks ended.
 */
final class SinkRecorder implements Observer {

    private final Map<Integer, String> open = new ConcurrentHashMap<>();
    private final Map<Integer, CloseReason> ended = new ConcurrentHashMap<>();
    private final Map<Integer, String> headsAtOpen = new ConcurrentHashMap<>();
    private volatile Hub hub;
    private volatile String wrong;

    /** Enables {@link #headAtOpen}. The hub needs its observer first, so it is not a constructor argument. */
    void watch(Hub watched) {
        hub = watched;
    }

    /** Removes an earlier client of this port, which now belongs to a new one. */
    void forget(int port) {
        ended.remove(port);
        headsAtOpen.remove(port);
    }

    /** The hub's head when the sink of this client opened. Its replay comes from the events that were kept then. */
    String headAtOpen(int port) {
        return headsAtOpen.get(port);
    }

    boolean isOpen(int port) {
        return open.containsKey(port);
    }

    /** Why the sink of this client ended; null if it is open or was never opened. */
    CloseReason reason(int port) {
        return ended.get(port);
    }

    int openCount() {
        return open.size();
    }

    String wrong() {
        return wrong;
    }

    /** The client's port; 0 if the client left before its address was read, which happens with io_uring. */
    static int port(Sink sink) {
        String address = ((NettySink) sink).remoteAddress();
        return address.isEmpty() ? 0 : Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
    }

    @Override
    public void sinkOpened(Sink sink) {
        int port = port(sink);
        if (port == 0) {
            return;
        }
        Hub watched = hub;
        if (watched != null) {
            headsAtOpen.put(port, watched.headId());
        }
        if (open.put(port, sink.id()) != null) {
            wrong = sink + " opened twice";
        }
    }

    @Override
    public void sinkClosed(Sink sink, CloseReason reason) {
        if (port(sink) == 0) {
            return;
        }
        if (!sink.id().equals(open.remove(port(sink)))) {
            wrong = sink + " closed, and was not open";
        }
        ended.put(port(sink), reason);
    }
}
