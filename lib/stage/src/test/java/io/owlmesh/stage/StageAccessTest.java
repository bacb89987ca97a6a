// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Attributes;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.core.identity.Role;
import io.owlmesh.proto.abstractor.v1.VisualAbstractorGrpc;
import io.owlmesh.proto.inference.GRPCInferenceServiceGrpc;
import io.owlmesh.proto.llm.v1.LanguageModelGrpc;
import io.owlmesh.proto.vision.v1.VisionEncoderGrpc;
import io.owlmesh.wire.identity.Access;
import io.owlmesh.wire.identity.Caller;
import io.owlmesh.wire.identity.CallerHeader;
import io.owlmesh.wire.identity.MethodAccess;
import io.owlmesh.wire.tls.MeshTls;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a stage believes of whom a call is for, on plain connections. */
class StageAccessTest {
  private static StageAccess plain(boolean allowAnonymous) {
    return new StageAccess(
        MeshTls.none(), allowAnonymous, List.of("orchestrator"), List.of("trainer"));
  }

  private static Caller admit(Access needed, String header) {
    Metadata headers = new Metadata();
    if (!header.isEmpty()) {
      headers.put(CallerHeader.KEY, header);
    }
    try {
      return plain(false).admit(needed, headers, Attributes.EMPTY).toCompletableFuture().join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof OwlException own ? own : e;
    }
  }

  @Test
  void aCallIsForWhomTheOrchestratorSays() {
    assertThat(admit(Access.ORCHESTRATOR, "zoo/sub%3Aann+b/user"))
        .isEqualTo(new Caller("sub:ann b", "zoo", Set.of(Role.USER)));
  }

  @Test
  void aUserChangesNoAdaptersByWayOfTheOrchestrator() {
    assertThatThrownBy(() -> admit(Access.OPERATOR, "zoo/ann/user"))
        .isInstanceOfSatisfying(
            OwlException.class, e -> assertThat(e.fault()).isEqualTo(Fault.FORBIDDEN));
    assertThat(admit(Access.OPERATOR, "default/ann/operator").may(Role.OPERATOR)).isTrue();
    assertThatThrownBy(() -> admit(Access.OPERATOR, "zoo/ann/operator")) // They are everybody's.
        .isInstanceOf(OwlException.class);
    assertThatThrownBy(() -> admit(Access.ORCHESTRATOR, "zoo/ann/"))
        .isInstanceOf(OwlException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"ann", "zoo/ann/king", "zoo/ann/user user", "zoo/%zz/user", "a/b/c/user"})
  void aMalformedCallerIsNobody(String header) {
    assertThatThrownBy(() -> admit(Access.ORCHESTRATOR, header))
        .isInstanceOfSatisfying(
            OwlException.class, e -> assertThat(e.fault()).isEqualTo(Fault.UNAUTHENTICATED));
  }

  @ParameterizedTest
  @EnumSource(Access.class)
  void whatNobodyMayDoIsRefusedToEverybody(Access needed) {
    if (needed == Access.NOBODY) {
      assertThatThrownBy(() -> admit(needed, "")).isInstanceOf(OwlException.class);
    } else {
      assertThatCode(() -> admit(needed, "")).doesNotThrowAnyException();
    }
  }

  @Test
  void everyMethodOfTheStagesSaysWhoMayCallIt() {
    assertThat(
            Stream.of(
                    VisionEncoderGrpc.getServiceDescriptor(),
                    VisualAbstractorGrpc.getServiceDescriptor(),
                    LanguageModelGrpc.getServiceDescriptor(),
                    GRPCInferenceServiceGrpc.getServiceDescriptor())
                .flatMap(service -> service.getMethods().stream())
                .map(MethodDescriptor::getFullMethodName))
        .hasSizeGreaterThan(20)
        .allSatisfy(method -> assertThat(MethodAccess.of(method)).isNotEqualTo(Access.NOBODY));
  }

  @Test
  void aStageListensBeyondLoopbackOnlyWhereSomebodySaysSo() {
    assertThatThrownBy(() -> plain(false).requireMayListen("0.0.0.0"))
        .hasMessageContaining("OWL_TLS");
    assertThatCode(() -> plain(false).requireMayListen("127.0.0.1")).doesNotThrowAnyException();
    assertThatCode(() -> plain(true).requireMayListen("0.0.0.0")).doesNotThrowAnyException();
  }
}
