// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.owlmesh.core.ErrorCode;
import io.owlmesh.core.OwlException;
import io.owlmesh.orchestrator.mesh.MeshInfo;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Names of models, and the adapter that each means: the mesh's model by its own name, with the
 * adapter of requests that name none; {@code MODEL:ADAPTER} with another; {@code MODEL:base} with
 * none.
 */
final class Models {
  private static final String BASE = "base";

  private final Map<String, String> adapters = new LinkedHashMap<>();
  private final MeshInfo mesh;
  private final long created;

  /**
   * @param defaultAdapter of requests that name none; empty for the base model alone
   * @param created when the mesh was first seen, seconds since 1970
   */
  Models(MeshInfo mesh, String defaultAdapter, long created) {
    this.mesh = mesh;
    this.created = created;
    adapters.put(mesh.model(), defaultAdapter);
    if (!defaultAdapter.isEmpty()) {
      adapters.put(mesh.model() + ":" + BASE, "");
    }
    mesh.adapters().forEach(adapter -> adapters.put(mesh.model() + ":" + adapter, adapter));
  }

  /**
   * The adapter that a model's name means; empty for the base model alone.
   *
   * @throws OwlException NOT_FOUND, field {@code model}
   */
  String adapter(String model) {
    String adapter = adapters.get(model);
    if (adapter == null) {
      throw new OwlException(
          ErrorCode.MODEL_NOT_FOUND,
          "model",
          "'%s', there are %s".formatted(model, adapters.keySet()));
    }
    return adapter;
  }

  ObjectNode list() {
    ObjectNode list = JsonNodeFactory.instance.objectNode();
    list.put("object", "list");
    ArrayNode data = list.putArray("data");
    adapters.keySet().forEach(model -> data.add(model(model)));
    return list;
  }

  /**
   * One model.
   *
   * @throws OwlException NOT_FOUND, field {@code model}
   */
  ObjectNode model(String name) {
    adapter(name);
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
