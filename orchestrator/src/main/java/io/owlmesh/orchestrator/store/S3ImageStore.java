// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

import com.google.protobuf.ByteString;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProviderChain;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.EnvironmentVariableCredentialsProvider;
import software.amazon.awssdk.auth.credentials.ProfileCredentialsProvider;
import software.amazon.awssdk.auth.credentials.SystemPropertyCredentialsProvider;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;

/** Images in a bucket of an S3-compatible store. */
public final class S3ImageStore implements ImageStore {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final S3Client client;
  private final String bucket;

  /**
   * Where images are.
   *
   * @param endpoint of a store that is not Amazon's; its buckets are then parts of paths
   */
  public record Place(String bucket, String region, Optional<URI> endpoint) {}

  /**
   * With credentials from the environment or the usual files; at Amazon also of the machine.
   *
   * @throws OwlException UNAVAILABLE if there are none
   */
  public S3ImageStore(Place place) {
    this(
        place,
        place.endpoint().isPresent() ? ours() : DefaultCredentialsProvider.builder().build());
  }

  /**
   * Only Amazon's machines answer for themselves; elsewhere, asking takes seconds and is in vain.
   */
  private static AwsCredentialsProvider ours() {
    return AwsCredentialsProviderChain.of(
        SystemPropertyCredentialsProvider.create(),
        EnvironmentVariableCredentialsProvider.create(),
        ProfileCredentialsProvider.create());
  }

  S3ImageStore(Place place, AwsCredentialsProvider credentials) {
    try {
      credentials.resolveCredentials();
    } catch (SdkException e) {
      throw new OwlException(
          Fault.UNAVAILABLE,
          "",
          "no credentials for the store of images: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
          e);
    }
    S3ClientBuilder builder =
        S3Client.builder()
            .region(Region.of(place.region()))
            .credentialsProvider(credentials)
            .httpClient(UrlConnectionHttpClient.create())
            // Stores that are not Amazon's may not know its newer checksums.
            .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
            .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
            .overrideConfiguration(settings -> settings.apiCallTimeout(PATIENCE))
            .forcePathStyle(place.endpoint().isPresent());
    place.endpoint().ifPresent(builder::endpointOverride);
    this.client = builder.build();
    this.bucket = place.bucket();
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
