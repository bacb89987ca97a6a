// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.stage;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Context;
import io.owlmesh.wire.Deadlines;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class DeadlinesTest {
  @Test
  void withoutADeadlineThereIsAlwaysTime() {
    Context.ROOT.run(() -> assertThat(Deadlines.nanoTime()).isEqualTo(Long.MAX_VALUE));
  }

  @Test
  void theClientsDeadlineReachesTheStage() {
    CompletableFuture<Long> left = new CompletableFuture<>();
    Items items = new Items();
    try (TestStage stage =
        TestStage.serving(responses -> {
          left.complete(Deadlines.nanoTime() - System.nanoTime());
          return ItemStream.open(responses, 1, items);
        })) {
      TestConversation.with(stage.stub().withDeadlineAfter(30, TimeUnit.SECONDS))
          .complete()
          .awaitEnd();
      assertThat(left.join()).isBetween(TimeUnit.SECONDS.toNanos(20), TimeUnit.SECONDS.toNanos(30));
    }
  }
}
