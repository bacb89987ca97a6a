// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.image.codec;

import io.owlmesh.core.OwlException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** The formats that are accepted. Names and media types lie, so only content counts. */
public enum PictureFormat {
  JPEG("JPEG"),
  PNG("PNG"),
  GIF("GIF"),
  BMP("BMP"),
  WEBP("WebP");

  private final String label;

  PictureFormat(String label) {
    this.label = label;
  }

  public String label() {
    return label;
  }

  /** As HTTP names it. */
  public String mediaType() {
    return "image/" + label.toLowerCase(Locale.ROOT);
  }

  /**
   * The format of a file.
   *
   * @throws OwlException if the first bytes are those of no accepted format
   */
  public static PictureFormat of(byte[] file) {
    if (has(file, 0, "\u00ff\u00d8\u00ff")) {
      return JPEG;
    }
    if (has(file, 0, "\u0089PNG\r\n\u001a\n")) {
      return PNG;
    }
    if (has(file, 0, "GIF87a") || has(file, 0, "GIF89a")) {
      return GIF;
    }
    if (has(file, 0, "RIFF") && has(file, 8, "WEBP")) {
      return WEBP;
    }
    if (has(file, 0, "BM")) {
      return BMP;
    }
    throw BadPicture.unsupported(described(file) + "; " + BadPicture.ACCEPTED);
  }

  /** What else a file is, as far as its first bytes tell. */
  private static String described(byte[] file) {
    if (has(file, 4, "ftypavif") || has(file, 4, "ftypavis")) {
      return "is an AVIF file";
    }
    if (has(file, 4, "ftyphei") || has(file, 4, "ftypmif1") || has(file, 4, "ftyphev")) {
      return "is a HEIC file";
    }
    if (has(file, 4, "JXL ") || has(file, 0, "\u00ff\n")) {
      return "is a JPEG XL file";
    }
    if (has(file, 0, "II*\0") || has(file, 0, "MM\0*")) {
      return "is a TIFF file";
    }
    return "is not a picture of an accepted format";
  }

  /** Whether the Latin-1 text stands at the offset. */
  static boolean has(byte[] file, int offset, String text) {
    byte[] wanted = text.getBytes(StandardCharsets.ISO_8859_1);
    if (offset < 0 || file.length - offset < wanted.length) {
      return false;
    }
    for (int i = 0; i < wanted.length; i++) {
      if (file[offset + i] != wanted[i]) {
        return false;
      }
    }
    return true;
  }
}
