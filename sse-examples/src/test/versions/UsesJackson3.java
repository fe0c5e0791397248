import io.sluice.sse.hub.Hub;
import io.sluice.sse.json.JsonEvents;
import io.sluice.sse.json.TypedTopic;
import tools.jackson.databind.json.JsonMapper;

/** Writes and reads JSON with Jackson 3. It is compiled and run without Jackson 2. */
public final class UsesJackson3 {

    public record Price(String item, int cents) {}

    public static void main(String[] args) {
        JsonMapper mapper = JsonMapper.shared();
        JsonEvents json = JsonEvents.using(mapper::writeValueAsString, mapper::readValue);
        try (Hub hub = Hub.create()) {
            TypedTopic<Price> prices = json.topic(hub, "prices", Price.class);
            System.out.println("data: " + json.event("price", new Price("tea", 250)).data());
            System.out.println("read: " + prices.read(prices.event(new Price("tea", 250))));
        }
    }
}
