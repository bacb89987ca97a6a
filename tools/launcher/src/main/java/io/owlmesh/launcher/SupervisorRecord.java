// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Who watches a mesh, and what it had to do: what {@code run/supervisor.json} remembers.
 *
 * @param pid of the process that watches
 * @param started when that began, as in {@link RunningService}
 * @param services those that died at least once, by name
 */
public record SupervisorRecord(long pid, long started, Map<String, Restarts> services) {
  private static final JsonMapper JSON =
      JsonMapper.builder().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();

  public SupervisorRecord {
    services = Map.copyOf(services);
  }

  /** What is done about a service. */
  public enum State {
    /** It runs, but is not ready yet. */
    STARTING,
    /** It was ready. */
    RUNNING,
    /** It died, and will be started again. */
    WAITING,
    /** It died too often in a row. */
    GIVEN_UP,
    /** It is not wanted any more, and ends when its work is done. */
    LEAVING
  }

  /**
   * The deaths of one service.
   *
   * @param restarts since the mesh was started
   * @param deaths in a row, without a stable time between
   * @param lastEnd how it ended last, for people
   * @param dueMillis when it is started again, milliseconds of the epoch, while it waits for that
   */
  public record Restarts(State state, int restarts, int deaths, String lastEnd, long dueMillis) {}

  /** The service of that name, if it ever died. */
  public Optional<Restarts> of(String service) {
    @Nullable Restarts known = services.get(service);
    return Optional.ofNullable(known);
  }

  String toJson() throws JsonProcessingException {
    return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(this) + "\n";
  }

  static SupervisorRecord fromJson(String text) throws MeshException {
    try {
      return JSON.readValue(text, SupervisorRecord.class);
    } catch (JsonProcessingException damaged) {
      throw new MeshException("supervisor.json cannot be read: " + damaged.getOriginalMessage());
    }
  }
}
