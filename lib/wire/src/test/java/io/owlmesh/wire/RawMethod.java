// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.wire;

import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.MethodDescriptor.MethodType;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** Methods whose messages are bytes, whatever they mean. */
public final class RawMethod {
  private RawMethod() {}

  private record Bytes() implements Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] bytes) {
      return new ByteArrayInputStream(bytes);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /**
   * A method of any service.
   *
   * @param name of service and method, as {@code owlmesh.chat.v1.Chat/Describe}
   */
  public static MethodDescriptor<byte[], byte[]> of(String name, MethodType type) {
    return MethodDescriptor.newBuilder(new Bytes(), new Bytes())
        .setFullMethodName(name)
        .setType(type)
        .build();
  }
}
