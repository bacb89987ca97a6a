// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.ServerCalls;
import io.owlmesh.core.identity.ApiKey;
import io.owlmesh.core.identity.ApiKey.Secret;
import io.owlmesh.core.identity.KeyFile;
import io.owlmesh.core.identity.Role;
import io.owlmesh.orchestrator.audit.AuditLog;
import io.owlmesh.orchestrator.identity.Authenticator;
import io.owlmesh.orchestrator.identity.IdentityConfig;
import io.owlmesh.orchestrator.identity.TokenIssuer;
import io.owlmesh.orchestrator.limits.RateLimits;
import io.owlmesh.orchestrator.pipeline.FakeMesh;
import io.owlmesh.orchestrator.session.KeptSessions;
import io.owlmesh.proto.chat.v1.ChatGrpc;
import io.owlmesh.proto.chat.v1.DescribeRequest;
import io.owlmesh.proto.chat.v1.ExportFeedbackRequest;
import io.owlmesh.proto.mesh.v1.MeshGrpc;
import io.owlmesh.wire.RawMethod;
import io.owlmesh.wire.TestConfig;
import io.owlmesh.wire.Wire;
import io.owlmesh.wire.identity.Access;
import io.owlmesh.wire.identity.CallerHeader;
import io.owlmesh.wire.identity.MethodAccess;
import io.owlmesh.wire.tls.MeshTls;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Every method of the orchestrator's port, with and without credentials. */
@Timeout(60)
class GrpcAccessTest {
  private static final int REQUESTS = Integer.getInteger("owl.requests", 1_000);
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  @TempDir Path folder;
  private FakeMesh mesh;
  private KeptSessions kept;
  private TokenIssuer issuer;
  private KeyFile keys;
  private Server server;
  private ManagedChannel channel;

