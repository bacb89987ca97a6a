// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.bench;

import java.util.List;
import java.util.Optional;

/**
 * Everything that one run measured.
 *
 * @param what one line: address and shape of the load
 * @param services of this machine's mesh; empty if it runs elsewhere
 * @param limit absent if the memory was not measured
 */
public record BenchReport(
    String what, Load.Result load, List<ServiceCost> services, Optional<DecodeLimit> limit) {
  public BenchReport {
    services = List.copyOf(services);
  }

  Distribution of(Quantity quantity) {
    return Distribution.of(measuring(quantity), quantity::micros);
  }

  /** Whether any answer tells this: tokens may decode to nothing, as random weights choose them. */
  boolean tells(Quantity quantity) {
    return !measuring(quantity).isEmpty();
  }

  private List<RequestSample> measuring(Quantity quantity) {
    return quantity == Quantity.CLIENT_FIRST_TEXT
        ? load.samples().stream().filter(s -> s.firstTextMicros() > 0).toList()
        : load.samples();
  }

  /** Of each answer while it is decoded; answers of one token have no such rate. */
  Optional<Distribution> tokensPerSecond() {
    List<RequestSample> longer =
        load.samples().stream().filter(s -> s.tokensPerSecond() > 0).toList();
    return longer.isEmpty()
        ? Optional.empty()
        : Optional.of(Distribution.of(longer, RequestSample::tokensPerSecond));
  }

  long completionTokens() {
    return load.samples().stream().mapToLong(s -> s.done().getCompletionTokens()).sum();
  }

  /** Of all requests together, tokens per second of the whole run. */
  double throughput() {
    return completionTokens() * 1e9 / load.elapsed().toNanos();
  }

  /** Part of the answers' time that went into serialising, sending and scheduling. */
  double hopsShare() {
    double total = of(Quantity.TOTAL).sum();
    return total == 0 ? 0 : of(Quantity.HOPS).sum() / total;
  }
}
