// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.wire;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ChannelCredentials;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.ProtoReflectionService;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.owlmesh.wire.identity.AccessPolicy;
import io.owlmesh.wire.identity.CallerHeader;
import io.owlmesh.wire.tls.MeshTls;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * How both ends of a wire are set up to carry tensors: messages read into direct memory, windows
 * that hold several of them, connections that notice a dead peer.
 */
public final class Wire {
  /** Bytes under way without acknowledgement, per stream and per connection. */
  public static final int FLOW_CONTROL_WINDOW = 8 << 20;

  /** Largest message, bytes: an image file of 20 MiB, and room. */
  public static final int MAX_MESSAGE = 32 << 20;

  // A connection whose calls are given up faster than this serves nobody.
  private static final int MAX_RESETS = 2_000;
  private static final int RESETS_SECONDS = 30;
  private static final int IDLE_MINUTES = 10;
  private static final int AGE_MINUTES = 60;
  // No less than an answer may take.
  private static final int AGE_GRACE_MINUTES = 15;
  private static final int KEEP_ALIVE_SECONDS = 20;
  private static final int KEEP_ALIVE_TIMEOUT_SECONDS = 5;

  private static final String IN_PROCESS = "inprocess:";

  private Wire() {}

  /**
   * A service that reads its messages into direct memory, refuses requests over the limits of
   * {@link MessageLimits} and {@link MessageScan}, and drops fields that it does not know. For
   * {@code bindService()}, which the generated base classes declare final: implement {@code
   * AsyncService} and {@code BindableService} instead of extending them.
   */
  public static ServerServiceDefinition bind(ServerServiceDefinition service) {
    return bind(service, _ -> null);
  }

  /**
   * As above.
   *
   * @param running what calls of some methods belong to while they run
   * @param work full names of those methods; calls of others are answered to the end
   */
  public static ServerServiceDefinition bind(
      ServerServiceDefinition service, RunningCalls running, Set<String> work) {
    return bind(service, name -> work.contains(name) ? running : null);
  }

  private static ServerServiceDefinition bind(
      ServerServiceDefinition service, Function<String, @Nullable RunningCalls> running) {
    List<ServerMethodDefinition<?, ?>> methods = new ArrayList<>();
    for (ServerMethodDefinition<?, ?> method : service.getMethods()) {
      methods.add(checked(method, running));
    }
    ServiceDescriptor descriptor = service.getServiceDescriptor();
    ServiceDescriptor.Builder changed =
        ServiceDescriptor.newBuilder(descriptor.getName())
            .setSchemaDescriptor(descriptor.getSchemaDescriptor());
    methods.forEach(method -> changed.addMethod(method.getMethodDescriptor()));
    ServerServiceDefinition.Builder bound = ServerServiceDefinition.builder(changed.build());
    methods.forEach(bound::addMethod);
    return bound.build();
  }

  private static <Q, R> ServerMethodDefinition<?, R> checked(
      ServerMethodDefinition<Q, R> method, Function<String, @Nullable RunningCalls> running) {
    MethodDescriptor<Q, R> descriptor = method.getMethodDescriptor();
    int limit = MessageLimits.of(descriptor.getFullMethodName());
    return CheckedRequests.of(
        method,
        TensorMarshaller.checking(descriptor.getRequestMarshaller(), limit),
        TensorMarshaller.over(descriptor.getResponseMarshaller()),
        running.apply(descriptor.getFullMethodName()));
  }

  private static <Q, R> MethodDescriptor<Q, R> direct(MethodDescriptor<Q, R> method) {
    return method.toBuilder(
            TensorMarshaller.over(method.getRequestMarshaller()),
            TensorMarshaller.over(method.getResponseMarshaller()))
        .build();
  }

  /** Makes the stubs of a channel read their messages into direct memory. */
  public static ClientInterceptor interceptor() {
    return new ClientInterceptor() {
      @Override
      public <Q, R> ClientCall<Q, R> interceptCall(
          MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
        return next.newCall(direct(method), options);
      }
    };
  }

