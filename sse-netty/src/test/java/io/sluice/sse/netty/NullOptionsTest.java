package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.sluice.sse.hub.Hub;
import io.sluice.sse.topic.OverflowPolicy;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Parameter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The setter rejects a null option by name, so that it does not fail later where the option is used. */
class NullOptionsTest {

    /** Values for the other parameters of the setter. */
    private static final Map<Class<?>, Object> VALUES = Map.of(
            int.class,
            1,
            String.class,
            "/a",
            HttpRoute.class,
            (HttpRoute) request -> RouteResponse.empty(204).completed(),
            StreamRoute.class,
            StreamRoute.topics(),
            OverflowPolicy.class,
            OverflowPolicy.GAP,
            Function.class,
            Function.identity(),
            Path.class,
            Path.of("a"),
            String[].class,
            new String[] {"POST"},
            Consumer.class,
            (Consumer<Object>) settings -> {});

    static Stream<Arguments> parameters() {
        return Stream.of(SseServer.builder(), Hub.builder(), StreamLimits.DEFAULT)
                .flatMap(builder -> Arrays.stream(builder.getClass().getDeclaredMethods())
                        .filter(method -> Modifier.isPublic(method.getModifiers())
                                && !Modifier.isStatic(method.getModifiers())
                                && method.getReturnType() == builder.getClass())
                        .flatMap(method -> Arrays.stream(method.getParameters())
                                .filter(parameter -> !parameter.getType().isPrimitive())
                                .map(parameter -> Arguments.of(builder, method, parameter))));
    }

    @ParameterizedTest
    @MethodSource("parameters")
    void aNullIsRejectedByName(Object builder, Method setter, Parameter parameter) {
        Object[] arguments = Arrays.stream(setter.getParameters())
                .map(each -> each.equals(parameter) ? null : valueFor(setter, each))
                .toArray();
        Throwable thrown = catchThrowable(() -> invoke(builder, setter, arguments));
        assertThat(thrown).isInstanceOf(NullPointerException.class);
        assertThat(thrown.getMessage()).isIn(List.of(setter.getName(), parameter.getName(), "key"));
    }

    private static Object valueFor(Method setter, Parameter parameter) {
        if (setter.getName().equals("route") && parameter.getName().equals("method")) {
            return "GET";
        }
        if (List.of("overflow", "topics").contains(setter.getName())
                && parameter.getName().equals("pattern")) {
            return "a/*";
        }
        return Objects.requireNonNull(VALUES.get(parameter.getType()), parameter::toString);
    }

    private static void invoke(Object builder, Method setter, @Nullable Object[] arguments) throws Throwable {
        try {
            setter.invoke(builder, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }
}
