package io.sluice.sse.redis;

import io.lettuce.core.RedisException;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.output.StringListOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;

/** A Redis with a replica and a sentinel, which promotes the replica when the test wants it to. */
final class SentinelRedis implements AutoCloseable {

    private static final String NAME = "main";
    private static final Duration LONGEST = Duration.ofSeconds(30);

    private final RedisServer sentinel;
    private RedisServer primary;
    private RedisServer replica;

    SentinelRedis() throws Exception {
        // A replica is in step again at once, also with an empty Redis.
        primary = RedisServer.redis("--repl-diskless-sync-delay", "0");
        replica = RedisServer.redis("--repl-diskless-sync-delay", "0");
        replicate();
        sentinel = RedisServer.sentinel(
                "sentinel monitor " + NAME + " 127.0.0.1 " + primary.port + " 1",
                "sentinel down-after-milliseconds " + NAME + " 600000", // it never does so by itself
                "sentinel failover-timeout " + NAME + " 2000");
    }

    String uri() {
        return "redis-sentinel://127.0.0.1:" + sentinel.port + "#" + NAME;
    }

    /** The Redis that takes writes. */
    RedisServer primary() {
        return primary;
    }

    private void replicate() {
        replica.commands().replicaof("127.0.0.1", primary.port);
        awaitReplica();
    }

    private void awaitReplica() {
        Awaitility.await("the replica is connected to its primary")
                .atMost(LONGEST)
                .until(() -> replica.commands().info("replication").contains("master_link_status:up"));
    }

    /** From now on the replica gets nothing, until the failover. */
    void stopReplica() throws Exception {
        awaitReplica();
        replica.pause();
    }

    /** Lets the replica take the place of a primary that was killed. That one begins again as the replica. */
    void failOver() throws Exception {
        replica.resume();
        Awaitility.await("the sentinel has promoted the replica")
                .atMost(LONGEST)
                .until(this::isPromoted);
        RedisServer killed = primary;
        primary = replica;
        replica = killed;
        replica.restart();
        replicate();
    }

    private boolean isPromoted() {
        List<String> address = sentinel.commands()
                .dispatch(
                        CommandType.SENTINEL,
                        new StringListOutput<>(StringCodec.UTF8),
                        arguments("GET-MASTER-ADDR-BY-NAME"));
        if (address.get(1).equals(Integer.toString(replica.port))) {
            return replica.commands().info("replication").contains("role:master");
        }
        try {
            sentinel.commands()
                    .dispatch(CommandType.SENTINEL, new StatusOutput<>(StringCodec.UTF8), arguments("FAILOVER"));
        } catch (RedisException e) {
            // one is under way, or the sentinel does not know yet that the replica is good
        }
        return false;
    }

    private static CommandArgs<String, String> arguments(String command) {
        return new CommandArgs<>(StringCodec.UTF8).add(command).add(NAME);
    }

    @Override
    public void close() throws Exception {
        sentinel.close();
        replica.close();
        primary.close();
    }
}
