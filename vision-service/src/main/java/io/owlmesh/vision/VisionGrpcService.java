package io.owlmesh.vision;
import io.quarkus.grpc.GrpcService;
import io.owlmesh.proto.vision.v1.*;
import io.grpc.stub.StreamObserver;
@GrpcService
public class VisionGrpcService extends VisionEncoderGrpc.VisionEncoderImplBase {
  @Override public void describe(DescribeRequest r, StreamObserver<DescribeResponse> o) { o.onNext(DescribeResponse.newBuilder().setDevice("x").build()); o.onCompleted(); }
}
