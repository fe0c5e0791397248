package io.sluice.sse.backplane;

import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.HubBuilder;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A hub without a backplane keeps the contract: both nodes are the same hub. */
class LocalContractTest extends BackplaneContract {

    private @Nullable Hub only;

    @Override
    protected Hub newNode(Consumer<HubBuilder> options) {
        if (only == null) {
            HubBuilder builder = Hub.builder();
            options.accept(builder);
            only = builder.build();
        }
        return only;
    }
}
