// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.context.Context;

/** Carries the current trace to the stages, as W3C trace context in the headers of each call. */
final class TracePropagation implements ClientInterceptor {
  private final OpenTelemetry telemetry;

  TracePropagation(OpenTelemetry telemetry) {
    this.telemetry = telemetry;
  }

  @Override
  public <Q, R> ClientCall<Q, R> interceptCall(
      MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
    Context context = Context.current();
    return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
      @Override
      public void start(Listener<R> listener, Metadata headers) {
        telemetry
            .getPropagators()
            .getTextMapPropagator()
            .inject(context, headers, (carrier, key, value) -> put(headers, key, value));
        super.start(listener, headers);
      }
    };
  }

  private static void put(Metadata headers, String key, String value) {
    headers.put(Metadata.Key.of(key, Metadata.ASCII_STRING_MARSHALLER), value);
  }
}
