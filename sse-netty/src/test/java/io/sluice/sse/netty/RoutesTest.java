package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which route serves a path, and the cost of the lookup. */
class RoutesTest {

    private static final HttpRoute ROUTE = request -> RouteResponse.empty(204).completed();

    private static Routes routes(String... paths) {
        Routes routes = new Routes();
        for (String path : paths) {
            routes.add("GET", path, ROUTE);
        }
        return routes;
    }

    @ParameterizedTest
    @CsvSource({
        "/, /",
        "/a, /a",
        "/a/b, /a",
        "/a/b/c, /a/b/c",
        "/a/b/c/d, /a/b/c",
        "/a/b/cd, /a",
        "/ab, ''",
        "/x, /x",
        "/x/y, ''",
        "//, ''",
        "/a//, /a"
    })
    void theLongestRegisteredPathServes(String path, String expected) {
        Routes routes = routes("/**", "/a/**", "/a/b/c/**", "/x", "/");
        assertThat(Objects.requireNonNull(routes.find(path)).path).isEqualTo(expected);
        assertThat(Objects.requireNonNull(new Routes(routes).find(path)).path).isEqualTo(expected);
    }

    @Test
    void aPathWithoutARouteHasNoEntry() {
        Routes routes = routes("/a/**", "/x");
        assertThat(routes.find("/")).isNull();
        assertThat(routes.find("/ab")).isNull();
        assertThat(routes.find("/x/y")).isNull();
    }

    /** Allocated bytes count the copies of the path: one copy for each slash would be gigabytes. */
    @ParameterizedTest
    @ValueSource(strings = {"/", "/a", "/events/", "/a/b/c/"})
    void aLongPathIsNotCopiedForEachOfItsSlashes(String segment) {
        Routes routes = routes("/events/**", "/publish/**", "/a/b/c/**", "/metrics");
        String path = segment.repeat(79_000 / segment.length());
        routes.find(path); // loads the classes of the first call

        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        routes.find(path);
        assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(100_000);
    }
}
