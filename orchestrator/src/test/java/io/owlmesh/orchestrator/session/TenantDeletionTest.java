// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.owlmesh.core.ErrorCode;
import io.owlmesh.core.OwlException;
import io.owlmesh.core.identity.Role;
import io.owlmesh.core.identity.Tenant;
import io.owlmesh.orchestrator.pipeline.FakeMesh;
import io.owlmesh.orchestrator.store.Pictures;
import io.owlmesh.proto.chat.v1.CreateSessionRequest;
import io.owlmesh.proto.chat.v1.ListSessionsRequest;
import io.owlmesh.wire.identity.Caller;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a tenant may keep, and its end. */
class TenantDeletionTest {
  private static final ByteString PICTURE = Pictures.png(1);
  private static final int MOST = PICTURE.size() + Pictures.png(2).size();

  @TempDir Path folder;
  private FakeMesh mesh;
  private KeptSessions kept;

  @BeforeEach
  void open() throws Exception {
    mesh = new FakeMesh("tenants", Map.of("owl.max-tenant-bytes", Integer.toString(MOST)));
    kept = new KeptSessions(folder, mesh);
    fill("zoo");
    fill("park");
  }

  @AfterEach
  void close() {
    kept.close();
    mesh.close();
  }

  private static <T> T as(String tenant, Role role, Callable<T> work) throws Exception {
    return new Caller("key:aaaaaaaa", tenant, Set.of(role)).context().call(work);
  }

  private void fill(String tenant) throws Exception {
    as(
        tenant,
        Role.USER,
        () -> {
          kept.sessions().create(CreateSessionRequest.getDefaultInstance());
          return kept.sessions().addFile("owl.png", "vision", PICTURE);
        });
  }

  private int sessions(String tenant) throws Exception {
    return as(
        tenant,
        Role.USER,
        () -> kept.sessions().list(ListSessionsRequest.getDefaultInstance()).getSessionsCount());
  }

  private long files() throws IOException {
    try (Stream<Path> all = Files.walk(folder.resolve("images"))) {
      return all.filter(Files::isRegularFile).count();
    }
  }

  private Sessions.Deleted delete(String by, Role role, String tenant) throws Exception {
    return as(by, role, () -> kept.sessions().delete(new Tenant(tenant)));
  }

  @Test
  void anAdministratorDeletesItsTenantAndNoOther() throws Exception {
    assertThat(files()).isEqualTo(2);
    for (String other : new String[] {"park", "nobody", "default"}) {
      assertThatThrownBy(() -> delete("zoo", Role.ADMIN, other))
          .isInstanceOfSatisfying(
              OwlException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.INSUFFICIENT_PERMISSIONS));
    }

    Sessions.Deleted deleted = delete("zoo", Role.ADMIN, "zoo");

    assertThat(deleted).isEqualTo(new Sessions.Deleted(1, PICTURE.size()));
    assertThat(sessions("zoo")).isZero();
    assertThat(as("zoo", Role.USER, () -> kept.sessions().files().list(9, ""))).isEmpty();
    assertThat(sessions("park")).isOne();
    assertThat(files()).isOne();
    assertThat(as("park", Role.USER, () -> kept.sessions().files().list(9, ""))).hasSize(1);
  }

  @Test
  void anAdministratorOfTheDefaultTenantDeletesAny() throws Exception {
    assertThatThrownBy(() -> delete("default", Role.OPERATOR, "park"))
        .isInstanceOf(OwlException.class);

    assertThat(delete("default", Role.ADMIN, "park").sessions()).isOne();
    assertThat(delete("default", Role.ADMIN, "park")).isEqualTo(new Sessions.Deleted(0, 0));
    assertThat(sessions("zoo")).isOne();
  }

  @Test
  void aTenantKeepsNoMoreThanItsQuotaAndAnotherIsNotBounded() throws Exception {
    as("zoo", Role.USER, () -> kept.sessions().upload(PICTURE)); // It is there already.
    as("zoo", Role.USER, () -> kept.sessions().upload(Pictures.png(2)));

    assertThatThrownBy(() -> as("zoo", Role.USER, () -> kept.sessions().upload(Pictures.png(3))))
        .isInstanceOfSatisfying(
            OwlException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.INSUFFICIENT_QUOTA);
              assertThat(e.field()).isEqualTo("image");
              assertThat(e.sentence()).contains("of at most " + MOST + " bytes");
            });
    as("park", Role.USER, () -> kept.sessions().upload(Pictures.png(3)));
  }
}
