// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.batch;

import io.owlmesh.core.OwlException;
import io.owlmesh.proto.chat.v1.ImageEncoding;
import java.util.Arrays;

/** What a batch gives for each row. */
enum OutputKind {
  ANSWERS("answers", ImageEncoding.IMAGE_ENCODING_UNSPECIFIED, 3),
  VISUAL_FEATURES("visual-features", ImageEncoding.IMAGE_ENCODING_FEATURES, 1),
  VISUAL_TOKENS("visual-tokens", ImageEncoding.IMAGE_ENCODING_VISUAL_TOKENS, 2);

  private final String flag;
  private final ImageEncoding encoding;
  private final int parts;

  OutputKind(String flag, ImageEncoding encoding, int parts) {
    this.flag = flag;
    this.encoding = encoding;
    this.parts = parts;
  }

  /**
   * By its flag.
   *
   * @throws OwlException BAD_INPUT, field {@code --output-kind}
   */
  static OutputKind of(String flag) {
    return Arrays.stream(values())
        .filter(kind -> kind.flag.equals(flag))
        .findFirst()
        .orElseThrow(() ->
            OwlException.badInput(
                "--output-kind",
                "'%s'; known are %s"
                    .formatted(flag, Arrays.stream(values()).map(OutputKind::flag).toList())));
  }

  String flag() {
    return flag;
  }

  ImageEncoding encoding() {
    return encoding;
  }

  /** Of the digests of vision, abstractor and language model, how many it depends on. */
  int parts() {
    return parts;
  }
}
