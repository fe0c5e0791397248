package io.sluice.sse.netty.frame;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;

class Crc32CombinationTest {

    private static int crc(byte[] bytes, int from, int to) {
        CRC32 crc = new CRC32();
        crc.update(bytes, from, to - from);
        return (int) crc.getValue();
    }

    @Test
    void combinesAsTheJdkComputesTheWhole() {
        Random random = new Random(14);
        for (int round = 0; round < 500; round++) {
            byte[] bytes = new byte[random.nextInt(round < 400 ? 100 : 100_000)];
            random.nextBytes(bytes);
            int cut = random.nextInt(bytes.length + 1);
            int operator = Crc32Combination.operator(bytes.length - cut);
            assertThat(Crc32Combination.combine(crc(bytes, 0, cut), crc(bytes, cut, bytes.length), operator))
                    .isEqualTo(crc(bytes, 0, bytes.length));
        }
    }

    @Test
    void anEmptyTextChangesNothing() {
        int crc = crc(new byte[] {1, 2, 3}, 0, 3);
        assertThat(Crc32Combination.combine(crc, 0, Crc32Combination.operator(0)))
                .isEqualTo(crc);
        assertThat(Crc32Combination.combine(0, crc, Crc32Combination.operator(3)))
                .isEqualTo(crc);
    }
}
