// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Attributes;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.owlmesh.client.Address;
import io.owlmesh.client.Connection;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.core.identity.Role;
import io.owlmesh.wire.Wire;
import io.owlmesh.wire.identity.Access;
import io.owlmesh.wire.identity.AccessPolicy;
import io.owlmesh.wire.identity.Caller;
import io.owlmesh.wire.identity.CallerHeader;
import io.owlmesh.wire.identity.SpiffeId;
import io.owlmesh.wire.tls.MeshTls;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Certificates of a local authority on a real port that only the orchestrator may call. */
@Timeout(60)
class LocalAuthorityTest {
  @TempDir Path folder;
  private LocalAuthority authority;
  private MeshTls tls;
  private Server server;

  private final AtomicReference<Caller> told = new AtomicReference<>();

  private record OrchestratorAlone(AtomicReference<Caller> told) implements AccessPolicy {
    @Override
    public CompletionStage<Caller> admit(Access needed, Metadata headers, Attributes connection) {
      CallerHeader.of(headers).ifPresent(told::set);
      return SpiffeId.of(connection).equals(Optional.of(new SpiffeId("orchestrator")))
          ? CompletableFuture.completedFuture(new Caller("", "", Set.of(Role.USER)))
          : CompletableFuture.failedFuture(new OwlException(Fault.FORBIDDEN, "", "no"));
    }

    @Override
    public boolean needsCertificates() {
      return true;
    }

    @Override
    public void requireMayListen(String host) {}
  }

