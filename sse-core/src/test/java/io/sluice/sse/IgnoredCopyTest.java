package io.sluice.sse;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.hub.Presence;
import io.sluice.sse.json.JsonEvents;
import io.sluice.sse.json.TypedTopic;
import io.sluice.sse.source.FileTail;
import io.sluice.sse.topic.AccessRules;
import io.sluice.sse.topic.Publication;
import io.sluice.sse.topic.Recipients;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A method that returns a changed copy looks like a setter. Analyzers report calls that ignore the result. */
class IgnoredCopyTest {

    private static final List<Class<?>> IMMUTABLE = List.of(
            Heartbeat.class,
            Identity.class,
            AccessRules.class,
            Publication.class,
            Recipients.class,
            Selector.class,
            StartPosition.class,
            Presence.class,
            FileTail.class,
            JsonEvents.class,
            TypedTopic.class);

    @Test
    void eachMethodThatReturnsACopyIsAnnotated() {
        List<Method> copies = IMMUTABLE.stream()
                .flatMap(type -> Arrays.stream(type.getDeclaredMethods()))
                .filter(method -> Modifier.isPublic(method.getModifiers())
                        && method.getReturnType() == method.getDeclaringClass())
                .toList();
        assertThat(copies)
                .hasSizeGreaterThan(35)
                .allSatisfy(method -> assertThat(method.getAnnotations())
                        .as(method.toString())
                        .anyMatch(each -> each.annotationType().getSimpleName().equals("CheckReturnValue")));
    }
}
