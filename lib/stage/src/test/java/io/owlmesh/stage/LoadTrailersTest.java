// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import io.owlmesh.proto.abstractor.v1.VisualAbstractorGrpc;
import io.owlmesh.proto.stage.v1.Load;
import io.owlmesh.proto.stage.v1.OrcaLoadReport;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LoadTrailersTest {
  @Test
  void aCallThatIsWorkEndsWithTheLoad() throws Exception {
    HandStage stage = new HandStage(CompletableFuture.completedFuture(null));
    Items items = new Items();
    try (StageServer<HandStage> server =
        new StageServer<>(stage, new HandStage.Service(stage, items))) {
      stage.engine().load =
          Load.newBuilder()
              .setWaiting(2)
              .setRunning(4)
              .setMaxRunning(4)
              .setFreeBlocks(25)
              .setBlocks(100)
              .setPrefillRate(1000)
              .build();
      AtomicReference<Metadata> trailers = new AtomicReference<>();
      var stub =
          VisualAbstractorGrpc.newStub(server.channel())
              .withInterceptors(
                  MetadataUtils.newCaptureMetadataInterceptor(new AtomicReference<>(), trailers));
      TestConversation.with(stub).complete().awaitEnd();

      byte[] bytes = Objects.requireNonNull(trailers.get()).get(LoadTrailers.KEY);
      OrcaLoadReport report = OrcaLoadReport.parseFrom(Objects.requireNonNull(bytes));

      assertThat(report.getApplicationUtilization()).isEqualTo(1.5);
      assertThat(report.getRpsFractional()).isPositive();
      assertThat(report.getUtilizationMap()).containsExactly(entry("kv_cache", 0.75));
      assertThat(report.getNamedMetricsMap())
          .contains(entry("waiting", 2.0), entry("running", 4.0), entry("prefill_rate", 1000.0));
    }
  }
}
