// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServiceDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.stub.ClientCalls;
import io.owlmesh.proto.abstractor.v1.VisualAbstractorGrpc;
import io.owlmesh.proto.admin.v1.AdminGrpc;
import io.owlmesh.proto.chat.v1.ChatGrpc;
import io.owlmesh.proto.inference.GRPCInferenceServiceGrpc;
import io.owlmesh.proto.llm.v1.LanguageModelGrpc;
import io.owlmesh.proto.mesh.v1.MeshGrpc;
import io.owlmesh.proto.vision.v1.VisionEncoderGrpc;
import io.owlmesh.wire.RawMethod;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** All that there is to be asked for at the ports of a mesh, and some that there is not. */
final class AllDoors {
  private static final Pattern RULES = Pattern.compile("rules\\(Access\\.(\\w+),([^)]*)\\)");
  private static final Pattern ROUTE = Pattern.compile("\"([A-Z]+ /[^\"]*)\"");
  private static final Path HTTP_ACCESS =
      Processes.ROOT.resolve(
          "orchestrator/src/main/java/io/owlmesh/orchestrator/door/http/HttpAccess.java");

  private AllDoors() {}

  /** Calls a method with an empty message, whatever it takes. */
  static Status call(Channel channel, String method) {
    try {
      ClientCalls.blockingUnaryCall(
          channel,
          RawMethod.of(method, MethodType.UNARY),
          CallOptions.DEFAULT.withDeadlineAfter(20, TimeUnit.SECONDS),
          new byte[0]);
      return Status.OK;
    } catch (StatusRuntimeException e) {
      return e.getStatus();
    }
  }

  /** Of every service. */
  @SuppressWarnings("deprecation") // It is served, too.
  static List<String> methods() {
    List<String> methods =
        new ArrayList<>(List.of("owlmesh.chat.v1.Chat/Nothing", "a.Service/Nothing"));
    Stream.of(
            VisionEncoderGrpc.getServiceDescriptor(),
            VisualAbstractorGrpc.getServiceDescriptor(),
            LanguageModelGrpc.getServiceDescriptor(),
            GRPCInferenceServiceGrpc.getServiceDescriptor(),
            ChatGrpc.getServiceDescriptor(),
            MeshGrpc.getServiceDescriptor(),
            AdminGrpc.getServiceDescriptor(),
            ServerReflectionGrpc.getServiceDescriptor(),
            io.grpc.reflection.v1alpha.ServerReflectionGrpc.getServiceDescriptor())
        .map(ServiceDescriptor::getMethods)
        .flatMap(some -> some.stream().map(MethodDescriptor::getFullMethodName))
        .forEach(methods::add);
    return methods;
  }

  /** Routes that need a credential, with a value for each name. */
  static List<String> routes() throws Exception {
    List<String> routes = new ArrayList<>(List.of("GET /nothing", "POST /v1/nothing"));
    Matcher rules = RULES.matcher(Files.readString(HTTP_ACCESS));
    while (rules.find()) {
      if (!rules.group(1).equals("ANYBODY")) {
        ROUTE
            .matcher(rules.group(2))
            .results()
            .forEach(route -> routes.add(route.group(1).replaceAll(":[a-z0-9]+", "x")));
      }
    }
    return routes;
  }
}
