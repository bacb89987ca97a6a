// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.image.codec;

import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import org.jspecify.annotations.Nullable;

/** The one field and the wording of every refusal of a picture. */
public final class BadPicture {
  public static final String FIELD = "image";
  static final String ACCEPTED = "JPEG, PNG, GIF, BMP and WebP are accepted";

  private BadPicture() {}

  static OwlException because(String message) {
    return OwlException.badInput(FIELD, message);
  }

  /**
   * A file that ends too early or contradicts itself.
   *
   * @param format as callers know it, for example {@code PNG}
   */
  public static OwlException corrupt(String format) {
    return corrupt(format, null);
  }

  /** As above; the cause is for the log, its text never reaches callers. */
  public static OwlException corrupt(String format, @Nullable Throwable cause) {
    return new OwlException(
        Fault.BAD_INPUT, FIELD, "is a truncated or corrupt " + format + " file", cause);
  }
}
