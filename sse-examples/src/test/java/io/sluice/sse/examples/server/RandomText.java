package io.sluice.sse.examples.server;

import java.util.Random;

/** Random text of pieces that parsers of event streams may get wrong. */
final class RandomText {

    private static final String[] PIECES = {
        "\n",
        "\r",
        "\r\n",
        "\n\n",
        "\r\r\n",
        "\0",
        "\uFEFF",
        "\u2028",
        "\u0085",
        " ",
        ":",
        ": ",
        "\t",
        "a",
        "é",
        "😀",
        "𐀀",
        "data: forged",
        "\ndata: forged\n\n",
        "\nevent: forged\n",
        "\nid: forged\r",
        "\nretry: 1\n",
        "\n:",
        "\u007f"
    };

    private RandomText() {}

    /** The name of an event, which has no line break and no NUL; perhaps empty. */
    static String name(Random random) {
        return text(random, 6).replaceAll("[\\r\\n\\x00]", "");
    }

    static String text(Random random, int mostPieces) {
        StringBuilder text = new StringBuilder();
        for (int pieces = random.nextInt(mostPieces + 1); pieces > 0; pieces--) {
            if (random.nextInt(4) > 0) {
                text.append(PIECES[random.nextInt(PIECES.length)]);
            } else {
                int c = random.nextInt(Character.MAX_CODE_POINT + 1);
                text.appendCodePoint(c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE ? 'x' : c);
            }
        }
        return text.toString();
    }
}
