package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.bucket4j.TimeMeter;
import io.sluice.sse.netty.connection.AddressKey;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Tests the tokens with a manual clock, what counts as one address, and how many addresses are stored. */
class AddressRatesTest {

    private long nanos = 1;
    private final TimeMeter clock = new TimeMeter() {
        @Override
        public long currentTimeNanos() {
            return nanos;
        }

        @Override
        public boolean isWallClockBased() {
            return false;
        }
    };
    private final AddressRates rates = new AddressRates(new Rate(3, Duration.ofSeconds(6)), clock);

    @Test
    void tokensAreRefilledEvenly() throws Exception {
        SocketAddress peer = peer("192.0.2.1");
        for (int i = 0; i < 3; i++) {
            assertThat(rates.take(peer)).isZero();
        }
        assertThat(rates.take(peer)).isEqualTo(TimeUnit.SECONDS.toNanos(2));
        nanos += TimeUnit.MILLISECONDS.toNanos(500);
        assertThat(rates.take(peer)).isEqualTo(TimeUnit.MILLISECONDS.toNanos(1500));
        nanos += TimeUnit.MILLISECONDS.toNanos(1500);
        assertThat(rates.take(peer)).isZero();
        assertThat(rates.take(peer)).isPositive();
        nanos += TimeUnit.HOURS.toNanos(1);
        for (int i = 0; i < 3; i++) {
            assertThat(rates.take(peer)).isZero();
        }
        assertThat(rates.take(peer)).isPositive();
    }

    @Test
    void aBurstIsTheSizeOfTheBucket() throws Exception {
        AddressRates withBurst = new AddressRates(new Rate(1, Duration.ofSeconds(2), 3), clock);
        SocketAddress peer = peer("192.0.2.1");
        for (int i = 0; i < 3; i++) {
            assertThat(withBurst.waitFor(peer)).isZero();
            assertThat(withBurst.take(peer)).isZero();
        }
        nanos += TimeUnit.SECONDS.toNanos(2) - 1; // the bucket is not forgotten before it is full
        assertThat(withBurst.waitFor(peer)).isEqualTo(1);
        assertThat(withBurst.take(peer)).isEqualTo(1);
        nanos += TimeUnit.SECONDS.toNanos(4) + 1;
        assertThat(withBurst.take(peer)).isZero();
        assertThat(withBurst.take(peer)).isZero();
        assertThat(withBurst.take(peer)).isZero();
        assertThat(withBurst.take(peer)).isPositive();
        assertThat(new Rate(1, Duration.ofDays(1), 1_000_000_000).timeToFill()).isPositive();
    }

    @Test
    void anIpv6NetworkCountsAsOneAddressAndAMappedIpv4AddressAsItself() throws Exception {
        assertThat(AddressKey.of(peer("2001:db8:1:2::1"))).isEqualTo(AddressKey.of(peer("2001:db8:1:2:ffff::")));
        assertThat(AddressKey.of(peer("2001:db8:1:2::1"))).isNotEqualTo(AddressKey.of(peer("2001:db8:1:3::1")));
        byte[] mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1, (byte) 192, 0, 2, (byte) 200};
        SocketAddress asIpv6 = new InetSocketAddress(Inet6Address.getByAddress(null, mapped, -1), 1);
        assertThat(AddressKey.of(asIpv6)).isEqualTo(AddressKey.of(peer("192.0.2.200")));
        assertThat(AddressKey.of(peer("192.0.2.200"))).isNotEqualTo(AddressKey.of(peer("192.0.2.201")));
        assertThat(AddressKey.of(peer("::1"))).isNotEqualTo(AddressKey.of(peer("0.0.0.0")));
        assertThat(AddressKey.of(InetSocketAddress.createUnresolved("host", 1))).isNull();
        assertThat(AddressKey.of(new SocketAddress() {})).isNull();
        assertThat(rates.take(new SocketAddress() {})).isZero();
    }

    @Test
    void millionsOfAddressesDoNotFillTheMemory() throws Exception {
        for (int i = 0; i < 300_000; i++) {
            byte[] address = {10, (byte) (i >> 16), (byte) (i >> 8), (byte) i};
            rates.take(new InetSocketAddress(InetAddress.getByAddress(address), 1));
        }
        assertThat(rates.size()).isLessThanOrEqualTo(AddressRates.MAX_ADDRESSES);
        nanos += TimeUnit.SECONDS.toNanos(7);
        for (int i = 0; i < 1_000; i++) {
            rates.size(); // each call removes some of them
        }
        assertThat(rates.size()).as("after all buckets are full again").isZero();
    }

    private static SocketAddress peer(String address) throws UnknownHostException {
        return new InetSocketAddress(InetAddress.getByName(address), 4711);
    }
}
