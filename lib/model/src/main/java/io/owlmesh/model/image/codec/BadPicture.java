// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.image.codec;

import io.owlmesh.core.ErrorCode;
import io.owlmesh.core.OwlException;
import org.jspecify.annotations.Nullable;

/** The one field and the wording of every refusal of a picture. */
public final class BadPicture {
  public static final String FIELD = "image";
  static final String ACCEPTED = "JPEG, PNG, GIF, BMP and WebP are accepted";

  private BadPicture() {}

  static OwlException tooLarge(String message) {
    return new OwlException(ErrorCode.IMAGE_TOO_LARGE, FIELD, message);
  }

  /** A format, or a kind of a format, that is not read. */
  static OwlException unsupported(String message) {
    return new OwlException(ErrorCode.IMAGE_UNSUPPORTED, FIELD, message);
  }

  /** No picture at all. */
  static OwlException unreadable(String message) {
    return new OwlException(ErrorCode.IMAGE_UNREADABLE, FIELD, message);
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
        ErrorCode.IMAGE_UNREADABLE, FIELD, "is a truncated or corrupt " + format + " file", cause);
  }
}
