// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.owlmesh.client.Address;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;

/**
 * A mesh that was started: what {@code run/mesh.json} remembers.
 *
 * @param tls folder with a subfolder of certificates a service; empty for plain connections
 * @param services the front door first
 * @param readyMillis how long each service took from its start until it was ready, by its name;
 *     empty while they start
 */
public record MeshRecord(
    String mode,
    Path checkpoint,
    String host,
    Optional<Path> tls,
    List<RunningService> services,
    Map<String, Long> readyMillis) {
  private static final int USUAL_WIDTH = 13;
  private static final JsonMapper JSON = JsonMapper.builder().build();

  public MeshRecord {
    services = List.copyOf(services);
    readyMillis = Map.copyOf(readyMillis);
  }

  MeshRecord ready(Map<String, Long> millis) {
    return new MeshRecord(mode, checkpoint, host, tls, services, millis);
  }

  /** The same with another process in place of the one of its name, or beside the others. */
  MeshRecord with(RunningService newer) {
    List<RunningService> all = new ArrayList<>(services);
    int old = all.stream().map(RunningService::name).toList().indexOf(newer.name());
    if (old < 0) {
      all.add(newer);
    } else {
      all.set(old, newer);
    }
    return new MeshRecord(mode, checkpoint, host, tls, all, readyMillis);
  }

  /** The same without the service of that name. */
  MeshRecord without(String name) {
    return new MeshRecord(
        mode,
        checkpoint,
        host,
        tls,
        services.stream().filter(one -> !one.name().equals(name)).toList(),
        readyMillis);
  }

  /** The replicas of a role that were started. */
  public List<RunningService> replicas(String role) {
    return services.stream().filter(one -> Replicas.roleOf(one.name()).equals(role)).toList();
  }

  /** The services of a model beside the one that the mesh was started with. */
  public List<RunningService> ofModel(String model) {
    return services.stream()
        .filter(one -> Replicas.modelOf(Replicas.roleOf(one.name())).equals(model))
        .toList();
  }

  /** Its name, as wide as the longest one or the usual width. */
  public String column(RunningService service) {
    int width = services.stream().mapToInt(one -> one.name().length()).max().orElse(0);
    return String.format(Locale.ROOT, "%-" + Math.max(width, USUAL_WIDTH) + "s", service.name());
  }

  /** The service of that name, which must be one of these. */
  RunningService service(String name) {
    return services.stream().filter(one -> one.name().equals(name)).findFirst().orElseThrow();
  }

  /** Whether this is about the same processes. */
  boolean isSame(MeshRecord other) {
    return services.equals(other.services);
  }

  /** Where clients on this machine reach the mesh. */
  public Address frontDoor() {
    return address(services.getFirst());
  }

  /** An address to connect to: that of all interfaces is only one to listen on. */
  public Address address(RunningService service) {
    return new Address(
        near(), service.port(), tls.map(folder -> folder.resolve(LocalAuthority.OPERATOR)));
  }

  /** Where a stage answers; one process alone answers for all of them. */
  public Address addressOf(String stage) {
    return services.stream()
        .filter(one -> one.name().equals(stage))
        .findFirst()
        .map(this::address)
        .orElse(frontDoor());
  }

  /** Where a browser on this machine finds the page; empty if the front door has no HTTP. */
  public Optional<String> page() {
    OptionalInt port = services.getFirst().httpPort();
    return port.isPresent()
        ? Optional.of(
            "%s://%s/"
                .formatted(
                    tls.isPresent() ? "https" : "http", new Address(near(), port.getAsInt())))
        : Optional.empty();
  }

  private String near() {
    return host.equals("0.0.0.0") ? "127.0.0.1" : host;
  }

  public List<RunningService> alive() {
    return services.stream().filter(RunningService::alive).toList();
  }

  String toJson() {
    ObjectNode root = JSON.createObjectNode();
    root.put("mode", mode).put("checkpoint", checkpoint.toString()).put("host", host);
    tls.ifPresent(folder -> root.put("tls", folder.toString()));
    ArrayNode list = root.putArray("services");
    for (RunningService service : services) {
      ObjectNode entry =
          list.addObject()
              .put("name", service.name())
              .put("pid", service.pid())
              .put("started", service.started())
              .put("port", service.port());
      service.httpPort().ifPresent(port -> entry.put("httpPort", port));
      entry
          .put("log", service.log().toString())
          .put("readyMillis", readyMillis.get(service.name()));
    }
    return root.toPrettyString() + "\n";
  }

  static MeshRecord fromJson(String text) throws MeshException {
    try {
      JsonNode root = JSON.readTree(text);
      List<RunningService> services = new ArrayList<>();
      Map<String, Long> readyMillis = new TreeMap<>();
      for (JsonNode service : root.required("services")) {
        if (service.path("readyMillis").isNumber()) {
          readyMillis.put(
              service.required("name").asText(), service.required("readyMillis").asLong());
        }
        services.add(
            new RunningService(
                service.required("name").asText(),
                service.required("pid").asLong(),
                service.required("started").asLong(),
                service.required("port").asInt(),
                httpPort(service.path("httpPort")),
                Path.of(service.required("log").asText())));
      }
      return new MeshRecord(
          root.required("mode").asText(),
          Path.of(root.required("checkpoint").asText()),
          root.required("host").asText(),
          PlanFile.tls(root),
          services,
          readyMillis);
    } catch (JsonProcessingException | IllegalArgumentException damaged) {
      throw new MeshException("mesh.json cannot be read: " + damaged.getMessage());
    }
  }

  private static OptionalInt httpPort(JsonNode port) {
    return port.isInt() ? OptionalInt.of(port.asInt()) : OptionalInt.empty();
  }
}
