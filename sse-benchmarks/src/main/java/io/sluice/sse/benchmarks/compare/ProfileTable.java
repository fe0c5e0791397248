package io.sluice.sse.benchmarks.compare;

import java.util.List;
import java.util.Locale;

/** Formats profiles as Markdown: the shares of the layers side by side, then the largest places of each profile. */
final class ProfileTable {

    private static final int LARGEST = 10;

    private ProfileTable() {}

    static String of(List<Profile> profiles) {
        StringBuilder text = new StringBuilder("| layer |");
        profiles.forEach(profile -> text.append(' ').append(profile.title()).append(" |"));
        text.append("\n|---|").append("---:|".repeat(profiles.size())).append('\n');
        for (Layer layer : Layer.values()) {
            text.append("| ").append(layer.title()).append(" |");
            profiles.forEach(profile ->
                    text.append(' ').append(percent(profile.share(layer))).append(" |"));
            text.append('\n');
        }
        text.append("| samples |");
        profiles.forEach(profile -> text.append(String.format(Locale.ROOT, " %,d |", profile.samples())));
        text.append('\n');
        profiles.forEach(profile -> largest(text, profile));
        return text.toString();
    }

    private static void largest(StringBuilder text, Profile profile) {
        text.append("\nLargest self times, ")
                .append(profile.title())
                .append(":\n\n| method, function or system call | layer | share |\n|---|---|---:|\n");
        for (Profile.Place place : profile.largest(LARGEST)) {
            text.append("| `")
                    .append(place.name())
                    .append("` | ")
                    .append(place.layer().title())
                    .append(" | ")
                    .append(percent(profile.share(place)))
                    .append(" |\n");
        }
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, "%.1f %%", 100 * share);
    }
}
