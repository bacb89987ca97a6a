// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.core.identity.Tenant;
import io.owlmesh.orchestrator.store.S3ImageStore.Place;
import io.owlmesh.proto.chat.v1.Image;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProviderChain;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.exception.SdkClientException;

/** Images in a store that speaks S3. */
@Timeout(180)
class S3ImageStoreTest {
  private static final String NAME = "ab".repeat(32);
  private static final StaticCredentialsProvider OWL =
      StaticCredentialsProvider.create(AwsBasicCredentials.create("owl", "secret"));

  @TempDir static Path folder;
  private static S3Server server;
  private static S3ImageStore images;

  @BeforeAll
  static void start() throws Exception {
    server = new S3Server(Files.createDirectories(folder.resolve("s3")));
    images = at(S3Server.BUCKET, server.endpoint());
  }

  @AfterAll
  static void stop() {
    images.close();
    server.close();
  }

  private static S3ImageStore at(String bucket, URI endpoint) {
    return new S3ImageStore(new Place(bucket, "us-east-1", Optional.of(endpoint)), OWL);
  }

  private static void assertUnavailable(ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            OwlException.class, e -> assertThat(e.fault()).isEqualTo(Fault.UNAVAILABLE));
  }

  @Test
  void aFileComesBackUntilItIsDeleted() {
    ByteString file = ByteString.copyFrom(new byte[3_000_000]);

    images.put(NAME, file);
    images.put(NAME, file);

    assertThat(images.get(NAME)).hasValue(file);
    images.delete(NAME);
    assertThat(images.get(NAME)).isEmpty();
    images.delete(NAME);
  }

  @Test
  void aBucketThatIsNotThereIsUnavailableNotEmpty() {
    try (S3ImageStore nowhere = at("nowhere", server.endpoint())) {
      assertUnavailable(() -> nowhere.get(NAME));
      assertUnavailable(() -> nowhere.put(NAME, ByteString.copyFromUtf8("x")));
    }
  }

  @Test
  void aStoreThatDoesNotAnswerIsUnavailable() throws IOException {
    int port;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    try (S3ImageStore nobody = at(S3Server.BUCKET, URI.create("http://127.0.0.1:" + port))) {
      assertUnavailable(() -> nobody.get(NAME));
      assertUnavailable(() -> nobody.put(NAME, ByteString.copyFromUtf8("x")));
      assertUnavailable(() -> nobody.delete(NAME));
    }
  }

  @Test
  void missingCredentialsAreNoticedAtTheStart() {
    var missing =
        AwsCredentialsProviderChain.builder()
            .credentialsProviders(() -> {
              throw SdkClientException.create("none");
            })
            .build();
    Place place = new Place(S3Server.BUCKET, "us-east-1", Optional.of(server.endpoint()));

    assertThatThrownBy(() -> new S3ImageStore(place, missing))
        .isInstanceOf(OwlException.class)
        .hasMessageContaining("AWS_ACCESS_KEY_ID");
  }

  @Test
  void imagesOfSessionsGoWithTheLastOne() {
    String url = "jdbc:h2:file:" + folder.resolve("sessions");
    S3ImageStore own = at(S3Server.BUCKET, server.endpoint());
    try (SessionStore store = SessionStore.open(url, Optional.empty(), Optional.empty(), own)) {
      Image image = store.of(Tenant.DEFAULT).addImage(Pictures.png(5));
      assertThat(store.of(Tenant.DEFAULT).addImage(Pictures.png(5))).isEqualTo(image);
      assertThat(store.of(Tenant.DEFAULT).read(image.getSha256())).isEqualTo(Pictures.png(5));
      StoredFile named =
          store.of(Tenant.DEFAULT).storedFiles().add("owl.png", "vision", Pictures.png(5));

      store.of(Tenant.DEFAULT).storedFiles().delete(named.id());

      assertThat(images.get(image.getSha256())).isEmpty();
    }
  }
}
