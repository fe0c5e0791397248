/** A project outside of the build that embeds Sluice on the module path. */
module consumer {
    requires io.sluice.sse.netty;
    requires io.sluice.sse.test;
}
