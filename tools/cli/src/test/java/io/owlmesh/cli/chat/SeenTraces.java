// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.chat;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Remembers the traces that calls to a fake mesh belong to. */
final class SeenTraces implements ServerInterceptor {
  final List<String> parents = new CopyOnWriteArrayList<>();

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    String header = headers.get(Metadata.Key.of("traceparent", Metadata.ASCII_STRING_MARSHALLER));
    if (header != null) {
      parents.add(header);
    }
    return next.startCall(call, headers);
  }
}
