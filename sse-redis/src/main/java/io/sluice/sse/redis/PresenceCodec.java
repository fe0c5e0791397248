package io.sluice.sse.redis;

import io.sluice.sse.backplane.Backplane.Change.NodePresence;
import io.sluice.sse.backplane.Backplane.Change.NodePresence.Kind;
import io.sluice.sse.backplane.Backplane.Change.NodePresence.Member;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The form of what a node reports of its presence, see {@link EntryCodec}. */
final class PresenceCodec {

    private PresenceCodec() {}

    static void add(List<Object> fields, NodePresence report) {
        EntryCodec.add(fields, "presence", report.kind().name().toLowerCase(Locale.ROOT));
        EntryCodec.add(fields, "node", report.node());
        if (report.parts() > 1) {
            EntryCodec.add(fields, "part", report.part() + "/" + report.parts());
        }
        StringBuilder members = new StringBuilder();
        for (Member member : report.members()) {
            members.append(members.length() == 0 ? "" : "\n")
                    .append(encode(member.topic()))
                    .append(' ')
                    .append(encode(member.principal()));
        }
        EntryCodec.add(fields, "members", members.length() == 0 ? null : members.toString());
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    /** @throws IllegalArgumentException if the fields are no report */
    static NodePresence decode(String kind, @Nullable String node, @Nullable String members, int[] part) {
        Kind known = Kind.valueOf(kind.toUpperCase(Locale.ROOT));
        List<Member> all = new ArrayList<>();
        if (members != null) {
            for (String line : members.split("\n", -1)) {
                int space = line.indexOf(' ');
                if (space < 0) {
                    throw new IllegalArgumentException("a member without a principal");
                }
                all.add(new Member(decode(line.substring(0, space)), decode(line.substring(space + 1))));
            }
        }
        boolean isChange = known == Kind.JOINED || known == Kind.LEFT;
        if (node == null || node.isEmpty() || (isChange && all.size() != 1)) {
            throw new IllegalArgumentException("presence without its node or member");
        }
        return new NodePresence(node, known, all, part[0], part[1]);
    }

    private static String decode(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }
}
