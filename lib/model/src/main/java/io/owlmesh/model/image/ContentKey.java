// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.image;

import io.owlmesh.core.Sha256;
import io.owlmesh.model.image.codec.Picture;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/** What names the features of a picture: files that decode to the same pixels share one key. */
public final class ContentKey {
  private ContentKey() {}

  /**
   * The key of what these preprocessing numbers make of this picture.
   *
   * @return 64 lower-case hexadecimal digits: SHA-256 of width, height, RGB, and the side, means
   *     and deviations, numbers as four big-endian bytes; then, unless pictures are squashed, the
   *     name of the way in which they become squares
   */
  public static String of(Picture picture, Preprocessing how) {
    MessageDigest digest = Sha256.begin();
    digest.update(ByteBuffer.allocate(8).putInt(picture.width()).putInt(picture.height()).array());
    digest.update(picture.rgb());
    ByteBuffer numbers = ByteBuffer.allocate(28).putInt(how.size());
    numbers.putFloat(how.meanRed()).putFloat(how.meanGreen()).putFloat(how.meanBlue());
    numbers
        .putFloat(how.deviationRed())
        .putFloat(how.deviationGreen())
        .putFloat(how.deviationBlue());
    digest.update(numbers.array());
    if (how.fit() != Fit.SQUASH) {
      digest.update(how.fit().name().getBytes(StandardCharsets.US_ASCII));
    }
    return Sha256.hex(digest);
  }
}
