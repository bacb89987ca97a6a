// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.guided;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/** Keeps what was asked for last. For any number of threads; two may make the same at a time. */
final class Recent<K, V> {
  private final Map<K, V> kept;

  /**
   * @param size what is kept at most
   */
  Recent(int size) {
    kept =
        new LinkedHashMap<>(16, 0.75f, true) {
          @Override
          protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
            return size() > size;
          }
        };
  }

  V get(K key, Supplier<V> maker) {
    synchronized (kept) {
      V known = kept.get(key);
      if (known != null) {
        return known;
      }
    }
    V made = maker.get();
    synchronized (kept) {
      kept.put(key, made);
    }
    return made;
  }
}
