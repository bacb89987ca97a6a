// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.wire;

import io.grpc.HandlerRegistry;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerCall;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * Makes a method of a method that nobody has, so that the interceptors see its calls: whoever may
 * not come in does not hear what there is.
 */
final class UnknownMethods extends HandlerRegistry {
  private static final MethodDescriptor.Marshaller<byte[]> NOTHING =
      new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(byte[] value) {
          return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
          return new byte[0];
        }
      };

  @Override
  public ServerMethodDefinition<?, ?> lookupMethod(String method, @Nullable String authority) {
    MethodDescriptor<byte[], byte[]> descriptor =
        MethodDescriptor.<byte[], byte[]>newBuilder()
            .setFullMethodName(method)
            .setType(MethodType.UNKNOWN)
            .setRequestMarshaller(NOTHING)
            .setResponseMarshaller(NOTHING)
            .build();
    return ServerMethodDefinition.create(
        descriptor,
        (call, _) -> {
          call.close(
              Status.UNIMPLEMENTED.withDescription("there is no method " + method), new Metadata());
          return new ServerCall.Listener<>() {};
        });
  }
}