  @BeforeEach
  void open() throws Exception {
    authority = LocalAuthority.in(folder);
    authority.issueAll("127.0.0.1");
    HealthStatusManager health = new HealthStatusManager();
    health.setStatus("", ServingStatus.SERVING);
    tls = new MeshTls(Optional.of(folder.resolve("vision")));
    server =
        Wire.secure(
                Wire.tune(
                    NettyServerBuilder.forAddress(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))),
                new OrchestratorAlone(told),
                tls)
            .addService(health.getHealthService())
            .build()
            .start();
  }

  @AfterEach
  void close() {
    server.shutdownNow();
    tls.close();
  }

  private ServingStatus ask(Channel channel) {
    return HealthGrpc.newBlockingStub(channel)
        .withDeadlineAfter(10, TimeUnit.SECONDS)
        .check(HealthCheckRequest.getDefaultInstance())
        .getStatus();
  }

  /** Asks as a service that expects another. */
  private ServingStatus ask(String own, String expected) {
    try (MeshTls mine = new MeshTls(Optional.of(folder.resolve(own)))) {
      ManagedChannel channel =
          Wire.channel("127.0.0.1", server.getPort(), mine.to(expected)).build();
      try {
        return ask(channel);
      } finally {
        channel.shutdownNow();
      }
    }
  }

  @Test
  void theOrchestratorIsLetInAndOthersAreNot() {
    assertThat(ask("orchestrator", "vision")).isEqualTo(ServingStatus.SERVING);
    assertThatThrownBy(() -> ask("trainer", "vision")).hasMessageContaining("PERMISSION_DENIED");
  }

  @Test
  void theCallerOfTheDoorTravelsWithTheCall() {
    Caller ann = new Caller("sub:ann b/c", "zoo", Set.of(Role.USER, Role.OPERATOR));

    ann.context().run(() -> ask("orchestrator", "vision"));

    assertThat(told).hasValue(ann);
  }

  @Test
  void aServerWithTheCertificateOfAnotherServiceIsNotAsked() {
    assertThatThrownBy(() -> ask("orchestrator", "llm"))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessageContaining("UNAVAILABLE")
        .hasMessageNotContaining("vision");
  }

  @Test
  void whoShowsNoCertificateOrThatOfAnotherAuthorityIsNotLetIn() throws Exception {
    Address plain = new Address("127.0.0.1", server.getPort());
    try (Connection connection = new Connection(plain, Map.of())) {
      assertThatThrownBy(() -> ask(connection.channel())).hasMessageContaining("UNAVAILABLE");
    }
    Path onlyTrust = Files.createDirectories(folder.resolve("nobody"));
    Files.copy(folder.resolve("ca.crt"), onlyTrust.resolve("ca.crt"));
    try (Connection connection =
        new Connection(plain, Map.of(Connection.TLS, onlyTrust.toString()))) {
      assertThatThrownBy(() -> ask(connection.channel())).hasMessageContaining("UNAVAILABLE");
    }
    Path foreign = folder.resolve("foreign");
    LocalAuthority.in(foreign).issueAll("127.0.0.1");
    Path mixed = Files.createDirectories(folder.resolve("mixed"));
    Files.copy(foreign.resolve("orchestrator/tls.crt"), mixed.resolve("tls.crt"));
    Files.copy(foreign.resolve("orchestrator/tls.key"), mixed.resolve("tls.key"));
    Files.copy(folder.resolve("ca.crt"), mixed.resolve("ca.crt"));
    try (Connection connection = new Connection(plain, Map.of(Connection.TLS, mixed.toString()))) {
      assertThatThrownBy(() -> ask(connection.channel())).hasMessageContaining("UNAVAILABLE");
    }
  }

  @Test
  void newCertificatesAreShownWithoutARestartAndAHalfWrittenFolderChangesNothing()
      throws Exception {
    try (MeshTls mine = new MeshTls(Optional.of(folder.resolve("orchestrator")))) {
      ManagedChannel open = Wire.channel("127.0.0.1", server.getPort(), mine.to("vision")).build();
      try {
        ask(open);
        Files.writeString(folder.resolve("vision/tls.crt"), "-----BEGIN CERT");
        TimeUnit.MILLISECONDS.sleep(1500);
        assertThat(ask("orchestrator", "vision")).isEqualTo(ServingStatus.SERVING);

        // The server becomes another service, which a client tells from its new certificate.
        authority.issue("llm", "127.0.0.1");
        for (String file : new String[] {"tls.key", "tls.crt"}) {
          Files.copy(
              folder.resolve("llm").resolve(file),
              folder.resolve("vision").resolve(file),
              StandardCopyOption.REPLACE_EXISTING);
        }
        while (!isLlm()) {
          TimeUnit.MILLISECONDS.sleep(50);
        }

        assertThat(ask(open)).isEqualTo(ServingStatus.SERVING);
      } finally {
        open.shutdownNow();
      }
    }
  }

  @Test
  void aCertificateThatIsOverReplacesNoneThatIsValid() throws Exception {
    authority.issue("vision", "127.0.0.1", Duration.ofMinutes(-1));

    TimeUnit.MILLISECONDS.sleep(2500);

    assertThat(ask("orchestrator", "vision")).isEqualTo(ServingStatus.SERVING);
  }

  private boolean isLlm() {
    try {
      return ask("orchestrator", "llm") == ServingStatus.SERVING;
    } catch (StatusRuntimeException other) {
      return false;
    }
  }

  @Test
  void whoBeginsWhileFilesAreReplacedWaitsForTheLastOfThem() throws Exception {
    Path certificate = folder.resolve("operator/tls.crt");
    byte[] before = Files.readAllBytes(certificate);
    authority.issueAll("127.0.0.1");
    byte[] after = Files.readAllBytes(certificate);
    Files.write(certificate, before);
    assertThatThrownBy(() -> new MeshTls(Optional.of(folder.resolve("operator"))))
        .hasMessageContaining("tls.key is not the key of tls.crt");

    assertWaitedFor(certificate, after);
    Path key = folder.resolve("operator/tls.key");
    byte[] whole = Files.readAllBytes(key);
    Files.write(key, Arrays.copyOf(whole, whole.length / 2));
    assertWaitedFor(key, whole);
    Files.delete(folder.resolve("operator/ca.crt"));
    assertWaitedFor(
        folder.resolve("operator/ca.crt"), Files.readAllBytes(folder.resolve("ca.crt")));
  }

  private void assertWaitedFor(Path file, byte[] content) {
    CompletableFuture<Void> replaced =
        CompletableFuture.runAsync(
            () -> {
              try {
                Files.write(file, content);
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            },
            CompletableFuture.delayedExecutor(200, TimeUnit.MILLISECONDS));
    try (MeshTls mine = new MeshTls(Optional.of(folder.resolve("operator")))) {
      assertThat(mine.isOn()).isTrue();
    }
    replaced.join();
  }
}
