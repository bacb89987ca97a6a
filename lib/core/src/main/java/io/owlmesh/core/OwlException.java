// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.core;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An {@link ErrorCode} with the field it concerns and a sentence that names the limit. The message
 * is safe to show to callers.
 */
public final class OwlException extends RuntimeException {
  private final ErrorCode code;
  private final String field;
  private final String sentence;
  private final @Nullable Duration retryAfter;

  /** Of a fault of which no more is known. */
  public OwlException(Fault fault, String field, String message) {
    this(ErrorCode.of(fault), field, message, null);
  }

  /** As above, with the cause, which is logged and never sent to callers. */
  public OwlException(Fault fault, String field, String message, @Nullable Throwable cause) {
    this(ErrorCode.of(fault), field, message, cause);
  }

  /**
   * @param field the request field, file or tensor concerned, for example {@code image.bytes};
   *     empty if none
   * @param message one sentence naming what was found and what is allowed
   */
  public OwlException(ErrorCode code, String field, String message) {
    this(code, field, message, null);
  }

  /** As above, with the cause. */
  public OwlException(ErrorCode code, String field, String message, @Nullable Throwable cause) {
    this(code, field, message, cause, null);
  }

  private OwlException(
      ErrorCode code,
      String field,
      String message,
      @Nullable Throwable cause,
      @Nullable Duration retryAfter) {
    super(field.isEmpty() ? message : field + ": " + message, cause);
    this.code = code;
    this.field = field;
    this.sentence = message;
    this.retryAfter = retryAfter;
  }

  /** The same, for callers to try again after a while. */
  public OwlException retryAfter(Duration time) {
    return new OwlException(code, field, sentence, getCause(), time);
  }

  /** The same, for callers who know the field by another name. */
  public OwlException renamed(String name) {
    return new OwlException(code, name, sentence, this, retryAfter);
  }

  /** A {@link Fault#BAD_INPUT}. */
  public static OwlException badInput(String field, String message) {
    return new OwlException(Fault.BAD_INPUT, field, message);
  }

  /** A {@link Fault#BAD_CHECKPOINT}. */
  public static OwlException badCheckpoint(String where, String message) {
    return new OwlException(Fault.BAD_CHECKPOINT, where, message);
  }

  public ErrorCode code() {
    return code;
  }

  public Fault fault() {
    return code.fault();
  }

  public String field() {
    return field;
  }

  /** After which time it makes sense to try again, if that is known. */
  public Optional<Duration> retryAfter() {
    return Optional.ofNullable(retryAfter);
  }

  /** The message without the field before it, for callers who know the field by another name. */
  public String sentence() {
    return sentence;
  }
}
