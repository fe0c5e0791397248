import io.sluice.sse.hub.Hub;
import io.sluice.sse.netty.SseHandler;
import io.sluice.sse.netty.StreamRoute;

/** Makes a handler for a pipeline, as the first use of Sluice. */
public final class MakesHandler {

    public static void main(String[] args) {
        try (Hub hub = Hub.create()) {
            System.out.println("made: " + (SseHandler.serving(hub, "/events/**", StreamRoute.topics()) != null));
        }
    }
}
