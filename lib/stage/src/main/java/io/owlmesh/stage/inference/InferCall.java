// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.stage.inference;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.proto.inference.InferParameter;
import io.owlmesh.proto.inference.ModelInferRequest;
import io.owlmesh.proto.inference.ModelInferResponse;
import io.owlmesh.proto.inference.ModelInferResponse.InferOutputTensor;
import io.owlmesh.stage.inference.ServedModel.Computed;
import io.owlmesh.wire.Deadlines;
import io.owlmesh.wire.Faults;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One ModelInfer call: its images begin together, the first that fails ends it and gives the others
 * up, and its room is free once the caller has taken the answer.
 */
final class InferCall {
  private static final System.Logger LOG = System.getLogger(InferCall.class.getName());
  private static final int MAX_ID = 128;

  private final OpenModel model;
  private final ModelInferRequest request;
  private final ServerCallStreamObserver<ModelInferResponse> response;
  private final long begin = System.nanoTime();
  private final CompletableFuture<List<Computed>> result = new CompletableFuture<>();

  private InferCall(
      OpenModel model,
      ModelInferRequest request,
      ServerCallStreamObserver<ModelInferResponse> response) {
    this.model = model;
    this.request = request;
    this.response = response;
  }

  /** Answers a call; to be called from the service's method. */
  static void answer(
      OpenModel model, ModelInferRequest request, StreamObserver<ModelInferResponse> response) {
    model.counts().arrived();
    InferCall call =
        new InferCall(model, request, (ServerCallStreamObserver<ModelInferResponse>) response);
    try {
      call.start();
    } catch (RuntimeException e) {
      call.fail(e);
    }
  }

  private void start() {
    ServedModel.Loaded loaded = model.loaded(request.getModelVersion(), "model_version");
    checkRequest(loaded.output());
    Map<String, String> lineage = loaded.lineage(claimed());
    InputItems input = InputItems.read(request, loaded.input(), model.capacity());
    long inputNanos = System.nanoTime() - begin;
    enter(input.items().size());
    List<CompletableFuture<Computed>> images = begin(loaded, input);
    result.whenComplete((computed, failure) -> {
      images.forEach(image -> image.cancel(false)); // Those that are done do not mind.
      if (failure == null) {
        succeed(loaded, lineage, computed, inputNanos);
      } else {
        fail(failure);
      }
    });
    gather(images, input);
  }

  private void checkRequest(TensorSpec output) {
    if (request.getId().length() > MAX_ID) {
      throw OwlException.badInput(
          "id", request.getId().length() + " characters, the limit is " + MAX_ID);
    }
    for (int i = 0; i < request.getOutputsCount(); i++) {
      String name = request.getOutputs(i).getName();
      if (!name.equals(output.name())) {
        throw OwlException.badInput(
            "outputs[" + i + "].name",
            "'%s', but the model gives '%s'".formatted(name, output.name()));
      }
      Unsupported.refuse(request.getOutputs(i).getParametersMap(), "outputs[" + i + "]");
    }
  }

  /** The parameters that are texts; others say nothing about weights. */
  private Map<String, String> claimed() {
    Map<String, String> claimed = new TreeMap<>();
    request
        .getParametersMap()
        .forEach((name, value) -> {
          if (value.hasStringParam()) {
            claimed.put(name, value.getStringParam());
          }
        });
    return claimed;
  }

  private void enter(int images) {
    model.enter(images);
    AtomicBoolean inside = new AtomicBoolean(true);
    Runnable leave =
        () -> {
          if (inside.getAndSet(false)) {
            model.leave(images);
          }
        };
    response.setOnCloseHandler(leave);
    response.setOnCancelHandler(() -> {
      result.cancel(false);
      leave.run();
    });
  }

  private static List<CompletableFuture<Computed>> begin(
      ServedModel.Loaded loaded, InputItems input) {
    long deadline = Deadlines.nanoTime();
    List<CompletableFuture<Computed>> images = new ArrayList<>();
    try {
      input.items().forEach(item -> images.add(loaded.begin(item, deadline)));
    } catch (RuntimeException e) {
      images.forEach(image -> image.cancel(false));
      throw e;
    }
    return images;
  }

  /** Completes the result with the last image, or with the first failure. */
  private void gather(List<CompletableFuture<Computed>> images, InputItems input) {
    AtomicInteger left = new AtomicInteger(images.size());
    for (int i = 0; i < images.size(); i++) {
      String field = input.field(i);
      images
          .get(i)
          .whenComplete((computed, failure) -> {
            if (failure != null) {
              result.completeExceptionally(located(failure, field));
              return;
            }
            model.counts().computed(computed);
            if (left.decrementAndGet() == 0) {
              result.complete(images.stream().map(CompletableFuture::join).toList());
            }
          });
    }
  }

  /** What is wrong with an image, under the name that this protocol has for it. */
  private static Throwable located(Throwable failure, String field) {
    Throwable cause = failure.getCause();
    Throwable own = failure instanceof CompletionException && cause != null ? cause : failure;
    return own instanceof OwlException e && e.fault() == Fault.BAD_INPUT ? e.renamed(field) : own;
  }

  private void succeed(
      ServedModel.Loaded loaded,
      Map<String, String> lineage,
      List<Computed> images,
      long inputNanos) {
    long computed = System.nanoTime();
    ModelInferResponse message = message(loaded, lineage, images);
    long end = System.nanoTime();
    model.counts().succeeded(images, end - begin, inputNanos, end - computed);
    response.onNext(message);
    response.onCompleted();
  }

  private ModelInferResponse message(
      ServedModel.Loaded loaded, Map<String, String> lineage, List<Computed> images) {
    TensorSpec output = loaded.output();
    ByteString data = ByteString.EMPTY;
    for (Computed image : images) {
      // Pieces side by side, not a copy: tensors are immutable by contract.
      data = data.concat(UnsafeByteOperations.unsafeWrap(image.value().bytes()));
    }
    ModelInferResponse.Builder message =
        ModelInferResponse.newBuilder()
            .setModelName(model.name())
            .setModelVersion(OpenModel.version(loaded))
            .setId(request.getId())
            .addOutputs(
                InferOutputTensor.newBuilder()
                    .setName(output.name())
                    .setDatatype(output.datatype().name())
                    .addAllShape(output.shape(images.size())))
            .addRawOutputContents(data);
    lineage.forEach((name, digest) ->
        message.putParameters(name, InferParameter.newBuilder().setStringParam(digest).build()));
    return message.build();
  }

  private void fail(@Nullable Throwable failure) {
    Throwable cause = failure == null ? new IllegalStateException("no failure") : failure;
    model.counts().failed(System.nanoTime() - begin);
    var status = Faults.toStatus(cause);
    if (status.getStatus().getCode() == Status.Code.INTERNAL) {
      LOG.log(System.Logger.Level.ERROR, "A ModelInfer call failed", cause);
    }
    if (!response.isCancelled()) {
      response.onError(status);
    }
  }
}
