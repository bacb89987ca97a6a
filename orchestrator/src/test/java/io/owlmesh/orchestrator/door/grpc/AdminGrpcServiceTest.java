// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Timestamp;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.MetadataUtils;
import io.owlmesh.core.identity.ApiKey;
import io.owlmesh.core.identity.ApiKey.Secret;
import io.owlmesh.core.identity.KeyFile;
import io.owlmesh.core.identity.Role;
import io.owlmesh.orchestrator.audit.AuditLog;
import io.owlmesh.orchestrator.identity.Authenticator;
import io.owlmesh.orchestrator.identity.IdentityConfig;
import io.owlmesh.orchestrator.limits.RateLimits;
import io.owlmesh.orchestrator.pipeline.FakeMesh;
import io.owlmesh.orchestrator.session.KeptSessions;
import io.owlmesh.orchestrator.store.DiskImageStore;
import io.owlmesh.orchestrator.store.SessionStore;
import io.owlmesh.proto.admin.v1.AdminGrpc;
import io.owlmesh.proto.admin.v1.DeleteTenantRequest;
import io.owlmesh.proto.admin.v1.DeleteTenantResponse;
import io.owlmesh.proto.admin.v1.ListAuditRequest;
import io.owlmesh.proto.admin.v1.ListAuditResponse;
import io.owlmesh.proto.chat.v1.ChatGrpc;
import io.owlmesh.proto.chat.v1.CreateSessionRequest;
import io.owlmesh.proto.chat.v1.ListSessionsRequest;
import io.owlmesh.wire.TestConfig;
import io.owlmesh.wire.Wire;
import io.owlmesh.wire.tls.MeshTls;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What administrators and operators of several tenants may see and delete. */
@Timeout(60)
class AdminGrpcServiceTest {
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  @TempDir Path folder;
  private SessionStore noted;
  private AuditLog audit;
  private FakeMesh mesh;
  private KeptSessions kept;
  private KeyFile keys;
  private Server server;
  private ManagedChannel channel;

  private String zooUser = "";
  private String zooOperator = "";
  private String zooAdmin = "";
  private String parkUser = "";
  private String operator = "";
  private String admin = "";

