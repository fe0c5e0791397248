package io.sluice.sse.benchmarks.bare;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;

/** The clients of a protocol. Only the one event loop uses it. */
interface Audience {

    /** Adds the handlers of a client's connection to its pipeline. */
    void serve(Channel connection);

    /** Writes the events to each client and flushes. */
    void send(ByteBuf events);
}
