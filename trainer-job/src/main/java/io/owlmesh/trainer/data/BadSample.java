// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.data;

/** A sample that cannot be trained on. It is counted by its reason and left out. */
public final class BadSample extends Exception {
  private final Reason reason;

  /** Why a sample cannot be used. */
  public enum Reason {
    /** The line is not one JSON object, a key comes twice, or a field has the wrong type. */
    BAD_LINE,
    /** There is no dialogue. */
    NO_TEXT,
    /** An image file does not exist. */
    MISSING_IMAGE,
    /** An image file is no picture, or a damaged or too large one. */
    BROKEN_IMAGE,
    /** There are more or fewer images than placeholders. */
    IMAGE_COUNT,
    /** The text begins with an image, which the format cannot express. */
    MEDIA_FIRST,
    /** After cutting to the sequence length an image does not fit. */
    OVER_LONG,
    /** No token is left to learn from. */
    NO_TARGET
  }

  public BadSample(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
