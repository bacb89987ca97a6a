// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.grpc;

import java.util.function.LongConsumer;

/** Reserves memory for files as their bytes arrive: what is only announced takes nothing. */
final class Reservation {
  private static final long LEAST = 64 << 10;

  private final LongConsumer reserve;
  private final long announced;
  private long reserved;

  /**
   * @param reserve takes so many bytes more; may refuse
   * @param announced bytes that will come
   */
  Reservation(LongConsumer reserve, long announced) {
    this.reserve = reserve;
    this.announced = announced;
  }

  /** Makes room for all bytes that have arrived by now. */
  void grow(long arrived) {
    if (arrived > reserved) {
      long next = Math.max(arrived, Math.min(announced, Math.max(LEAST, arrived * 3 / 2)));
      reserve.accept(next - reserved);
      reserved = next;
    }
  }
}
