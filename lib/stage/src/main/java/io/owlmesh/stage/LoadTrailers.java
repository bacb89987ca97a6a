// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.stage;

import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.owlmesh.proto.stage.v1.Load;
import io.owlmesh.proto.stage.v1.OrcaLoadReport;
import java.util.Set;
import java.util.function.Supplier;

/** Adds the load to the trailers of calls, in the form that proxies read (ORCA). */
final class LoadTrailers implements ServerInterceptor {
  static final Metadata.Key<byte[]> KEY =
      Metadata.Key.of("endpoint-load-metrics-bin", Metadata.BINARY_BYTE_MARSHALLER);

  private final Supplier<Load> load;
  private final Set<String> methods;
  private final RecentRate ends = new RecentRate();
  private long lastEnd = System.nanoTime();

  /**
   * @param methods full names of those whose calls are work
   */
  LoadTrailers(Supplier<Load> load, Set<String> methods) {
    this.load = load;
    this.methods = methods;
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    if (!methods.contains(call.getMethodDescriptor().getFullMethodName())) {
      return next.startCall(call, headers);
    }
    return next.startCall(
        new SimpleForwardingServerCall<>(call) {
          @Override
          public void close(Status status, Metadata trailers) {
            trailers.put(KEY, report().toByteArray());
            super.close(status, trailers);
          }
        },
        headers);
  }

  private OrcaLoadReport report() {
    count();
    Load now = load.get();
    OrcaLoadReport.Builder report =
        OrcaLoadReport.newBuilder()
            .setRpsFractional(ends.perSecond())
            .putNamedMetrics("waiting", now.getWaiting())
            .putNamedMetrics("running", now.getRunning())
            .putNamedMetrics("waiting_positions", (double) now.getWaitingPositions())
            .putNamedMetrics("running_positions", (double) now.getRunningPositions())
            .putNamedMetrics("prefill_rate", now.getPrefillRate())
            .putNamedMetrics("decode_rate", now.getDecodeRate());
    if (now.getMaxRunning() > 0) {
      int all = now.getRunning() + now.getWaiting();
      report.setApplicationUtilization((double) all / now.getMaxRunning());
    }
    if (now.getBlocks() > 0) {
      report.putUtilization("kv_cache", 1 - (double) now.getFreeBlocks() / now.getBlocks());
    }
    return report.build();
  }

  private synchronized void count() {
    long now = System.nanoTime();
    ends.add(1, now - lastEnd);
    lastEnd = now;
  }
}
