package io.sluice.sse.hub.log;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;

class JsonTextTest {

    private static String quote(String text) {
        return JsonText.quote(new StringBuilder("x:"), text).toString();
    }

    @Test
    void onlyTheCharactersThatJsonRequiresAreEscaped() {
        assertThat(quote("")).isEqualTo("x:\"\"");
        assertThat(quote("a\"b\\c/d\u007f\u2028é\uD83D\uDE00"))
                .isEqualTo("x:\"a\\\"b\\\\c/d\u007f\u2028é\uD83D\uDE00\"");
        assertThat(quote("\0\t\n\r\u001f")).isEqualTo("x:\"\\u0000\\u0009\\u000a\\u000d\\u001f\"");
    }

    @Test
    void aJsonParserReadsEveryCharacterBack() throws Exception {
        StringBuilder all = new StringBuilder();
        for (int c = 0; c < 0x300; c++) {
            all.append((char) c);
        }
        String json = JsonText.quote(new StringBuilder(), all.toString()).toString();
        assertThat(new ObjectMapper().readValue(json, String.class)).isEqualTo(all.toString());
    }
}
