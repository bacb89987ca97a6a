// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class DistributionTest {
  @Test
  void aPercentileIsAValueThatOccurred() {
    Distribution ten = Distribution.of(IntStream.rangeClosed(1, 10).boxed().toList(), v -> v);

    assertThat(ten.percentile(0.5)).isEqualTo(5);
    assertThat(ten.percentile(0.9)).isEqualTo(9);
    assertThat(ten.percentile(1)).isEqualTo(10);
    assertThat(ten.mean()).isEqualTo(5.5);
  }

  @Test
  void oneValueIsEveryPercentile() {
    Distribution one = Distribution.of(List.of(7), v -> v);

    assertThat(one.percentile(0.01)).isEqualTo(7);
    assertThat(one.percentile(0.99)).isEqualTo(7);
  }
}
