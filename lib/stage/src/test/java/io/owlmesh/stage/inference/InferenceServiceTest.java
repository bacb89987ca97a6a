// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.stage.inference;

import static io.owlmesh.stage.inference.HandServer.request;
import static io.owlmesh.stage.inference.HandServer.status;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.owlmesh.proto.inference.InferParameter;
import io.owlmesh.proto.inference.ModelInferRequest.InferRequestedOutputTensor;
import io.owlmesh.proto.inference.ModelInferResponse;
import io.owlmesh.proto.inference.ModelMetadataRequest;
import io.owlmesh.proto.inference.ModelMetadataResponse;
import io.owlmesh.proto.inference.ModelReadyRequest;
import io.owlmesh.proto.inference.ModelStatistics;
import io.owlmesh.proto.inference.ServerLiveRequest;
import io.owlmesh.proto.inference.ServerMetadataRequest;
import io.owlmesh.proto.inference.ServerReadyRequest;
import io.owlmesh.stage.inference.HandModel.Image;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the protocol tells of servers and models, and what it answers. */
@Timeout(60)
class InferenceServiceTest {
  private static final String VERSION = "0123456789ab";

  private final HandModel model = new HandModel();
  private final HandServer server = new HandServer(model);

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void imagesAreAnsweredInTheirOrderHoweverTheyEnd() throws Exception {
    var call =
        server.infer(
            request(1, 2, 3)
                .setId("mine")
                .setModelVersion(VERSION)
                .putParameters("text", InferParameter.newBuilder().setStringParam("a").build())
                .putParameters("number", InferParameter.newBuilder().setInt64Param(1).build())
                .addOutputs(InferRequestedOutputTensor.newBuilder().setName("y")));
    Image first = model.next();
    Image second = model.next();
    model.next().complete(1, 2);
    second.complete(1, 2);
    first.complete(2, 1);

    ModelInferResponse response = call.get();

    assertThat(response.getModelName()).isEqualTo("hand");
    assertThat(response.getModelVersion()).isEqualTo(VERSION);
    assertThat(response.getId()).isEqualTo("mine");
    assertThat(response.getOutputs(0).getName()).isEqualTo("y");
    assertThat(response.getOutputs(0).getDatatype()).isEqualTo("FP32");
    assertThat(response.getOutputs(0).getShapeList()).containsExactly(3L, 1L);
    assertThat(response.getOutputs(0).hasContents()).isFalse();
    assertThat(response.getRawOutputContentsList())
        .containsExactly(
            ByteString.copyFrom(
                new byte[] {0, 0, (byte) 0x80, 0x3f, 0, 0, 0, 0x40, 0, 0, 0x40, 0x40}));
    assertThat(response.getParametersOrThrow("hand_digest").getStringParam())
        .isEqualTo(model.digest());
    assertThat(response.getParametersOrThrow("claimed").getStringParam()).isEqualTo("[text]");
  }

  @Test
  void namesThatAreNotServedAreNotFound() {
    var unknown = server.infer(request(1).setModelName("foot"));
    var old = server.infer(request(1).setModelVersion("1"));
    Throwable metadata =
        catchThrowable(() ->
            server.stub().modelMetadata(ModelMetadataRequest.newBuilder().setName("foot").build()));
    Throwable ready =
        catchThrowable(() ->
            server
                .stub()
                .modelReady(
                    ModelReadyRequest.newBuilder().setName("hand").setVersion("1").build()));

    assertThat(status(unknown).getCode()).isEqualTo(Status.Code.NOT_FOUND);
    assertThat(status(unknown).getDescription()).startsWith("model_name: 'foot'").contains("hand");
    assertThat(status(old).getCode()).isEqualTo(Status.Code.NOT_FOUND);
    assertThat(status(old).getDescription()).startsWith("model_version: '1'").contains(VERSION);
    assertThat(Status.fromThrowable(metadata).getCode()).isEqualTo(Status.Code.NOT_FOUND);
    assertThat(Status.fromThrowable(ready).getCode()).isEqualTo(Status.Code.NOT_FOUND);
  }

