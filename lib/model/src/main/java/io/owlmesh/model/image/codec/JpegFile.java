// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.image.codec;

import io.owlmesh.core.OwlException;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * The segments of a JPEG file (ITU-T T.81, annex B). What decides about colour and orientation is
 * kept here; what the decoder is given has no application segments but one that says "no colour
 * transform", so that it neither sees a profile nor converts anything.
 */
final class JpegFile {
  static final String FORMAT = "JPEG";

  /** What {@link #adobeTransform} is without an Adobe segment. */
  static final int NO_ADOBE = -1;

  private static final int START = 0xd8;
  private static final int END = 0xd9;
  private static final int SCAN = 0xda;
  private static final int HUFFMAN = 0xc4;
  private static final int FRAME_BASELINE = 0xc0;
  private static final int FRAME_PROGRESSIVE = 0xc2;
  private static final int COMMENT = 0xfe;
  // Marker APP14, length 14, "Adobe", version 100, two flag words, transform 0.
  private static final String NO_TRANSFORM = "\u00ff\u00d8\u00ff\u00ee\0\u000eAdobe\0d\0\0\0\0\0";

  /** Every scan costs a pass over all pixels, and needs only a few bytes of file. */
  private static final long MOST_SCANNED_PIXELS = 1_000_000_000;

  private final byte[] file;
  private final SizeCheck sizes;
  private final ByteArrayOutputStream plain;
  private int width;
  private int height;
  private byte[] components = new byte[0];
  private boolean jfif;
  private int adobeTransform = NO_ADOBE;
  private int orientation = Exif.UPRIGHT;
  private boolean progressive;
  private final JpegHuffman huffman = new JpegHuffman();
  private JpegScans scans = new JpegScans(new byte[1], false);
  private long scanCount;

  /**
   * @throws OwlException if the frame is over a limit, of another kind than baseline and
   *     progressive, or the file ends before its last scan; the end marker itself may be missing
   */
  JpegFile(byte[] file, SizeCheck sizes) {
    this.file = file;
    this.sizes = sizes;
    this.plain = new ByteArrayOutputStream(file.length + 32);
    readSegments();
  }

  int width() {
    return width;
  }

  int height() {
    return height;
  }

  /** The identifiers of the components: 1 (grey), 3 or 4. */
  byte[] components() {
    return components.clone();
  }

  boolean jfif() {
    return jfif;
  }

  int adobeTransform() {
    return adobeTransform;
  }

  int orientation() {
    return orientation;
  }

  /** The picture for the decoder, whose samples come out as they are stored. */
  byte[] plain() {
    return plain.toByteArray();
  }

  private void readSegments() {
    byte[] start = NO_TRANSFORM.getBytes(StandardCharsets.ISO_8859_1);
    plain.writeBytes(start);
    int at = 2;
    while (true) {
      // Whatever stands between segments is passed over, as decoders do.
      while (at + 1 < file.length && (file[at] != (byte) 0xff || isNoMarker(file[at + 1]))) {
        at++;
      }
      if (at + 1 >= file.length) {
        finishWithoutEnd();
        return;
      }
      int marker = file[at + 1] & 0xff;
      if (marker == END) {
        finish();
        return;
      }
      int length = at + 3 < file.length ? (file[at + 2] & 0xff) << 8 | (file[at + 3] & 0xff) : 0;
      int next = at + 2 + length;
      if (marker == START || length < 2 || next > file.length) {
        throw BadPicture.corrupt(FORMAT);
      }
      boolean isApplication = marker >= 0xe0 && marker <= 0xef;
      if (isApplication) {
        readApplication(marker, at + 4, length - 2);
      } else if (isFrame(marker)) {
        readFrame(marker, at + 4, length - 2);
      } else if (marker == HUFFMAN) {
        huffman.read(file, at + 4, length - 2);
      } else if (marker == SCAN) {
        countScan();
        scans.read(file, at + 4, length - 2);
        next = endOfScan(next);
      }
      if (!isApplication && marker != COMMENT) {
        plain.write(file, at, next - at);
      }
      at = next;
    }
  }

