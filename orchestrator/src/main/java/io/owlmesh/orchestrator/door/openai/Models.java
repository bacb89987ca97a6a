// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.owlmesh.core.ErrorCode;
import io.owlmesh.core.OwlException;
import io.owlmesh.orchestrator.mesh.MeshInfo;
import io.owlmesh.orchestrator.pipeline.MeshModel;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Names of models, and the adapter that each means: a model of the mesh by its own name, with the
 * adapter of requests that name none; {@code MODEL:ADAPTER} with another; {@code MODEL:base} with
 * none.
 */
final class Models {
  private static final String BASE = "base";

  private final List<MeshModel> models;
  private final long created;

  /**
   * @param models of the mesh
   * @param created when the mesh was first seen, seconds since 1970
   */
  Models(List<MeshModel> models, long created) {
    this.models = models;
    this.created = created;
  }

  /**
   * What a name means.
   *
   * @param adapter empty for the base model alone
   */
  record Named(MeshModel model, String adapter) {}

  /**
   * What a name means.
   *
   * @throws OwlException NOT_FOUND, field {@code model}; UNAVAILABLE, saying which stage of the
   *     model is not there
   */
  Named named(String name) {
    Optional<OwlException> nameless = Optional.empty();
    // A model that was given its name comes before the one of the settings.
    for (MeshModel model : models.reversed()) {
      try {
        String own = model.name().isEmpty() ? model.mesh().model() : model.name();
        // Adapters are asked for only where the name may mean one: that takes longer.
        String adapter = name.startsWith(own) ? adapters(model).get(name) : null;
        if (adapter != null) {
          return new Named(model, adapter);
        }
      } catch (OwlException e) {
        if (name.equals(model.name()) || name.startsWith(model.name() + ":")) {
          throw e;
        }
        nameless = model.name().isEmpty() ? Optional.of(e) : nameless;
      }
    }
    throw nameless.orElseGet(() ->
        new OwlException(
            ErrorCode.MODEL_NOT_FOUND, "model", "'%s', there are %s".formatted(name, names())));
  }

  /** Adapters by the names of a model with each. */
  private static Map<String, String> adapters(MeshModel model) {
    MeshInfo mesh = model.mesh();
    Map<String, String> adapters = new LinkedHashMap<>();
    adapters.put(mesh.model(), model.defaultAdapter());
    if (!model.defaultAdapter().isEmpty()) {
      adapters.put(mesh.model() + ":" + BASE, "");
    }
    mesh.adapters().forEach(adapter -> adapters.put(mesh.model() + ":" + adapter, adapter));
    return adapters;
  }

  private List<String> names() {
    return models.stream().flatMap(Models::names).toList();
  }

  private static Stream<String> names(MeshModel model) {
    try {
      return adapters(model).keySet().stream();
    } catch (OwlException e) {
      return Stream.of(); // It cannot be asked for now.
    }
  }

  /**
   * All that can be asked now.
   *
   * @throws OwlException UNAVAILABLE if there are none, saying why of the first
   */
  ObjectNode list() {
    ObjectNode list = JsonNodeFactory.instance.objectNode();
    list.put("object", "list");
    ArrayNode data = list.putArray("data");
    Set<String> listed = new HashSet<>();
    Optional<OwlException> why = Optional.empty();
    for (MeshModel model : models) {
      try {
        MeshInfo mesh = model.mesh();
        adapters(model).keySet().stream()
            .filter(listed::add)
            .forEach(name -> data.add(json(name, mesh)));
      } catch (OwlException e) {
        why = why.or(() -> Optional.of(e));
      }
    }
    if (data.isEmpty() && why.isPresent()) {
      throw why.get();
    }
    return list;
  }

  /**
   * One model.
   *
   * @throws OwlException as {@link #named}
   */
  ObjectNode model(String name) {
    return json(name, named(name).model().mesh());
  }

  private ObjectNode json(String name, MeshInfo mesh) {
    ObjectNode model = JsonNodeFactory.instance.objectNode();
    model.put("id", name);
    model.put("object", "model");
    model.put("created", created);
    model.put("owned_by", "owlmesh");
    model.put("family", mesh.family());
    model.put("context_length", mesh.context());
    model.put("visual_tokens", mesh.visualTokens());
    return model;
  }
}
