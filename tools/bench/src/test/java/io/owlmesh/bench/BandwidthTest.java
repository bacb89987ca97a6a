// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BandwidthTest {
  @Test
  void memoryIsReadAtAPlausibleSpeed() throws Exception {
    assertThat(Bandwidth.measure(8 << 20, 2)).isBetween(1e7, 1e13);
  }
}
