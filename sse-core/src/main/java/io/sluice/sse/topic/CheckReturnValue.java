package io.sluice.sse.topic;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks a method that has no effect but its result, such as one that returns a changed copy. Error Prone and other
 * analyzers recognize an annotation of this simple name in any package. So each package has its own, and none is
 * public.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
@interface CheckReturnValue {}
