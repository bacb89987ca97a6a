// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.core.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.owlmesh.core.OwlException;
import org.junit.jupiter.api.Test;

class CallerLimitsTest {
  @Test
  void limitsAreWrittenAsTheyAreRead() {
    assertThat(CallerLimits.parse("requests=60,positions=100000"))
        .hasToString("requests=60,positions=100000");
    assertThat(CallerLimits.parse("-")).isEqualTo(CallerLimits.NONE);
  }

  @Test
  void aKindThatIsGivenTwiceIsRefused() {
    assertThatThrownBy(() -> CallerLimits.parse("requests=60,positions=1,requests=6"))
        .isInstanceOf(OwlException.class)
        .hasMessageContaining("limits: 'requests' is given twice");
  }
}
