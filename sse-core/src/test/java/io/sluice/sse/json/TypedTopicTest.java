package io.sluice.sse.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.topic.Published;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TypedTopicTest {

    private final Hub hub = Hub.create();
    private final JsonEvents json = JsonEvents.withDefaults();

    record Price(String symbol, int cents) {}

    record Dated(Instant at, LocalDate day) {}

    record Old(Date at) {}

    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME)
    @JsonSubTypes({@JsonSubTypes.Type(Circle.class), @JsonSubTypes.Type(Square.class)})
    sealed interface Shape {}

    record Circle(int radius) implements Shape {}

    record Square(int side) implements Shape {}

    /** Like a tree that contains itself. */
    static final class Node {
        public final List<Node> children = new ArrayList<>();
    }

    @AfterEach
    void close() {
        hub.close();
    }

    private long published() {
        return hub.stats().published();
    }

    @Test
    void aRecordIsPublishedAndReadBack() {
        TypedTopic<Price> prices = TypedTopic.of(hub, "prices/SLU", Price.class);
        Price price = new Price("S\nU\"", 7);
        Published published = prices.publish(price).toCompletableFuture().join();
        assertThat(published.id()).isEqualTo(hub.headId());
        assertThat(hub.topics(null, 9))
                .singleElement()
                .satisfies(topic -> assertThat(topic.name()).isEqualTo("prices/SLU"));
        assertThat(prices.event(price).name()).isNull();
        assertThat(prices.read(prices.event(price))).isEqualTo(price);
    }

    @Test
    void theTopicSetsTheNameAndTheKeyOfItsEvents() {
        TypedTopic<Price> prices =
                TypedTopic.of(hub, "prices", Price.class).withEventName("price").withKey(Price::symbol);
        assertThat(prices.event(new Price("SLU", 7)))
                .isEqualTo(Event.builder()
                        .name("price")
                        .key("SLU")
                        .data("{\"symbol\":\"SLU\",\"cents\":7}")
                        .build());
        assertThatNullPointerException()
                .isThrownBy(() -> prices.publish(new Price(null, 7)))
                .withMessage("key");
        assertThatIllegalArgumentException().isThrownBy(() -> prices.withEventName("a\nb"));
        assertThatIllegalArgumentException().isThrownBy(() -> TypedTopic.of(hub, "prices/*", Price.class));
    }

    @Test
    void genericTypesKeepTheirParameters() {
        TypedTopic<Map<String, List<Price>>> books = TypedTopic.of(hub, "books", new TypeReference<>() {});
        Map<String, List<Price>> book = Map.of("a", List.of(new Price("a", 1), new Price("b", 2)));
        assertThat(books.read(books.event(book))).isEqualTo(book);
        assertThat(json.read(books.event(book).data(), new TypeReference<Map<String, List<Price>>>() {}))
                .isEqualTo(book);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> books.read("{\"a\":7}"))
                .withMessageContaining("as java.util.Map<java.lang.String, java.util.List<")
                .withCauseInstanceOf(JsonProcessingException.class);
    }

    /** Without the declared type the list would lose them, because Java erases the element type. */
    @Test
    void elementsAreWrittenByTheDeclaredType() {
        TypedTopic<List<Shape>> shapes = TypedTopic.of(hub, "shapes", new TypeReference<>() {});
        List<Shape> two = List.of(new Circle(1), new Square(2));
        assertThat(shapes.event(two).data()).contains("\"@type\"");
        assertThat(shapes.read(shapes.event(two))).isEqualTo(two);
    }

    @Test
    void datesAreWrittenAndReadWithAMapperThatSupportsThem() {
        JsonEvents dates = JsonEvents.of(new ObjectMapper()
                .registerModule(new JavaTimeModule())
                .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS));
        TypedTopic<Dated> topic = TypedTopic.of(hub, "dates", Dated.class, dates);
        Dated dated = new Dated(Instant.parse("2026-11-21T10:00:00.123456789Z"), LocalDate.of(2026, 2, 28));
        assertThat(topic.event(dated).data()).contains("2026-11-21T10:00:00.123456789Z", "2026-02-28");
        assertThat(topic.read(topic.event(dated))).isEqualTo(dated);
        TypedTopic<Old> old = TypedTopic.of(hub, "old", Old.class);
        assertThat(old.read(old.event(new Old(new Date(1234))))).isEqualTo(new Old(new Date(1234)));
    }

    @Test
    void aValueThatCannotBeWrittenFailsOnlyItsPublish() {
        TypedTopic<Node> nodes = TypedTopic.of(hub, "nodes", Node.class);
        Node intoItself = new Node();
        intoItself.children.add(intoItself);
        TypedTopic<Dated> dates = TypedTopic.of(hub, "dates", Dated.class); // its mapper has no module for dates
        nodes.publish(new Node());
        assertThatIllegalArgumentException()
                .isThrownBy(() -> nodes.publish(intoItself))
                .withMessageStartingWith("cannot write " + Node.class.getName() + " as JSON: ")
                .withCauseInstanceOf(JsonProcessingException.class);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> dates.publish(new Dated(Instant.EPOCH, LocalDate.EPOCH)))
                .withMessageStartingWith("cannot write " + Dated.class.getName() + " as JSON: ");
        nodes.publish(new Node());
        assertThat(published()).isEqualTo(2);
        assertThat(hub.topics(null, 9)).hasSize(1);
    }

    @Test
    void aBatchIsPublishedContiguouslyOrNotAtAll() {
        TypedTopic<Object> topic = TypedTopic.of(hub, "objects", Object.class);
        List<Published> published = topic.publishAll(List.of(new Price("a", 1), 2, "three"))
                .toCompletableFuture()
                .join();
        assertThat(published).hasSize(3);
        assertThat(published.get(0).id()).isLessThan(published.get(1).id());
        assertThat(published.get(1).id()).isLessThan(published.get(2).id());
        assertThat(published.get(2).id()).isEqualTo(hub.headId());
        Node intoItself = new Node();
        intoItself.children.add(intoItself);
        assertThatIllegalArgumentException().isThrownBy(() -> topic.publishAll(List.of(1, intoItself, 3)));
        assertThat(published()).isEqualTo(3);
    }

    @Test
    void nullIsNotAValueOfATopic() {
        TypedTopic<Optional<String>> topic = TypedTopic.of(hub, "a", new TypeReference<>() {});
        assertThatNullPointerException().isThrownBy(() -> topic.publish(null));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> topic.read(Event.comment("x")))
                .withMessageEndingWith(" has no data");
        assertThat(published()).isZero();
    }
}
