// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.speculation;

import io.owlmesh.runtime.language.TokenHistory;
import java.util.List;
import java.util.stream.IntStream;

/** A history of these ids. */
record SaidIds(List<Integer> ids) implements TokenHistory {
  static SaidIds of(int... ids) {
    return new SaidIds(IntStream.of(ids).boxed().toList());
  }

  @Override
  public int length() {
    return ids.size();
  }

  @Override
  public int promptLength() {
    return 0;
  }

  @Override
  public int id(int position) {
    return ids.get(position);
  }
}
