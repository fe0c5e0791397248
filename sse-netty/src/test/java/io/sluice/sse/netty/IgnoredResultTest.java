package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A method that returns a changed copy looks like a setter. Analyzers report calls that ignore the result. */
class IgnoredResultTest {

    private static final List<Class<?>> IMMUTABLE = List.of(
            SseStream.class,
            StreamLimits.class,
            StreamRoute.class,
            HttpRoute.class,
            RouteResponse.class,
            SseHandler.class,
            TrustedProxies.class,
            HttpStatusException.class);

    @Test
    void eachMethodThatReturnsACopyIsAnnotated() {
        List<Method> copies = IMMUTABLE.stream()
                .flatMap(type -> Arrays.stream(type.getDeclaredMethods()))
                .filter(method -> Modifier.isPublic(method.getModifiers())
                        && method.getReturnType() == method.getDeclaringClass()
                        // A factory method without parameters does not copy a route.
                        && !(method.getDeclaringClass() == StreamRoute.class && method.getParameterCount() == 0))
                .toList();
        assertThat(copies)
                .hasSizeGreaterThan(20)
                .allSatisfy(method -> assertThat(method.isAnnotationPresent(CheckReturnValue.class))
                        .as(method.toString())
                        .isTrue());
    }
}
