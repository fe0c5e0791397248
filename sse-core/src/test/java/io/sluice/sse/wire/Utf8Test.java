package io.sluice.sse.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Utf8Test {
    /** Each {@code ?} stands for one U+FFFD; the counts are those of a browser's TextDecoder. */
    @ParameterizedTest
    @CsvSource({
        "80, ?",
        "FF, ?",
        "C0AF, ??",
        "C1BF, ??",
        "C2, ?",
        "C241, ?A",
        "E0, ?",
        "E080, ??",
        "E09F80, ???",
        "E0A0, ?",
        "E0A041, ?A",
        "E282, ?",
        "E28228, ?(",
        "E282E282, ??",
        "EDA080, ???",
        "EDBFBF, ???",
        "EDA081EDB080, ??????",
        "F08FBFBF, ????",
        "F09F, ?",
        "F09F98, ?",
        "F09F9841, ?A",
        "F09F98F0, ??",
        "F4908080, ????",
        "F5808080, ????",
        "F888808080, ?????",
        "41FF42, A?B",
        "C3A9FF, é?"
    })
    void decode_replacesErrorsAsBrowsersDo(String hex, String expected) {
        byte[] bytes = HexFormat.of().parseHex(hex);

        assertThat(Utf8.decode(bytes, 0, bytes.length)).isEqualTo(expected.replace('?', '\uFFFD'));
    }

    @Test
    void everyScalarValue_isEncodedLikeTheJdk_andDecodedBack() {
        byte[] out = new byte[4];
        for (int scalar = 0; scalar <= Character.MAX_CODE_POINT; scalar++) {
            if (scalar >= Character.MIN_SURROGATE && scalar <= Character.MAX_SURROGATE) {
                continue;
            }
            String text = Character.toString(scalar);
            int length = Utf8.put(scalar, out, 0);

            if (length != Utf8.length(scalar)
                    || !Arrays.equals(out, 0, length, text.getBytes(UTF_8), 0, length)
                    || Utf8.scalarAt(text, 0) != scalar
                    || !Utf8.decode(out, 0, length).equals(text)) {
                throw new AssertionError("U+" + Integer.toHexString(scalar));
            }
        }
    }

    @Test
    void decode_keepsAReplacementCharacterThatWasSent() {
        byte[] bytes = "a\uFFFDé😀\0".getBytes(UTF_8);

        assertThat(Utf8.decode(bytes, 0, bytes.length)).isEqualTo("a\uFFFDé😀\0");
    }
}
