// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

import com.google.protobuf.ByteString;
import io.owlmesh.model.Fault;
import io.owlmesh.model.OwlException;
import java.net.URI;
import java.util.Optional;
import java.util.function.Supplier;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;

/** Images in a bucket of an S3-compatible store; credentials come from where the SDK finds them. */
public final class S3Images implements ImageFiles {
  private final S3Client client;
  private final String bucket;

  /**
   * @param endpoint of a store that is not Amazon's; its buckets are then parts of paths
   */
  public S3Images(String bucket, String region, Optional<URI> endpoint) {
    S3ClientBuilder builder =
        S3Client.builder()
            .region(Region.of(region))
            .httpClient(UrlConnectionHttpClient.create())
            .forcePathStyle(endpoint.isPresent());
    endpoint.ifPresent(builder::endpointOverride);
    this.client = builder.build();
    this.bucket = bucket;
  }

  @Override
  public void put(String sha256, ByteString file) {
    call(() ->
        client.putObject(
            request -> request.bucket(bucket).key(sha256),
            RequestBody.fromBytes(file.toByteArray())));
  }

  @Override
  public Optional<ByteString> get(String sha256) {
    return call(() -> {
      try {
        byte[] bytes =
            client.getObjectAsBytes(request -> request.bucket(bucket).key(sha256)).asByteArray();
        return Optional.of(ByteString.copyFrom(bytes));
      } catch (NoSuchKeyException e) {
        return Optional.empty();
      }
    });
  }

  @Override
  public void delete(String sha256) {
    call(() -> client.deleteObject(request -> request.bucket(bucket).key(sha256)));
  }

  private static <T> T call(Supplier<T> call) {
    try {
      return call.get();
    } catch (SdkException e) {
      throw new OwlException(Fault.UNAVAILABLE, "", "the store of images cannot be used now", e);
    }
  }

  @Override
  public void close() {
    client.close();
  }
}
