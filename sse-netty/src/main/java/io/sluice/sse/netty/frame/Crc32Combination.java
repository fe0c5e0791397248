package io.sluice.sse.netty.frame;

/**
 * Combines the CRC-32 of two texts to that of both texts together, without the texts (as {@code crc32_combine} of
 * zlib). A CRC is a polynomial over GF(2), bit 31 is the coefficient of x<sup>0</sup>. Appending n bytes multiplies the
 * CRC of the first text by x<sup>8n</sup>.
 */
final class Crc32Combination {

    private static final int POLYNOMIAL = 0xedb88320;
    private static final int ONE = 1 << 31;

    /** The power x<sup>8·2^k</sup> at index k. */
    private static final int[] POWERS = powers();

    private Crc32Combination() {}

    private static int[] powers() {
        int[] powers = new int[31];
        int power = ONE >>> 8; // x^8
        for (int k = 0; k < powers.length; k++) {
            powers[k] = power;
            power = multiply(power, power);
        }
        return powers;
    }

    /** The operator for {@link #combine} when the second text has this many bytes. */
    static int operator(int bytes) {
        int product = ONE;
        for (int k = 0, rest = bytes; rest != 0; k++, rest >>>= 1) {
            if ((rest & 1) != 0) {
                product = multiply(POWERS[k], product);
            }
        }
        return product;
    }

    /**
     * The CRC of two texts together.
     *
     * @param operator of the length of the second text
     */
    static int combine(int first, int second, int operator) {
        return multiply(operator, first) ^ second;
    }

    /** The product of two polynomials modulo that of the CRC. Without branches, since it runs per client and frame. */
    private static int multiply(int a, int b) {
        int product = 0;
        int power = b;
        for (int bit = 31; bit >= 0; bit--) {
            product ^= power & -(a >>> bit & 1);
            power = (power >>> 1) ^ (POLYNOMIAL & -(power & 1));
        }
        return product;
    }
}
