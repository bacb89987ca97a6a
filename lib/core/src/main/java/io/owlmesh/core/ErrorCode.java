// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.core;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * What went wrong, as a program reads it: a {@link Fault}, refined where callers act differently.
 * The names are sent at every door and kept with answers that failed, so they stay as they are.
 */
public enum ErrorCode {
  INVALID_VALUE(Fault.BAD_INPUT),
  /** The prompt leaves no room in the context or in the key/value cache. */
  CONTEXT_LENGTH_EXCEEDED(Fault.BAD_INPUT),
  /** Over the limit of bytes, pixels or side, alone or with the other images of the request. */
  IMAGE_TOO_LARGE(Fault.BAD_INPUT),
  /** Empty, truncated or corrupt. */
  IMAGE_UNREADABLE(Fault.BAD_INPUT),
  /** Of a format, or a kind of a format, that is not read. */
  IMAGE_UNSUPPORTED(Fault.BAD_INPUT),
  TOO_MANY_IMAGES(Fault.BAD_INPUT),
  INVALID_API_KEY(Fault.UNAUTHENTICATED),
  INSUFFICIENT_PERMISSIONS(Fault.FORBIDDEN),
  NOT_FOUND(Fault.NOT_FOUND),
  MODEL_NOT_FOUND(Fault.NOT_FOUND),
  ADAPTER_NOT_FOUND(Fault.NOT_FOUND),
  SESSION_NOT_FOUND(Fault.NOT_FOUND),
  MESSAGE_NOT_FOUND(Fault.NOT_FOUND),
  IMAGE_NOT_FOUND(Fault.NOT_FOUND),
  CONFLICT(Fault.CONFLICT),
  /** Another turn is being taken in the session. */
  TURN_IN_PROGRESS(Fault.CONFLICT),
  /** The session asks for a model that is not served, or not any more. */
  MODEL_MISMATCH(Fault.CONFLICT),
  OTHER_WEIGHTS(Fault.OTHER_WEIGHTS),
  BAD_CHECKPOINT(Fault.BAD_CHECKPOINT),
  SATURATED(Fault.SATURATED),
  /** A limit of the caller or its tenant; the field is what is limited. */
  RATE_LIMIT_EXCEEDED(Fault.SATURATED),
  /** What a tenant keeps leaves no room; something must be deleted first. */
  INSUFFICIENT_QUOTA(Fault.SATURATED),
  DEADLINE_EXCEEDED(Fault.TOO_LATE),
  CANCELLED(Fault.CANCELLED),
  UNAVAILABLE(Fault.UNAVAILABLE),
  /** A stage is down, failing or silent; the field is its name: vision, abstractor or llm. */
  STAGE_UNAVAILABLE(Fault.UNAVAILABLE),
  INTERNAL_ERROR(Fault.INTERNAL);

  private final Fault fault;

  ErrorCode(Fault fault) {
    this.fault = fault;
  }

  public Fault fault() {
    return fault;
  }

  /** The name in lower case, as JSON has it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The code of a fault of which no more is known. */
  public static ErrorCode of(Fault fault) {
    return Arrays.stream(values()).filter(code -> code.fault == fault).findFirst().orElseThrow();
  }

  /** The code of a name, in capitals; nothing if there is none. */
  public static Optional<ErrorCode> named(String name) {
    return Arrays.stream(values()).filter(code -> code.name().equals(name)).findFirst();
  }
}
