package io.sluice.sse.test;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.sse.Ledger;
import io.sluice.sse.hub.Hub;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.RegisterExtension;

class LedgerExtensionTest {

    private static final ExtensionContext CONTEXT = (ExtensionContext) Proxy.newProxyInstance(
            LedgerExtensionTest.class.getClassLoader(),
            new Class<?>[] {ExtensionContext.class},
            (proxy, method, arguments) -> "a test");

    @RegisterExtension
    final LedgerExtension ledgers = new LedgerExtension();

    @Test
    void aHubWithoutClientsPasses() {
        try (Hub hub = ledgers.watch(Hub.create());
                RecordingSink sink = RecordingSink.subscribe(hub, "a")) {
            sink.run();
        }
    }

    @Test
    void leftoversAreReportedOnce() {
        LedgerExtension extension = new LedgerExtension(Duration.ZERO);
        Ledger ledger = extension.watch(new Ledger());
        ledger.add(Ledger.Kind.TASKS, 2);
        assertThatThrownBy(() -> extension.afterEach(CONTEXT))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("a test")
                .hasMessageContaining("TASKS=2");
        assertThatCode(() -> extension.afterEach(CONTEXT)).doesNotThrowAnyException();
    }

    @Test
    void aLedgerMayTakeAMoment() {
        LedgerExtension extension = new LedgerExtension();
        Ledger ledger = extension.watch(new Ledger());
        ledger.add(Ledger.Kind.SINKS, 1);
        CompletableFuture<Void> closed = CompletableFuture.runAsync(() -> ledger.add(Ledger.Kind.SINKS, -1));
        extension.afterEach(CONTEXT);
        closed.join();
    }
}