  @Test
  void outputsAndIdsThatCannotBeGivenAreRefusedByName() {
    InferParameter yes = InferParameter.newBuilder().setInt64Param(3).build();
    var another = server.infer(request(1).addOutputs(output("y")).addOutputs(output("z")));
    var classes =
        server.infer(request(1).addOutputs(output("y").putParameters("classification", yes)));
    var id = server.infer(request(1).setId("i".repeat(129)));

    assertThat(status(another).getDescription()).startsWith("outputs[1].name: 'z'").contains("y");
    assertThat(status(classes).getDescription()).startsWith("outputs[0].parameters.classification");
    assertThat(status(id).getDescription()).startsWith("id: 129");
    assertThat(List.of(status(another), status(classes), status(id)))
        .allMatch(status -> status.getCode() == Status.Code.INVALID_ARGUMENT);
  }

  private static InferRequestedOutputTensor.Builder output(String name) {
    return InferRequestedOutputTensor.newBuilder().setName(name);
  }

  @Test
  void aServerThatLoadsIsLiveAndNotReady() {
    model.loading = true;
    ModelReadyRequest hand = ModelReadyRequest.newBuilder().setName("hand").build();

    assertThat(server.stub().serverLive(ServerLiveRequest.getDefaultInstance()).getLive()).isTrue();
    assertThat(server.stub().serverReady(ServerReadyRequest.getDefaultInstance()).getReady())
        .isFalse();
    assertThat(server.stub().modelReady(hand).getReady()).isFalse();
    assertThat(status(server.infer(request(1))).getCode()).isEqualTo(Status.Code.UNAVAILABLE);

    model.loading = false;

    assertThat(server.stub().serverReady(ServerReadyRequest.getDefaultInstance()).getReady())
        .isTrue();
    assertThat(server.stub().modelReady(hand).getReady()).isTrue();
  }

  @Test
  void metadataNamesServerAndTensors() {
    var metadata = server.stub().serverMetadata(ServerMetadataRequest.getDefaultInstance());
    ModelMetadataResponse hand =
        server.stub().modelMetadata(ModelMetadataRequest.newBuilder().setName("hand").build());

    assertThat(metadata.getName()).isEqualTo("test");
    assertThat(metadata.getVersion()).isEqualTo("1.2.3");
    assertThat(metadata.getExtensionsList()).containsExactly("statistics");
    assertThat(hand.getVersionsList()).containsExactly(VERSION);
    assertThat(hand.getPlatform()).isEqualTo("djl_pytorch");
    assertThat(hand.getInputsList()).containsExactly(model.input().toProto());
    assertThat(hand.getOutputs(0).getShapeList()).containsExactly(-1L, 1L);
  }

  @Test
  void statisticsCountImagesBatchesAndPhases() throws Exception {
    var pair = server.infer(request(1, 2));
    model.next().complete(1, 3);
    model.next().complete(2, 1);
    pair.get();
    var single = server.infer(request(3));
    model.next().complete(1, 3);
    single.get();
    status(server.infer(request(4).setId("i".repeat(129))));

    ModelStatistics statistics = server.statistics(2, 1);

    assertThat(statistics.getName()).isEqualTo("hand");
    assertThat(statistics.getVersion()).isEqualTo(VERSION);
    assertThat(statistics.getInferenceCount()).isEqualTo(3);
    assertThat(statistics.getExecutionCount()).isEqualTo(2);
    assertThat(statistics.getLastInference()).isPositive();
    var phases = statistics.getInferenceStats();
    assertThat(phases.getSuccess().getCount()).isEqualTo(2);
    assertThat(phases.getSuccess().getNs()).isPositive();
    assertThat(phases.getFail().getCount()).isEqualTo(1);
    assertThat(phases.getQueue().getNs()).isEqualTo(2 * 10);
    assertThat(phases.getComputeInput().getNs()).isGreaterThan(2 * 20);
    assertThat(phases.getComputeInfer().getNs()).isEqualTo(2 * 30);
    assertThat(phases.getComputeOutput().getCount()).isEqualTo(2);
    assertThat(statistics.getBatchStatsList())
        .extracting(batch -> batch.getBatchSize() + ":" + batch.getComputeInfer().getCount())
        .containsExactly("1:1", "3:1");
  }
}
