// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.image;

import io.owlmesh.model.image.codec.Picture;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** What names the features of a picture: files that decode to the same pixels share one key. */
public final class ContentKey {
  private ContentKey() {}

  /**
   * The key of what these preprocessing numbers make of this picture.
   *
   * @return 64 lower-case hexadecimal digits: SHA-256 of width, height, RGB, and the side, means
   *     and deviations, numbers as four big-endian bytes
   */
  public static String of(Picture picture, Preprocessing how) {
    MessageDigest digest = sha256();
    digest.update(ByteBuffer.allocate(8).putInt(picture.width()).putInt(picture.height()).array());
    digest.update(picture.rgb());
    ByteBuffer numbers = ByteBuffer.allocate(28).putInt(how.size());
    numbers.putFloat(how.meanRed()).putFloat(how.meanGreen()).putFloat(how.meanBlue());
    numbers
        .putFloat(how.deviationRed())
        .putFloat(how.deviationGreen())
        .putFloat(how.deviationBlue());
    digest.update(numbers.array());
    return HexFormat.of().formatHex(digest.digest());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
