package io.sluice.sse.netty;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Observer;
import io.sluice.sse.Sink;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Which clients have a sink, and why those ended that have not; by the port that the client connects from. */
final class SinkEnds implements Observer {

    private final Map<Integer, String> open = new ConcurrentHashMap<>();
    private final Map<Integer, CloseReason> ended = new ConcurrentHashMap<>();
    private volatile String wrong;

    /** A port that may have been used before belongs to a new client. */
    void forget(int port) {
        ended.remove(port);
    }

    boolean isOpen(int port) {
        return open.containsKey(port);
    }

    /** Why the sink of this client ended; null if it is open, or never was. */
    CloseReason reason(int port) {
        return ended.get(port);
    }

    int openCount() {
        return open.size();
    }

    String wrong() {
        return wrong;
    }

    /** The client's port; 0 if it was gone before anybody asked, as io_uring may find. */
    static int port(Sink sink) {
        String address = ((NettySink) sink).remoteAddress();
        return address.isEmpty() ? 0 : Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
    }

    @Override
    public void sinkOpened(Sink sink) {
        if (port(sink) != 0 && open.put(port(sink), sink.id()) != null) {
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
