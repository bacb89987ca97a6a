// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.answer;

import io.grpc.Channel;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.owlmesh.model.OwlException;
import io.owlmesh.wire.Wire;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;

/** Channels to the three stages, wherever they are. */
final class Stages implements AutoCloseable {
  // A trace of its own that is not recorded: watching would bury the traces of answers.
  private static final String UNSAMPLED = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

  private final Map<Stage, ManagedChannel> channels = new EnumMap<>(Stage.class);
  private final ClientInterceptor tracing;

  /**
   * Opens channels; none connects before its first call.
   *
   * @param addresses {@code host:port} or {@code inprocess:NAME} of each stage
   */
  Stages(Map<Stage, String> addresses, ClientInterceptor tracing) {
    this.tracing = tracing;
    addresses.forEach((stage, address) -> channels.put(stage, open(stage, address)));
  }

  private static ManagedChannel open(Stage stage, String address) {
    int colon = address.lastIndexOf(':');
    if (colon < 1) {
      throw OwlException.badInput(
          "owl." + stage.label(), "'" + address + "'; it must be host:port or inprocess:NAME");
    }
    String host = address.substring(0, colon);
    String rest = address.substring(colon + 1);
    if (host.equals("inprocess")) {
      return InProcessChannelBuilder.forName(rest).build();
    }
    // What is done on arrival is to pass it on: another thread would cost more than that.
    return Wire.channel(host, port(stage, rest)).directExecutor().build();
  }

  private static int port(Stage stage, String text) {
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
  Channel traced(Stage stage) {
    return ClientInterceptors.intercept(channel(stage), tracing);
  }

  /** For calls that nobody asked for. */
  Channel untraced(Stage stage) {
    Metadata headers = new Metadata();
    headers.put(Metadata.Key.of("traceparent", Metadata.ASCII_STRING_MARSHALLER), UNSAMPLED);
    return ClientInterceptors.intercept(
        channel(stage), MetadataUtils.newAttachHeadersInterceptor(headers));
  }

  private ManagedChannel channel(Stage stage) {
    return Objects.requireNonNull(channels.get(stage));
  }

  @Override
  public void close() {
    channels.values().forEach(ManagedChannel::shutdownNow);
  }
}
