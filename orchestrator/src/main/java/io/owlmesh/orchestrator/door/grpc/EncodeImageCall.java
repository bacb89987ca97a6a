// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.grpc;

import com.google.protobuf.ByteString;
import io.grpc.stub.StreamObserver;
import io.owlmesh.core.OwlException;
import io.owlmesh.core.identity.CallerLimits.Kind;
import io.owlmesh.orchestrator.pipeline.AdmissionControl;
import io.owlmesh.orchestrator.pipeline.EncodedPicture;
import io.owlmesh.orchestrator.pipeline.ImageContent;
import io.owlmesh.orchestrator.pipeline.MeshGateway;
import io.owlmesh.proto.chat.v1.EncodeImageHeader;
import io.owlmesh.proto.chat.v1.EncodeImageRequest;
import io.owlmesh.proto.chat.v1.EncodeImageResponse;
import io.owlmesh.proto.chat.v1.ImageHeader;
import io.owlmesh.proto.chat.v1.UploadImageRequest;
import io.owlmesh.wire.identity.Caller;

/** One EncodeImage: the file comes as to UploadImage, numbers go back in pieces. */
final class EncodeImageCall implements StreamObserver<EncodeImageRequest> {
  private static final int PIECE = 1 << 20;
  private static final int MAX_QUESTION = 16_384;

  private final MeshGateway gateway;
  private final AdmissionControl answers;
  private final OutboundStream<EncodeImageResponse> out;
  private final UploadImageCall upload;
  private volatile EncodeImageHeader wanted = EncodeImageHeader.getDefaultInstance();

  EncodeImageCall(
      MeshGateway gateway,
      AdmissionControl answers,
      int maxBytes,
      OutboundStream<EncodeImageResponse> out) {
    this.gateway = gateway;
    this.answers = answers;
    this.out = out;
    this.upload = new UploadImageCall(maxBytes, answers, this::encode, out::fail);
  }

  @Override
  public void onNext(EncodeImageRequest request) {
    UploadImageRequest.Builder step = UploadImageRequest.newBuilder();
    switch (request.getStepCase()) {
      case HEADER -> {
        wanted = request.getHeader();
        step.setHeader(ImageHeader.newBuilder().setSizeBytes(wanted.getSizeBytes()));
      }
      case DATA -> step.setData(request.getData());
      case STEP_NOT_SET -> {}
    }
    upload.onNext(step.build());
  }

  @Override
  public void onError(Throwable cancelled) {
    upload.onError(cancelled);
  }

  @Override
  public void onCompleted() {
    upload.onCompleted();
  }

  private void encode(ByteString file) {
    boolean features =
        switch (wanted.getEncoding()) {
          case IMAGE_ENCODING_FEATURES -> true;
          case IMAGE_ENCODING_VISUAL_TOKENS -> false;
          case IMAGE_ENCODING_UNSPECIFIED, UNRECOGNIZED ->
              throw OwlException.badInput(
                  "header.encoding", "is neither features nor visual tokens");
        };
    String question = wanted.getQuestion();
    if (question.length() > MAX_QUESTION) {
      throw OwlException.badInput(
          "header.question",
          "%d characters, allowed are 0 to %d".formatted(question.length(), MAX_QUESTION));
    }
    answers.limits().take(Caller.current(), Kind.IMAGES, 1);
    EncodedPicture made =
        gateway
            .model("header.model", wanted.getModel())
            .encoding(ImageContent.of(file), features, question);
    send(made);
    out.complete();
  }

  private void send(EncodedPicture made) {
    ByteString all = made.floats();
    for (int from = 0; from < all.size(); from += PIECE) {
      EncodeImageResponse.Builder piece =
          EncodeImageResponse.newBuilder()
              .setData(all.substring(from, Math.min(from + PIECE, all.size())));
      if (from == 0) {
        piece.addAllShape(made.shape()).addAllWeights(made.weights());
      }
      out.sendWhenReady(piece.build());
    }
  }
}