  /** A channel to another stage, unencrypted; more may be set before it is built. */
  public static NettyChannelBuilder channel(String host, int port) {
    return channel(host, port, InsecureChannelCredentials.create());
  }

  /** A channel to another service. */
  public static NettyChannelBuilder channel(String host, int port, ChannelCredentials credentials) {
    return tune(NettyChannelBuilder.forAddress(host, port, credentials));
  }

  /**
   * A channel of which messages are only passed on, on the thread of the network: another thread
   * would cost more than that.
   *
   * @param address {@code host:port}, an IPv6 host in brackets, or {@code inprocess:NAME}
   * @param credentials of connections that leave this process
   */
  public static ManagedChannel relayChannel(String address, ChannelCredentials credentials) {
    return address.startsWith(IN_PROCESS)
        ? inProcess(address.substring(IN_PROCESS.length()))
        : tune(NettyChannelBuilder.forTarget("dns:///" + address, credentials))
            .directExecutor()
            .build();
  }

  /** A channel on an event loop that whoever made it ends after the channel. */
  public static ManagedChannel channel(
      String host, int port, ChannelCredentials credentials, NioEventLoopGroup loop) {
    return channel(host, port, credentials)
        .eventLoopGroup(loop)
        .channelType(NioSocketChannel.class)
        .build();
  }

  /** A channel to services of this process, which takes messages as they are. */
  public static ManagedChannel inProcess(String name) {
    return InProcessChannelBuilder.forName(name).intercept(CallerHeader.attaching()).build();
  }

  private static NettyChannelBuilder tune(NettyChannelBuilder channel) {
    return channel
        .intercept(interceptor(), CallerHeader.attaching())
        .flowControlWindow(FLOW_CONTROL_WINDOW)
        .maxInboundMessageSize(MAX_MESSAGE)
        .keepAliveTime(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)
        .keepAliveTimeout(KEEP_ALIVE_TIMEOUT_SECONDS, TimeUnit.SECONDS);
  }

  /**
   * Sets up the server's end, all but its services, which {@link #bind} prepares: windows, limits
   * of messages that arrive, limits of connections. Reflection is among them, within their limits.
   */
  public static NettyServerBuilder tune(NettyServerBuilder server) {
    return server
        .addStreamTracerFactory(new InboundLimits())
        .addServices(reflection())
        .maxConcurrentCallsPerConnection(ConnectionCalls.MAX)
        .maxRstFramesPerWindow(MAX_RESETS, RESETS_SECONDS)
        .maxConnectionIdle(IDLE_MINUTES, TimeUnit.MINUTES)
        .maxConnectionAge(AGE_MINUTES, TimeUnit.MINUTES)
        .maxConnectionAgeGrace(AGE_GRACE_MINUTES, TimeUnit.MINUTES)
        .flowControlWindow(FLOW_CONTROL_WINDOW)
        .maxInboundMessageSize(MAX_MESSAGE)
        .keepAliveTime(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)
        .keepAliveTimeout(KEEP_ALIVE_TIMEOUT_SECONDS, TimeUnit.SECONDS)
        // Less than the clients' interval: a server hangs up on clients that ask more often.
        .permitKeepAliveTime(KEEP_ALIVE_SECONDS / 2, TimeUnit.SECONDS);
  }

  /**
   * Encrypts a server's connections, if they are to be, and asks who may come in before every
   * method, reflection and unknown ones among them.
   */
  public static NettyServerBuilder secure(
      NettyServerBuilder server, AccessPolicy policy, MeshTls tls) {
    tls.server(policy.needsCertificates()).ifPresent(server::sslContext);
    return server
        .intercept(new AccessInterceptor(policy))
        .fallbackHandlerRegistry(new UnknownMethods());
  }

  /** What a server offers, for clients that were not built with it; also for older ones of them. */
  @SuppressWarnings("deprecation")
  private static List<ServerServiceDefinition> reflection() {
    return List.of(
        bind(ProtoReflectionServiceV1.newInstance().bindService()),
        bind(ProtoReflectionService.newInstance().bindService()));
  }
}
