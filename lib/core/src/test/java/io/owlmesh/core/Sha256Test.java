// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.core;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.security.MessageDigest;
import org.junit.jupiter.api.Test;

class Sha256Test {
  @Test
  void theHashIsThatOfTheStandard() {
    MessageDigest digest = Sha256.begin();
    digest.update("abc".getBytes(US_ASCII));

    // FIPS 180-2, appendix B.1.
    assertThat(Sha256.hex(digest))
        .isEqualTo("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  }
}
