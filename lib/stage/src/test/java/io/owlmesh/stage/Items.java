// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.stage;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.owlmesh.proto.abstractor.v1.ResampleRequest;
import io.owlmesh.proto.abstractor.v1.ResampleResponse;
import io.owlmesh.proto.tensor.v1.ItemError;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Work whose items end when the test says so. */
public class Items implements ItemStream.Work<ResampleRequest, ResampleResponse> {
  /** How a stream ended. */
  public record End(int answered, Status status) {}

  public final AtomicInteger begun = new AtomicInteger();
  final CompletableFuture<End> end = new CompletableFuture<>();
  private final Map<String, CompletableFuture<ResampleResponse>> items = new ConcurrentHashMap<>();

  @Override
  public String id(ResampleRequest request) {
    return request.getId();
  }

  @Override
  public CompletableFuture<ResampleResponse> begin(ResampleRequest request) {
    CompletableFuture<ResampleResponse> item = item(request.getId());
    begun.incrementAndGet();
    return item;
  }

  @Override
  public ResampleResponse failed(String id, ItemError error) {
    return ResampleResponse.newBuilder().setId(id).setError(error).build();
  }

  @Override
  public void ended(int answered, Status status) {
    assertThat(end.complete(new End(answered, status))).as("ended once").isTrue();
  }

  public CompletableFuture<ResampleResponse> item(String id) {
    return items.computeIfAbsent(id, _ -> new CompletableFuture<>());
  }

  public void answer(String id) {
    item(id).complete(ResampleResponse.newBuilder().setId(id).build());
  }

  public void fail(String id, Throwable failure) {
    item(id).completeExceptionally(failure);
  }

  /** Waits until so many items have begun. */
  public void awaitBegun(int count) throws InterruptedException {
    long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (begun.get() < count && System.nanoTime() < limit) {
      Thread.sleep(2);
    }
    assertThat(begun.get()).isEqualTo(count);
  }

  public End awaitEnd() {
    return end.orTimeout(10, TimeUnit.SECONDS).join();
  }
}