  @BeforeEach
  void open() throws Exception {
    noted =
        SessionStore.open(
            "jdbc:h2:file:" + folder.resolve("audit"),
            Optional.empty(),
            Optional.empty(),
            new DiskImageStore(folder.resolve("unused")));
    audit = AuditLog.of(noted.audit());
    mesh = new FakeMesh(UUID.randomUUID().toString(), Map.of(), RateLimits.none(), audit);
    kept = new KeptSessions(folder.resolve("kept"), mesh);
    keys = new KeyFile(folder.resolve("keys"));
    zooUser = key(Role.USER, "zoo");
    zooOperator = key(Role.OPERATOR, "zoo");
    zooAdmin = key(Role.ADMIN, "zoo");
    parkUser = key(Role.USER, "park");
    operator = key(Role.OPERATOR, "default");
    admin = key(Role.ADMIN, "default");
    Authenticator authenticator =
        new Authenticator(
            TestConfig.of(IdentityConfig.class, Map.of("owl.keys", keys.path().toString())));
    server =
        Wire.secure(
                NettyServerBuilder.forAddress(
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)),
                new GrpcAccess(authenticator, RateLimits.none(), audit),
                MeshTls.none())
            .addService(
                new ChatGrpcService(mesh.gateway, mesh.answers, kept.sessions(), mesh.settings))
            .addService(new AdminGrpcService(kept.sessions(), mesh.answers))
            .build()
            .start();
    channel =
        NettyChannelBuilder.forAddress(server.getListenSockets().getFirst()).usePlaintext().build();
  }

  @AfterEach
  void close() {
    channel.shutdownNow();
    server.shutdownNow();
    audit.close();
    kept.close();
    mesh.close();
    noted.close();
  }

  private String key(Role role, String tenant) throws Exception {
    Secret secret = Secret.random();
    keys.add(ApiKey.of(secret, role, tenant, Instant.now(), Optional.empty(), ""));
    return secret.credential();
  }

  private Channel with(String credential) {
    Metadata headers = new Metadata();
    headers.put(AUTHORIZATION, "Bearer " + credential);
    return ClientInterceptors.intercept(
        channel, MetadataUtils.newAttachHeadersInterceptor(headers));
  }

  private AdminGrpc.AdminBlockingStub admin(String credential) {
    return AdminGrpc.newBlockingStub(with(credential)).withDeadlineAfter(20, TimeUnit.SECONDS);
  }

  private ChatGrpc.ChatBlockingStub chat(String credential) {
    return ChatGrpc.newBlockingStub(with(credential)).withDeadlineAfter(20, TimeUnit.SECONDS);
  }

  private void createSession(String credential) {
    var _ = chat(credential).createSession(CreateSessionRequest.getDefaultInstance());
  }

  private int sessions(String credential) {
    return chat(credential)
        .listSessions(ListSessionsRequest.getDefaultInstance())
        .getSessionsCount();
  }

  private List<ListAuditResponse> rows(String credential, ListAuditRequest request) {
    List<ListAuditResponse> rows = new ArrayList<>();
    admin(credential).listAudit(request).forEachRemaining(rows::add);
    return rows;
  }

  private DeleteTenantResponse delete(String credential, String tenant) {
    return admin(credential)
        .deleteTenant(DeleteTenantRequest.newBuilder().setTenant(tenant).build());
  }

  /** Waits until so many rows of sessions that were created are written. */
  private void awaitCreated(int sessions) throws InterruptedException {
    while (rows(operator, ListAuditRequest.getDefaultInstance()).stream()
            .filter(row -> row.getMethod().endsWith("/CreateSession"))
            .count()
        < sessions) {
      TimeUnit.MILLISECONDS.sleep(50);
    }
  }

  @Test
  void eachOperatorReadsTheRowsOfItsTenantAndThoseOfTheDefaultTenantAll() throws Exception {
    createSession(zooUser);
    createSession(parkUser);
    createSession(parkUser);
    awaitCreated(3);

    ListAuditRequest all = ListAuditRequest.getDefaultInstance();
    assertThat(rows(zooOperator, all)).isNotEmpty().allMatch(row -> row.getTenant().equals("zoo"));
    assertThat(rows(operator, all))
        .extracting(ListAuditResponse::getTenant)
        .contains("zoo", "park", "default");
    assertThat(rows(operator, all.toBuilder().setTenant("park").build()))
        .hasSize(2)
        .allSatisfy(row -> {
          assertThat(row.getCaller()).isEqualTo("key:" + parkUser.substring(4, 12));
          assertThat(row.getMethod()).isEqualTo("owlmesh.chat.v1.Chat/CreateSession");
          assertThat(row.getOutcome()).isEqualTo("ok");
        });
    assertThat(rows(operator, all.toBuilder().setTenant("park").setLimit(1).build())).hasSize(1);
    assertThat(rows(operator, all.toBuilder().setCaller("key:" + zooUser.substring(4, 12)).build()))
        .hasSize(1);
    Timestamp later =
        Timestamp.newBuilder().setSeconds(Instant.now().getEpochSecond() + 60).build();
    assertThat(rows(operator, all.toBuilder().setSince(later).build())).isEmpty();
  }

  @Test
  void rowsOfOthersAreRefusedByNameAndUsersReadNone() {
    ListAuditRequest ofThePark = ListAuditRequest.newBuilder().setTenant("park").build();
    Refused foreign = new Refused(Status.Code.PERMISSION_DENIED, "tenant");

    assertThat(Refused.of(() -> rows(zooOperator, ofThePark))).isEqualTo(foreign);
    assertThat(Refused.of(() -> rows(zooUser, ListAuditRequest.getDefaultInstance())).code())
        .isEqualTo(Status.Code.PERMISSION_DENIED);
    for (int limit : new int[] {-1, 100_001}) {
      assertThat(
              Refused.of(
                  () -> rows(operator, ListAuditRequest.newBuilder().setLimit(limit).build())))
          .isEqualTo(new Refused(Status.Code.INVALID_ARGUMENT, "limit"));
    }
  }

  @Test
  void anAdministratorDeletesItsTenantAndThatOfTheDefaultTenantAny() {
    for (String credential : List.of(zooUser, zooUser, parkUser)) {
      createSession(credential);
    }

    assertThat(delete(zooAdmin, "zoo").getSessions()).isEqualTo(2);
    assertThat(sessions(zooUser)).isZero();
    assertThat(sessions(parkUser)).isOne();
    assertThat(delete(admin, "park").getSessions()).isOne();
    assertThat(sessions(parkUser)).isZero();
    assertThat(delete(zooAdmin, "zoo").getSessions()).isZero();
  }

  @Test
  void nobodyDeletesATenantThatIsNotItsOwnWhetherItIsThereOrNot() {
    createSession(parkUser);

    for (String tenant : List.of("park", "nobody")) {
      assertThat(Refused.of(() -> delete(zooAdmin, tenant)))
          .isEqualTo(new Refused(Status.Code.PERMISSION_DENIED, "tenant"));
      assertThat(Refused.of(() -> delete(zooOperator, tenant)).code())
          .isEqualTo(Status.Code.PERMISSION_DENIED);
    }
    assertThat(sessions(parkUser)).isOne();
    assertThat(Refused.of(() -> delete(admin, "no tenant!")).code())
        .isEqualTo(Status.Code.INVALID_ARGUMENT);
  }
}
