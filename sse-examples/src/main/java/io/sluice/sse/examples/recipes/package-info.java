/** Small programs for client libraries of other projects, one file each. The file docs/recipes.md explains them. */
@NullMarked
package io.sluice.sse.examples.recipes;

import org.jspecify.annotations.NullMarked;
