// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * How the services of a mesh were started, so that another process starts them the same way: what
 * {@code run/plan.json} remembers. Variables that hold secrets are remembered by name alone.
 */
final class PlanFile {
  /** Variables that services heed and inherit from whoever starts them. */
  private static final Pattern HEEDED =
      Pattern.compile("(OWL|OTEL|QUARKUS|OMP|MKL|DJL|PYTORCH|JAVA|JDK)_.*");

  private static final Pattern SECRET =
      Pattern.compile(".*(PASSWORD|SECRET|TOKEN(?!S)|KEY(?!S)|HEADERS).*");
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private PlanFile() {}

  static String toJson(MeshPlan plan, Map<String, String> inherited) {
    ObjectNode root = JSON.createObjectNode();
    root.put("mode", plan.mode())
        .put("checkpoint", plan.checkpoint().toString())
        .put("host", plan.host());
    plan.tls().ifPresent(folder -> root.put("tls", folder.toString()));
    TreeSet<String> secrets = new TreeSet<>();
    for (ServicePlan service : plan.services()) {
      ObjectNode entry = root.withArray("services").addObject();
      entry.put("name", service.name()).put("port", service.port());
      service.httpPort().ifPresent(port -> entry.put("httpPort", port));
      service.command().forEach(entry.withArray("command")::add);
      Map<String, String> all = new TreeMap<>(inherited);
      all.keySet().removeIf(name -> !HEEDED.matcher(name).matches());
      all.putAll(service.environment());
      ObjectNode environment = entry.putObject("environment");
      all.forEach((name, value) -> {
        if (SECRET.matcher(name).matches()) {
          secrets.add(name);
        } else {
          environment.put(name, value);
        }
      });
    }
    secrets.forEach(root.putArray("secrets")::add);
    return root.toPrettyString() + "\n";
  }

  /**
   * Checks that this process can give services the secrets that they were started with.
   *
   * @param present its environment
   * @throws MeshException naming the one that it has not
   */
  static void requireSecrets(String text, Map<String, String> present) throws MeshException {
    try {
      for (JsonNode secret : JSON.readTree(text).required("secrets")) {
        if (!present.containsKey(secret.asText())) {
          throw new MeshException(
              "%s was set when the mesh was started, and is not kept. Set it again, or ./owl down."
                  .formatted(secret.asText()));
        }
      }
    } catch (JsonProcessingException | IllegalArgumentException damaged) {
      throw new MeshException("plan.json cannot be read: " + damaged.getMessage());
    }
  }

  /**
   * The plan as it was, without its secrets.
   *
   * @throws MeshException if the file is damaged
   */
  static MeshPlan fromJson(String text) throws MeshException {
    try {
      JsonNode root = JSON.readTree(text);
      List<ServicePlan> services = new ArrayList<>();
      root.required("services").forEach(entry -> services.add(service(entry)));
      return new MeshPlan(
          root.required("mode").asText(),
          Path.of(root.required("checkpoint").asText()),
          root.required("host").asText(),
          tls(root),
          services);
    } catch (JsonProcessingException | IllegalArgumentException damaged) {
      throw new MeshException("plan.json cannot be read: " + damaged.getMessage());
    }
  }

  static Optional<Path> tls(JsonNode root) {
    return root.path("tls").isTextual()
        ? Optional.of(Path.of(root.path("tls").textValue()))
        : Optional.empty();
  }

  private static ServicePlan service(JsonNode entry) {
    List<String> command = new ArrayList<>();
    entry.required("command").forEach(word -> command.add(word.asText()));
    Map<String, String> environment = new TreeMap<>();
    entry
        .required("environment")
        .properties()
        .forEach(variable -> environment.put(variable.getKey(), variable.getValue().asText()));
    JsonNode http = entry.path("httpPort");
    return new ServicePlan(
        entry.required("name").asText(),
        command,
        entry.required("port").asInt(),
        http.isInt() ? OptionalInt.of(http.asInt()) : OptionalInt.empty(),
        environment);
  }
}
