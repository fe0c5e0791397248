package io.sluice.sse.hub;

import io.sluice.sse.hub.log.JsonText;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The data of presence events, as JSON (RFC 8259). Names come from the application and its clients and may be any text.
 */
final class PresenceJson {

    private PresenceJson() {}

    /** @param topic null for the whole hub */
    static String of(String principal, @Nullable String topic) {
        StringBuilder json = new StringBuilder("{\"principal\":");
        JsonText.quote(json, principal);
        if (topic != null) {
            JsonText.quote(json.append(",\"topic\":"), topic);
        }
        return json.append('}').toString();
    }

    static String list(@Nullable String topic, List<String> principals) {
        StringBuilder json = new StringBuilder("{");
        if (topic != null) {
            JsonText.quote(json.append("\"topic\":"), topic);
            json.append(',');
        }
        json.append("\"count\":").append(principals.size()).append(",\"principals\":[");
        List<String> listed =
                principals.stream().sorted().limit(Presence.MAX_LISTED).toList();
        for (int i = 0; i < listed.size(); i++) {
            JsonText.quote(json.append(i == 0 ? "" : ","), listed.get(i));
        }
        return json.append("]}").toString();
    }
}
