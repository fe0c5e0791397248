package io.sluice.sse.examples.recipes;

import io.sluice.sse.netty.HttpRoute;
import io.sluice.sse.netty.RouteResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** The page of a recipe, which is in this jar, and its client library, which npm has put into a folder. */
final class RecipeFiles {

    private RecipeFiles() {}

    /** The folder of the libraries: the argument of the program, or {@code node_modules} in the current folder. */
    static Path nodeModules(String[] args) {
        return Path.of(args.length > 0 ? args[0] : "node_modules");
    }

    /** @return the text of a page; a recipe may replace parts of it */
    static String page(String name) {
        try (InputStream in = RecipeFiles.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("the page " + name + " is missing in this build");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static RouteResponse html(String text) {
        return RouteResponse.of(200, "text/html; charset=utf-8", text).with("cache-control", "no-store");
    }

    /**
     * A route for one script of a client library.
     *
     * @param nodeModules the folder into which npm installs
     * @param file the script in it
     */
    static HttpRoute script(Path nodeModules, String file) throws IOException {
        Path path = nodeModules.resolve(file);
        if (!Files.isRegularFile(path)) {
            throw new IOException("there is no " + path + "; run npm install as in docs/recipes.md");
        }
        RouteResponse script = RouteResponse.of(200, "text/javascript; charset=utf-8", Files.readAllBytes(path));
        return request -> script.completed();
    }

    /** Text of a user as text in HTML. */
    static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
