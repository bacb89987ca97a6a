// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh;

import io.grpc.Channel;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import io.owlmesh.core.OwlException;
import io.owlmesh.wire.Wire;
import io.owlmesh.wire.tls.MeshTls;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;

/** Channels to the three stages, wherever they are. */
public final class StageChannels implements AutoCloseable {
  // A trace of its own that is not recorded: watching would bury the traces of answers.
  private static final String UNSAMPLED = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

  private final Map<StageKind, ManagedChannel> channels = new EnumMap<>(StageKind.class);
  private final ClientInterceptor tracing;

  /**
   * Opens channels; none connects before its first call.
   *
   * @param addresses {@code host:port} or {@code inprocess:NAME} of each stage
   */
  public StageChannels(Map<StageKind, String> addresses, ClientInterceptor tracing, MeshTls tls) {
    this.tracing = tracing;
    addresses.forEach((stage, address) -> channels.put(stage, open(stage, address, tls)));
  }

  private static ManagedChannel open(StageKind stage, String address, MeshTls tls) {
    int colon = address.lastIndexOf(':');
    if (colon < 1) {
      throw OwlException.badInput(
          "owl." + stage.label(), "'" + address + "'; it must be host:port or inprocess:NAME");
    }
    String host = address.substring(0, colon);
    String rest = address.substring(colon + 1);
    if (host.equals("inprocess")) {
      return Wire.inProcess(rest);
    }
    return Wire.relayChannel(host, port(stage, rest), tls.to(stage.label()));
  }

  private static int port(StageKind stage, String text) {
    try {
      int port = Integer.parseInt(text);
      if (port > 0 && port < 65536) {
        return port;
      }
    } catch (NumberFormatException e) {
      // Told below.
    }
    throw OwlException.badInput("owl." + stage.label(), "'" + text + "' is not a port");
  }

  /** For calls that belong to an answer, and to its trace. */
  public Channel traced(StageKind stage) {
    return ClientInterceptors.intercept(channel(stage), tracing);
  }

  /** For calls that nobody asked for. */
  Channel untraced(StageKind stage) {
    Metadata headers = new Metadata();
    headers.put(Metadata.Key.of("traceparent", Metadata.ASCII_STRING_MARSHALLER), UNSAMPLED);
    return ClientInterceptors.intercept(
        channel(stage), MetadataUtils.newAttachHeadersInterceptor(headers));
  }

  private ManagedChannel channel(StageKind stage) {
    return Objects.requireNonNull(channels.get(stage));
  }

  @Override
  public void close() {
    channels.values().forEach(ManagedChannel::shutdownNow);
  }
}
