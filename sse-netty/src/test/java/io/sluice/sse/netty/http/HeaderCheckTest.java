package io.sluice.sse.netty.http;

import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HeaderCheckTest {

    @ParameterizedTest
    @ValueSource(strings = {"", "7", "a b\tc", "seen=1; HttpOnly", "~!"})
    void printableAsciiIsAValue(String value) {
        HeaderCheck.check("x-user", value);
    }

    /** HTTP/1.1 would send a question mark instead of it, and HTTP/2 another byte. */
    @ParameterizedTest
    @ValueSource(strings = {"caf\u00e9", "\u0080", "\u20ac", "\ud83d\ude00", "\uff21"})
    void aCharacterThatIsNotAsciiIsRejected(String value) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> HeaderCheck.check("x-user", value))
                .withMessage("header: \"x-user\" (expected: a value of printable ASCII characters;"
                        + " this one has a character that is not ASCII)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\nb", "a\r\nb: c", "a\0", "a\u007f", " a"})
    void aControlCharacterIsRejected(String value) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> HeaderCheck.check("x-user", value))
                .withMessage("header: \"x-user\" (expected: a value of printable ASCII characters;"
                        + " this one has a control character, or begins with a blank)");
    }

    @Test
    void aNameIsAToken() {
        for (String name : new String[] {"", "x user", "x:", "x\n", "\u00e9"}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> HeaderCheck.check(name, "1"))
                    .withMessageContaining("(expected: a name of letters, digits and ");
        }
    }
}
