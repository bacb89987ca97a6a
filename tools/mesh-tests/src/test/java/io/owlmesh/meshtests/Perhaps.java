// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;

/** A value that was acknowledged, and perhaps another one that was asked for since. */
final class Perhaps<T> {
  private T sure;
  private final Set<T> asked = new HashSet<>();

  Perhaps(T sure) {
    this.sure = sure;
  }

  void ask(T value) {
    asked.add(value);
  }

  void acknowledged(T value) {
    sure = value;
    asked.clear();
  }

  T sure() {
    return sure;
  }

  /** Once it is seen, there is no doubt any more. */
  void settle(T found) {
    if (asked.isEmpty()) {
      assertThat(found).isEqualTo(sure);
    } else {
      asked.add(sure);
      assertThat(found).isIn(asked);
      acknowledged(found);
    }
  }
}
