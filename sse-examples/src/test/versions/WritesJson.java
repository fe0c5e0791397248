import io.sluice.sse.json.JsonEvents;
import java.util.List;

/** Writes JSON with the default mapper. */
public final class WritesJson {

    public static void main(String[] args) {
        System.out.println("data: " + JsonEvents.withDefaults().event("a", List.of(1)).data());
    }
}
