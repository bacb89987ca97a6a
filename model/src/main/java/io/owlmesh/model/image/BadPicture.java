// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.image;

import io.owlmesh.model.Fault;
import io.owlmesh.model.OwlException;
import org.jspecify.annotations.Nullable;

/** The one field and the wording of every refusal of a picture. */
final class BadPicture {
  static final String FIELD = "image";
  static final String ACCEPTED = "JPEG, PNG, GIF, BMP and WebP are accepted";

  private BadPicture() {}

  static OwlException because(String message) {
    return OwlException.badInput(FIELD, message);
  }

  /**
   * @param format as callers know it, for example {@code PNG}
   */
  static OwlException corrupt(String format) {
    return corrupt(format, null);
  }

  /** As above; the cause is for the log, its text never reaches callers. */
  static OwlException corrupt(String format, @Nullable Throwable cause) {
    return new OwlException(
        Fault.BAD_INPUT, FIELD, "is a truncated or corrupt " + format + " file", cause);
  }
}
