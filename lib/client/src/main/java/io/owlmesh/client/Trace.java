// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.client;

import io.grpc.ClientInterceptor;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import java.security.SecureRandom;
import java.util.HexFormat;

/**
 * The root of a request's trace: it begins here, so that what the person waited for and what the
 * services did are one trace.
 *
 * @param id 32 hex digits
 * @param span 16 hex digits, the parent of the front door's span
 */
public record Trace(String id, String span) {
  static final Metadata.Key<String> TRACEPARENT =
      Metadata.Key.of("traceparent", Metadata.ASCII_STRING_MARSHALLER);

  private static final SecureRandom RANDOM = new SecureRandom();

  public static Trace begin() {
    return new Trace(hex(16), hex(8));
  }

  /** W3C trace context, marked as sampled. */
  public String traceparent() {
    return "00-" + id + "-" + span + "-01";
  }

  ClientInterceptor interceptor() {
    Metadata headers = new Metadata();
    headers.put(TRACEPARENT, traceparent());
    return MetadataUtils.newAttachHeadersInterceptor(headers);
  }

  private static String hex(int bytes) {
    byte[] value = new byte[bytes];
    RANDOM.nextBytes(value);
    // All zeros would mean "no trace".
    value[0] |= 1;
    return HexFormat.of().formatHex(value);
  }
}
