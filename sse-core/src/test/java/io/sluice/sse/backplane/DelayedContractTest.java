package io.sluice.sse.backplane;

import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.HubBuilder;
import java.time.Duration;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;

/** The contract over two hubs that read the sequence on a thread of their own, one of them later than the other. */
class DelayedContractTest extends BackplaneContract {

    private final MemoryBackplane memory = new MemoryBackplane(Duration.ofMillis(2));

    @Override
    protected Hub newNode(Consumer<HubBuilder> options) {
        HubBuilder builder = Hub.builder().backplane(memory.node());
        options.accept(builder);
        return builder.build();
    }

    @AfterEach
    void endTimer() {
        memory.close();
    }
}
