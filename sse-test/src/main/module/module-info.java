import org.jspecify.annotations.NullMarked;

/** The test kit: tests of sources and of servers, without a socket or with one. */
@NullMarked
module io.sluice.sse.test {
    requires transitive io.sluice.sse.core;
    // Not transitive: a project without JUnit can use everything but the extension.
    requires static org.junit.jupiter.api;
    requires static transitive org.jspecify;

    exports io.sluice.sse.test;
}
