// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.wire.identity;

import io.grpc.MethodDescriptor;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.owlmesh.proto.abstractor.v1.VisualAbstractorGrpc;
import io.owlmesh.proto.admin.v1.AdminGrpc;
import io.owlmesh.proto.chat.v1.ChatGrpc;
import io.owlmesh.proto.inference.GRPCInferenceServiceGrpc;
import io.owlmesh.proto.llm.v1.LanguageModelGrpc;
import io.owlmesh.proto.mesh.v1.MeshGrpc;
import io.owlmesh.proto.vision.v1.VisionEncoderGrpc;
import java.util.HashMap;
import java.util.Map;

/** Who may call each gRPC method of the project; what is not here is refused. */
public final class MethodAccess {
  private static final Map<String, Access> NEEDED = new HashMap<>();

  static {
    allow(Access.ANYBODY, HealthGrpc.getCheckMethod(), HealthGrpc.getWatchMethod());
    allow(
        Access.USER,
        ServerReflectionGrpc.getServerReflectionInfoMethod(),
        oldReflection(),
        ChatGrpc.getAnswerMethod(),
        ChatGrpc.getDescribeMethod(),
        ChatGrpc.getListModelsMethod(),
        ChatGrpc.getUploadImageMethod(),
        ChatGrpc.getGetImageMethod(),
        ChatGrpc.getGetAttentionMethod(),
        ChatGrpc.getEncodeImageMethod(),
        ChatGrpc.getCreateSessionMethod(),
        ChatGrpc.getGetSessionMethod(),
        ChatGrpc.getListSessionsMethod(),
        ChatGrpc.getUpdateSessionMethod(),
        ChatGrpc.getDeleteSessionMethod(),
        ChatGrpc.getSendMessageMethod(),
        ChatGrpc.getFollowAnswerMethod(),
        ChatGrpc.getStopAnswerMethod(),
        ChatGrpc.getSetFeedbackMethod());
    allow(Access.TENANT_ADMIN, AdminGrpc.getDeleteTenantMethod());
    allow(
        Access.TENANT_OPERATOR, ChatGrpc.getExportFeedbackMethod(), AdminGrpc.getListAuditMethod());
    allow(
        Access.OPERATOR,
        MeshGrpc.getWatchMethod(),
        MeshGrpc.getDrainMethod(),
        MeshGrpc.getResumeMethod(),
        MeshGrpc.getSetCanaryMethod(),
        MeshGrpc.getListDecisionsMethod(),
        LanguageModelGrpc.getListAdaptersMethod(),
        LanguageModelGrpc.getLoadAdapterMethod(),
        LanguageModelGrpc.getUploadAdapterMethod(),
        LanguageModelGrpc.getUnloadAdapterMethod(),
        LanguageModelGrpc.getStatisticsMethod(),
        GRPCInferenceServiceGrpc.getModelStatisticsMethod());
    allow(
        Access.ADMIN,
        MeshGrpc.getBackupMethod(),
        MeshGrpc.getRestoreMethod(),
        MeshGrpc.getAddModelMethod(),
        MeshGrpc.getRemoveModelMethod());
    allow(
        Access.ORCHESTRATOR,
        VisionEncoderGrpc.getEncodeMethod(),
        VisionEncoderGrpc.getDescribeMethod(),
        VisionEncoderGrpc.getWatchMethod(),
        VisualAbstractorGrpc.getResampleMethod(),
        VisualAbstractorGrpc.getDescribeMethod(),
        VisualAbstractorGrpc.getWatchMethod(),
        LanguageModelGrpc.getGenerateMethod(),
        LanguageModelGrpc.getScoreMethod(),
        LanguageModelGrpc.getTokenizeMethod(),
        LanguageModelGrpc.getListModelsMethod(),
        LanguageModelGrpc.getDescribeMethod(),
        LanguageModelGrpc.getWatchMethod(),
        GRPCInferenceServiceGrpc.getServerLiveMethod(),
        GRPCInferenceServiceGrpc.getServerReadyMethod(),
        GRPCInferenceServiceGrpc.getModelReadyMethod(),
        GRPCInferenceServiceGrpc.getServerMetadataMethod(),
        GRPCInferenceServiceGrpc.getModelMetadataMethod(),
        GRPCInferenceServiceGrpc.getModelInferMethod());
  }

  private MethodAccess() {}

  @SuppressWarnings("deprecation") // Older clients know no other.
  private static MethodDescriptor<?, ?> oldReflection() {
    return io.grpc.reflection.v1alpha.ServerReflectionGrpc.getServerReflectionInfoMethod();
  }

  private static void allow(Access access, MethodDescriptor<?, ?>... methods) {
    for (MethodDescriptor<?, ?> method : methods) {
      NEEDED.put(method.getFullMethodName(), access);
    }
  }

  /**
   * What a method asks of its callers.
   *
   * @param method {@code package.Service/Method}
   */
  public static Access of(String method) {
    return NEEDED.getOrDefault(method, Access.NOBODY);
  }
}
