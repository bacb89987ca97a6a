// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.client;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TraceTest {
  @Test
  void aTraceIsSampledAndNeverTheSameTwice() {
    Trace trace = Trace.begin();

    assertThat(trace.traceparent()).matches("00-[0-9a-f]{32}-[0-9a-f]{16}-01");
    assertThat(trace.id()).isNotEqualTo(Trace.begin().id());
  }
}
