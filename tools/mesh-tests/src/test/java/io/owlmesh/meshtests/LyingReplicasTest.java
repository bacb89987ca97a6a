// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.owlmesh.meshtests.LyingReplica.Lie;
import io.owlmesh.proto.mesh.v1.Condition;
import io.owlmesh.proto.stage.v1.PrefixChain;
import io.owlmesh.proto.stage.v1.WatchResponse;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Language models that tell of themselves what cannot be. */
class LyingReplicasTest {
  private final Crowd crowd = new Crowd();

  @Test
  @Timeout(value = 3, unit = TimeUnit.MINUTES)
  void whoLiesOfItsLoadOrItsCacheIsNotBelievedAndServesAllTheSame(@TempDir Path folder)
      throws Exception {
    try (Traces traces = new Traces();
        FaultyMesh mesh = new FaultyMesh(folder, traces)) {
      mesh.refresh("llm", true);
      List<FaultyReplica> models = mesh.replicas("llm");
      models.get(0).liar().tell(watch(report -> report.getLoadBuilder().setWaiting(-1)));
      models.get(1).liar().tell(watch(report -> report.addAllChainsGained(tooManyChains())));

      for (FaultyReplica one : models) {
        mesh.await(one, seen -> !seen.hasLoad() && seen.getChains() == 0);
        assertThat(mesh.seen(one).orElseThrow().getCondition())
            .isEqualTo(Condition.CONDITION_SERVING);
      }
      crowd.ask(mesh);
      // Until both have told their lies again.
      TimeUnit.SECONDS.sleep(12);
      crowd.ask(mesh);

      assertThat(mesh.log().lines().filter(line -> line.contains("is not believed")))
          .hasSize(2)
          .anySatisfy(line -> assertThat(line).contains("load: -1 is not from 0 to 1000000000"))
          .anySatisfy(line -> assertThat(line).contains("chains_gained: 1025 of at most 1024"));
    }
  }

  private static Iterable<PrefixChain> tooManyChains() {
    return Collections.nCopies(
        1_025,
        PrefixChain.newBuilder().setName(ByteString.copyFromUtf8("x")).setPositions(1).build());
  }

  private static Lie watch(Consumer<WatchResponse.Builder> change) {
    return (method, message) -> {
      if (!method.endsWith("/Watch")) {
        return message;
      }
      try {
        WatchResponse.Builder report = WatchResponse.parseFrom(message).toBuilder();
        change.accept(report);
        return report.build().toByteArray();
      } catch (InvalidProtocolBufferException broken) {
        throw new IllegalStateException(method, broken);
      }
    };
  }
}
