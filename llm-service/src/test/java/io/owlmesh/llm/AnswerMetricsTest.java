// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.stub.StreamObserver;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.testing.exporter.InMemoryMetricReader;
import io.owlmesh.llm.grpc.TinyLlm;
import io.owlmesh.proto.llm.v1.GenerateRequest;
import io.owlmesh.proto.llm.v1.GenerateResponse;
import io.owlmesh.proto.llm.v1.GenerationOptions;
import io.owlmesh.proto.llm.v1.LanguageModelGrpc;
import io.owlmesh.proto.llm.v1.PromptPart;
import io.owlmesh.proto.llm.v1.StatisticsRequest;
import io.owlmesh.proto.llm.v1.StatisticsResponse;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What can be seen of the engine from outside. */
class AnswerMetricsTest {
  private static final int TOKENS = 12;

  private static void ask(TinyLlm service) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    StreamObserver<GenerateRequest> call =
        LanguageModelGrpc.newStub(service.channel())
            .generate(
                new StreamObserver<>() {
                  @Override
                  public void onNext(GenerateResponse response) {}

                  @Override
                  public void onError(Throwable failure) {
                    done.completeExceptionally(failure);
                  }

                  @Override
                  public void onCompleted() {
                    done.complete(null);
                  }
                });
    call.onNext(
        GenerateRequest.newBuilder()
            .setPart(PromptPart.newBuilder().setText("Human: tell me all about owls\nAI: "))
            .build());
    call.onNext(
        GenerateRequest.newBuilder()
            .setOptions(
                GenerationOptions.newBuilder().setMaxNewTokens(TOKENS).setMinNewTokens(TOKENS))
            .build());
    call.onCompleted();
    done.orTimeout(60, TimeUnit.SECONDS).join();
  }

  private static MetricData metric(Map<String, MetricData> metrics, String name) {
    return Objects.requireNonNull(metrics.get(name), name);
  }

  private static long sum(Map<String, MetricData> metrics, String name) {
    return metric(metrics, name).getLongSumData().getPoints().stream()
        .mapToLong(p -> p.getValue())
        .sum();
  }

  @Test
  @Timeout(60)
  void whatTheEngineDoesIsMeasuredAndTold(@TempDir Path folder) throws Exception {
    InMemoryMetricReader reader = InMemoryMetricReader.create();
    try (SdkMeterProvider provider =
            SdkMeterProvider.builder().registerMetricReader(reader).build();
        TinyLlm service = TinyLlm.start(folder, provider.get("test"))) {
      ask(service);
      ask(service);

      StatisticsResponse told;
      do { // An answer is over for its caller before its blocks are.
        told =
            LanguageModelGrpc.newBlockingStub(service.channel())
                .statistics(StatisticsRequest.getDefaultInstance());
      } while (told.getBlocksKept() == 0);
      Map<String, MetricData> metrics =
          reader.collectAllMetrics().stream()
              .collect(Collectors.toMap(MetricData::getName, Function.identity()));

      assertThat(count(metrics, "gen_ai.server.time_to_first_token")).isEqualTo(2);
      assertThat(count(metrics, "gen_ai.server.time_per_output_token")).isEqualTo(2);
      assertThat(count(metrics, "gen_ai.server.request.duration")).isEqualTo(2);
      assertThat(metric(metrics, "gen_ai.client.token.usage").getHistogramData().getPoints())
          .hasSize(2)
          .anyMatch(point -> point.getSum() == 2 * TOKENS)
          .allMatch(point ->
              "safetensors"
                  .equals(
                      point.getAttributes().get(AttributeKey.stringKey("gen_ai.request.model"))));
      assertThat(sum(metrics, "owl.engine.tokens")).isEqualTo(2 * TOKENS);
      assertThat(sum(metrics, "owl.engine.steps"))
          .isEqualTo(told.getSteps())
          .isGreaterThanOrEqualTo(
              2 * TOKENS - sum(metrics, "owl.engine.spec_decode.accepted_tokens"));
      assertThat(sum(metrics, "owl.engine.prompt.cached_positions"))
          .isEqualTo(told.getCachedPromptPositions())
          .isPositive();
      assertThat(
              metric(metrics, "owl.engine.cache.blocks").getLongGaugeData().getPoints().stream()
                  .mapToLong(p -> p.getValue())
                  .sum())
          .isEqualTo(told.getBlocks())
          .isPositive();
      assertThat(told.getBusyMicros()).isGreaterThan(told.getNativeMicros());
    }
  }

  private static long count(Map<String, MetricData> metrics, String name) {
    return metric(metrics, name).getHistogramData().getPoints().stream()
        .mapToLong(p -> p.getCount())
        .sum();
  }
}
