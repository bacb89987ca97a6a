// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.wire.identity;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.core.identity.Role;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The caller of a front door as a call to a stage carries it: {@code TENANT/ID/ROLE,ROLE}, percent
 * encoded. Only a stage reads it, and only from a service that may speak for others.
 */
public final class CallerHeader {
  /** Its name. */
  public static final Metadata.Key<String> KEY =
      Metadata.Key.of("owl-caller", Metadata.ASCII_STRING_MARSHALLER);

  // A tenant of 64 characters, and a name of 259 that are up to 9 each.
  private static final int MAX_LENGTH = 4096;

  private CallerHeader() {}

  /** Makes the calls of a channel carry the caller of their context. */
  public static ClientInterceptor attaching() {
    return new ClientInterceptor() {
      @Override
      public <Q, R> ClientCall<Q, R> interceptCall(
          MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
        Caller caller = Caller.current();
        ClientCall<Q, R> call = next.newCall(method, options);
        return caller == null
            ? call
            : new SimpleForwardingClientCall<>(call) {
              @Override
              public void start(Listener<R> listener, Metadata headers) {
                headers.put(KEY, text(caller));
                super.start(listener, headers);
              }
            };
      }
    };
  }

  /** Believes what calls carry: for servers that only their own process reaches. */
  public static ServerInterceptor believing() {
    return new ServerInterceptor() {
      @Override
      public <Q, R> ServerCall.Listener<Q> interceptCall(
          ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        Context context = of(headers).map(Caller::context).orElseGet(Context::current);
        return Contexts.interceptCall(context, call, headers, next);
      }
    };
  }

  static String text(Caller caller) {
    String roles = caller.roles().stream().map(Role::label).collect(Collectors.joining(","));
    return encoded(caller.tenant()) + "/" + encoded(caller.id()) + "/" + roles;
  }

  private static String encoded(String part) {
    return URLEncoder.encode(part, StandardCharsets.UTF_8);
  }

  /**
   * The caller that a call carries; empty if it carries none.
   *
   * @throws OwlException UNAUTHENTICATED if it is malformed
   */
  public static Optional<Caller> of(Metadata headers) {
    String text = headers.get(KEY);
    if (text == null) {
      return Optional.empty();
    }
    String[] parts = text.split("/", -1);
    if (text.length() > MAX_LENGTH || parts.length != 3) {
      throw malformed();
    }
    Set<Role> roles = EnumSet.noneOf(Role.class);
    for (String role : parts[2].isEmpty() ? new String[0] : parts[2].split(",", -1)) {
      roles.add(Role.of(role).orElseThrow(CallerHeader::malformed));
    }
    try {
      return Optional.of(new Caller(decoded(parts[1]), decoded(parts[0]), roles));
    } catch (IllegalArgumentException e) {
      throw malformed();
    }
  }

  private static String decoded(String part) {
    return URLDecoder.decode(part, StandardCharsets.UTF_8);
  }

  private static OwlException malformed() {
    return new OwlException(Fault.UNAUTHENTICATED, "", "the caller's identity is malformed");
  }
}
