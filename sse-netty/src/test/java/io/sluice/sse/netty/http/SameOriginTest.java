package io.sluice.sse.netty.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SameOriginTest {

    @ParameterizedTest
    @CsvSource({
        "http://localhost:8080, localhost:8080",
        "https://push.example, push.example",
        "https://push.example, push.example:443",
        "https://push.example:443, push.example",
        "http://push.example, push.example:80",
        "HTTPS://Push.Example, push.example",
        "http://[::1]:8080, [::1]:8080",
        "https://[::1], [::1]:443",
    })
    void originsOfThisServerAreTheSame(String origin, String host) {
        assertThat(SameOrigin.isOwn(origin, host)).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "http://localhost:3000, localhost:8080",
        "http://localhost, localhost:8080",
        "http://localhost:8080, localhost",
        "https://evil.example, push.example",
        "https://push.example.evil.example, push.example",
        "https://push.example:443.evil.example, push.example",
        "https://me@push.example, push.example",
        "https://push.example/, push.example",
        "https://push.example https://push.example, push.example",
        "chrome-extension://push.example, push.example",
        "null, null",
        "push.example, push.example",
        "'', push.example",
        "http://, ''",
        "http://:80, :80",
        "https://fe80::443, fe80:",
    })
    void otherOriginsDiffer(String origin, String host) {
        assertThat(SameOrigin.isOwn(origin, host)).isFalse();
    }

    @Test
    void aRequestWithoutAHostHasNoOrigin() {
        assertThat(SameOrigin.isOwn("http://localhost", null)).isFalse();
    }
}
