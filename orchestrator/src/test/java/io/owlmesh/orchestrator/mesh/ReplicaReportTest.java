// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.owlmesh.core.OwlException;
import io.owlmesh.proto.stage.v1.Load;
import io.owlmesh.proto.stage.v1.PrefixChain;
import io.owlmesh.proto.stage.v1.WatchResponse;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ReplicaReportTest {
  private final ReplicaReport report = new ReplicaReport();

  private static ByteString name(int number) {
    return ByteString.copyFromUtf8("chain " + number);
  }

  private static PrefixChain chain(int number, int positions) {
    return PrefixChain.newBuilder().setName(name(number)).setPositions(positions).build();
  }

  @Test
  void changesAreAddedUpUntilTheNextSnapshot() {
    report.take(
        WatchResponse.newBuilder().setSnapshot(true).addChainsGained(chain(1, 16)).build(), 0);
    report.take(WatchResponse.newBuilder().addChainsGained(chain(2, 48)).build(), 0);
    assertThat(report.cached(List.of(name(1), name(2)))).isEqualTo(48);

    report.take(WatchResponse.newBuilder().addChainsLost(name(2)).build(), 0);
    assertThat(report.cached(List.of(name(1), name(2)))).isEqualTo(16);

    report.take(WatchResponse.newBuilder().setSnapshot(true).build(), 0);
    assertThat(report.cached(List.of(name(1), name(2)))).isZero();
  }

  @Test
  void aLoadIsBelievedForThreeSeconds() {
    report.take(WatchResponse.newBuilder().setLoad(Load.newBuilder().setWaiting(7)).build(), 0);

    assertThat(report.load(ReplicaReport.FRESH_NANOS)).isPresent();
    assertThat(report.load(ReplicaReport.FRESH_NANOS + 1)).isEmpty();
  }

  @Test
  void anotherProcessIsNoticed() {
    WatchResponse first = WatchResponse.newBuilder().setInstance("a").build();

    assertThat(report.take(first, 0)).isFalse();
    assertThat(report.take(first, 0)).isFalse();
    assertThat(report.take(first.toBuilder().setInstance("b").build(), 0)).isTrue();
  }

  static Stream<WatchResponse> lies() {
    return Stream.of(
        WatchResponse.newBuilder().setLoad(Load.newBuilder().setWaitingPositions(-1)).build(),
        WatchResponse.newBuilder().setLoad(Load.newBuilder().setPrefillRate(Double.NaN)).build(),
        WatchResponse.newBuilder().setLoad(Load.newBuilder().setDecodeRate(-3)).build(),
        WatchResponse.newBuilder()
            .setLoad(Load.newBuilder().setPrefillRate(Double.POSITIVE_INFINITY))
            .build(),
        WatchResponse.newBuilder().addChainsGained(chain(1, -5)).build(),
        WatchResponse.newBuilder().addImagesGained(ByteString.EMPTY).build(),
        WatchResponse.newBuilder().addImagesGained(ByteString.copyFrom(new byte[33])).build(),
        WatchResponse.newBuilder()
            .addAllChainsGained(IntStream.range(0, 1_025).mapToObj(i -> chain(i, 1)).toList())
            .build());
  }

  @ParameterizedTest
  @MethodSource("lies")
  void whatCannotBeIsNotBelievedAndNothingElseIs(WatchResponse lie) {
    report.take(WatchResponse.newBuilder().addChainsGained(chain(1, 16)).build(), 0);

    assertThatThrownBy(() -> report.take(lie, 0)).isInstanceOf(OwlException.class);
    assertThat(report.load(0)).isEmpty();
    assertThat(report.cached(List.of(name(1)))).isZero();
  }

  @Test
  void moreThanAReplicaMayKeepIsNotBelieved() {
    assertThatThrownBy(
            () -> {
              for (int from = 0; from < 20_000; from += 1_000) {
                report.take(
                    WatchResponse.newBuilder()
                        .addAllChainsGained(
                            IntStream.range(from, from + 1_000).mapToObj(i -> chain(i, 1)).toList())
                        .build(),
                    0);
              }
            })
        .hasMessage("chains_gained: 17000 of at most 16384");
    assertThat(report.chains()).isZero();
  }

  @Test
  void aSnapshotWithoutAnEndIsNotBelieved() {
    WatchResponse more = WatchResponse.newBuilder().setMore(true).build();
    report.take(more.toBuilder().setSnapshot(true).build(), 0);

    assertThatThrownBy(
            () -> {
              for (int i = 0; i < 100; i++) {
                report.take(more, 0);
              }
            })
        .hasMessage("more: a snapshot of more than 64 reports");
  }
}