  /** Stuffing, padding, and the markers without a segment: none of them counts between segments. */
  private static boolean isNoMarker(byte second) {
    int marker = second & 0xff;
    return marker == 0 || marker == 0xff || marker == 1 || (marker >= 0xd0 && marker <= 0xd7);
  }

  private static boolean isFrame(int marker) {
    return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
  }

  /** Cameras that lose power, and tools that fill the rest of a block, write no end marker. */
  private void finishWithoutEnd() {
    if (!scans.areComplete()) {
      throw BadPicture.corrupt(FORMAT);
    }
    finish();
  }

  private void finish() {
    if (scanCount == 0) {
      throw BadPicture.corrupt(FORMAT);
    }
    plain.write(0xff);
    plain.write(END);
  }

  private void readApplication(int marker, int at, int length) {
    if (marker == 0xe0 && length >= 14 && PictureFormat.has(file, at, "JFIF\0")) {
      jfif = true;
    } else if (marker == 0xe1 && length > 6 && PictureFormat.has(file, at, "Exif\0\0")) {
      orientation = Exif.orientation(file, at, length);
    } else if (marker == 0xee && length >= 12 && PictureFormat.has(file, at, "Adobe")) {
      adobeTransform = file[at + 11] & 0xff;
    }
  }

  private void readFrame(int marker, int at, int length) {
    int count = length >= 6 ? file[at + 5] & 0xff : 0;
    if (components.length > 0 || length < 6 + 3 * count) {
      throw BadPicture.corrupt(FORMAT);
    }
    int precision = file[at] & 0xff;
    height = (file[at + 1] & 0xff) << 8 | (file[at + 2] & 0xff);
    width = (file[at + 3] & 0xff) << 8 | (file[at + 4] & 0xff);
    sizes.check(width, height);
    boolean isKnown = marker >= FRAME_BASELINE && marker <= FRAME_PROGRESSIVE;
    if (!isKnown || precision != 8 || (count != 1 && count != 3 && count != 4)) {
      throw BadPicture.unsupported(
          String.format(
              Locale.ROOT,
              "is a JPEG file of kind SOF%d with %d components of %d bits; baseline and progressive"
                  + " with 1, 3 or 4 components of 8 bits are accepted",
              marker - FRAME_BASELINE,
              count,
              precision));
    }
    components = new byte[count];
    for (int i = 0; i < count; i++) {
      components[i] = file[at + 6 + 3 * i];
    }
    progressive = marker == FRAME_PROGRESSIVE;
    scans = new JpegScans(components, progressive);
  }

  private void countScan() {
    scanCount++;
    if (components.length == 0) {
      throw BadPicture.corrupt(FORMAT);
    }
    if (scanCount == 1 && !progressive) {
      plain.writeBytes(huffman.missing());
    }
    // The scans of the components of one picture, and those of any usual progressive one, are few.
    if (scanCount > 16 && scanCount * width * height > MOST_SCANNED_PIXELS) {
      throw BadPicture.tooLarge(
          "has over %d scans of %d x %d pixels, the limit is %d pixels in all scans"
              .formatted(scanCount - 1, width, height, MOST_SCANNED_PIXELS));
    }
  }

  /**
   * Where the coded data that starts here ends: at the next marker that is no restart, or with the
   * file. Zeros that fill it up are left out: they would decode to something where data is missing.
   * One behind 0xff belongs to it.
   */
  private int endOfScan(int from) {
    for (int at = from; at + 1 < file.length; at++) {
      if (file[at] == (byte) 0xff && !isNoMarker(file[at + 1])) {
        return at;
      }
    }
    int end = file.length;
    while (end > from && file[end - 1] == 0) {
      end--;
    }
    boolean stuffed = end < file.length && file[end - 1] == (byte) 0xff;
    return stuffed ? end + 1 : end;
  }
}