  @BeforeEach
  void open() throws Exception {
    mesh = new FakeMesh("access", Map.of());
    kept = new KeptSessions(folder.resolve("kept"), mesh);
    issuer = new TokenIssuer();
    keys = new KeyFile(folder.resolve("keys"));
    key(Role.ADMIN, Optional.empty());
    Map<String, String> settings = new HashMap<>(issuer.settings());
    settings.put("owl.keys", keys.path().toString());
    GrpcAccess access =
        new GrpcAccess(
            new Authenticator(TestConfig.of(IdentityConfig.class, settings)),
            RateLimits.none(),
            AuditLog.none());
    server =
        Wire.secure(
                Wire.tune(
                    NettyServerBuilder.forAddress(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))),
                access,
                MeshTls.none())
            .addService(
                new ChatGrpcService(mesh.gateway, mesh.answers, kept.sessions(), mesh.settings))
            .addService(new OrchestratorHealthGrpcService(mesh.gateway))
            .addService(forgotten())
            .build()
            .start();
    channel =
        NettyChannelBuilder.forAddress(server.getListenSockets().getFirst()).usePlaintext().build();
  }

  @AfterEach
  void close() {
    channel.shutdownNow();
    server.shutdownNow();
    issuer.close();
    kept.close();
    mesh.close();
  }

  /** A service of which nobody said who may call it. */
  private static ServerServiceDefinition forgotten() {
    MethodDescriptor<byte[], byte[]> method = raw("owlmesh.test.Forgotten/Call");
    return ServerServiceDefinition.builder("owlmesh.test.Forgotten")
        .addMethod(
            method,
            ServerCalls.asyncUnaryCall((request, response) -> {
              response.onNext(request);
              response.onCompleted();
            }))
        .build();
  }

  private static MethodDescriptor<byte[], byte[]> raw(String method) {
    return RawMethod.of(method, MethodType.UNARY);
  }

  private String key(Role role, Optional<Instant> expires) throws Exception {
    Secret secret = Secret.random();
    keys.add(ApiKey.of(secret, role, "zoo", Instant.now(), expires, ""));
    return secret.credential();
  }

  private Channel with(String credential) {
    Metadata headers = new Metadata();
    if (!credential.isEmpty()) {
      headers.put(AUTHORIZATION, "Bearer " + credential);
    }
    // Only stages believe it.
    headers.put(CallerHeader.KEY, "zoo/ann/admin");
    return ClientInterceptors.intercept(
        channel, MetadataUtils.newAttachHeadersInterceptor(headers));
  }

  private Status call(String method, String credential) {
    try {
      ClientCalls.blockingUnaryCall(
          with(credential),
          raw(method),
          CallOptions.DEFAULT.withDeadlineAfter(20, TimeUnit.SECONDS),
          new byte[0]);
      return Status.OK;
    } catch (StatusRuntimeException e) {
      return e.getStatus();
    }
  }

  private List<String> methods() {
    List<String> methods = new ArrayList<>(List.of("owlmesh.chat.v1.Chat/Unknown", "a.B/C"));
    server.getServices().stream()
        .flatMap(service -> service.getMethods().stream())
        .map(method -> method.getMethodDescriptor().getFullMethodName())
        .filter(method -> !method.startsWith("grpc.health"))
        .forEach(methods::add);
    return methods;
  }

  @Test
  void noMethodAnswersWithoutARightCredential() throws Exception {
    String[] wrong = {
      "",
      Secret.random().credential(),
      key(Role.ADMIN, Optional.of(Instant.now().minusSeconds(1))),
      "sk-0123456789",
      issuer.token(TokenIssuer.claims().issuer("https://other.example").build()),
      issuer.forged(TokenIssuer.claims().build()),
    };
    assertThat(methods()).hasSizeGreaterThan(15);
    Set<Status.Code> codes = new HashSet<>();
    Set<String> told = new HashSet<>();
    for (String method : methods()) {
      for (String credential : wrong) {
        Status status = call(method, credential);
        codes.add(status.getCode());
        told.add(String.valueOf(status.getDescription()));
      }
    }

    assertThat(codes).containsExactly(Status.Code.UNAUTHENTICATED);
    assertThat(told).hasSize(1);
  }

  /** In the long form, {@code -Dowl.requests=10000}. */
  @Test
  void noneOfManyCallsWithoutARightCredentialIsAnswered() throws Exception {
    String[] wrong = {
      "",
      Secret.random().credential(),
      key(Role.ADMIN, Optional.of(Instant.now().minusSeconds(1))),
      issuer.token(TokenIssuer.claims().audience("hawk").build()),
      issuer.token(TokenIssuer.claims().issuer("https://other.example").build()),
      issuer.forged(TokenIssuer.claims().build()),
    };
    List<String> methods = methods();
    Set<String> told = new HashSet<>();
    Random random = new Random(1);
    for (int i = 0; i < REQUESTS; i++) {
      Status status =
          call(methods.get(random.nextInt(methods.size())), wrong[random.nextInt(wrong.length)]);
      told.add(status.getCode() + " " + status.getDescription());
    }

    assertThat(told).singleElement().asString().startsWith("UNAUTHENTICATED");
  }

  @Test
  void aCallThatShowsTwoCredentialsIsRefused() throws Exception {
    String key = issuer.token(TokenIssuer.claims().build());
    for (String other : List.of("Bearer " + key, "Bearer x", "Basic YTpi")) {
      for (List<String> shown :
          List.of(List.of("Bearer " + key, other), List.of(other, "Bearer " + key))) {
        Metadata headers = new Metadata();
        shown.forEach(one -> headers.put(AUTHORIZATION, one));
        Channel twice =
            ClientInterceptors.intercept(
                channel, MetadataUtils.newAttachHeadersInterceptor(headers));

        assertThatThrownBy(() ->
                ChatGrpc.newBlockingStub(twice).describe(DescribeRequest.getDefaultInstance()))
            .hasMessageStartingWith("UNAUTHENTICATED");
      }
    }
  }

  @Test
  void theMeshIsSteeredByThoseOfTheDefaultTenant() {
    assertThat(MeshGrpc.getServiceDescriptor().getMethods())
        .extracting(method -> MethodAccess.of(method.getFullMethodName()))
        .hasSizeGreaterThan(8)
        .containsOnly(Access.OPERATOR, Access.ADMIN);
  }

  @Test
  void aMethodThatNobodyListedIsRefusedToAdministrators() throws Exception {
    String admin = issuer.token(TokenIssuer.claims().claim("roles", "admin").build());

    assertThat(call("owlmesh.test.Forgotten/Call", admin).getCode())
        .isEqualTo(Status.Code.PERMISSION_DENIED);
    assertThat(call("owlmesh.chat.v1.Chat/Unknown", admin).getCode())
        .isEqualTo(Status.Code.UNIMPLEMENTED);
  }

  @Test
  void aUserAsksAndAnOperatorReadsFeedback() throws Exception {
    String user = issuer.token(TokenIssuer.claims().build());
    String operator = issuer.token(TokenIssuer.claims().claim("roles", "operator").build());

    assertThat(
            ChatGrpc.newBlockingStub(with(user))
                .describe(DescribeRequest.getDefaultInstance())
                .getModel())
        .isNotEmpty();
    assertThatThrownBy(() ->
            ChatGrpc.newBlockingStub(with(user))
                .exportFeedback(ExportFeedbackRequest.getDefaultInstance())
                .hasNext())
        .hasMessageContaining("PERMISSION_DENIED");
    assertThat(
            ChatGrpc.newBlockingStub(with(operator))
                .exportFeedback(ExportFeedbackRequest.getDefaultInstance())
                .hasNext())
        .isFalse();
  }

  @Test
  void healthIsToldToAnybody() {
    assertThat(call("grpc.health.v1.Health/Check", "").getCode()).isEqualTo(Status.Code.OK);
  }
}
