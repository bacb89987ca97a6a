// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.pipeline;

import io.owlmesh.core.ErrorCode;
import io.owlmesh.core.OwlException;
import io.owlmesh.orchestrator.mesh.discovery.ModelPlaces;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** The models that answer, by name, as they come and go. */
final class ModelRegistry implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(ModelRegistry.class);

  /** For those that take over from a model to find its replicas before it leaves them. */
  private static final long HANDOVER_MILLIS = 500;

  private final Function<ModelPlaces, MeshModel> maker;
  private final @Nullable MeshModel own;
  private final String defaultModel;
  private final Duration drain;
  private final Set<MeshModel> leaving = ConcurrentHashMap.newKeySet();
  private volatile Map<String, MeshModel> named = Map.of();
  private boolean closed;

  /**
   * @param maker of a model, which does nothing yet
   * @param own the model that the settings tell, if they do
   * @param defaultModel the name of the model of requests that name none; of no effect beside
   *     {@code own}
   * @param drain time for answers in work in a model that is removed
   */
  ModelRegistry(
      Function<ModelPlaces, MeshModel> maker,
      @Nullable ModelPlaces own,
      String defaultModel,
      Duration drain) {
    this.maker = maker;
    this.own = own == null ? null : maker.apply(own);
    this.defaultModel = defaultModel;
    this.drain = drain;
  }

  void start() {
    if (own != null) {
      own.start(false);
    }
  }

  /** All models that there are from now on, beside that of the settings. */
  synchronized void told(Map<String, ModelPlaces> now) {
    if (closed) {
      return;
    }
    Map<String, MeshModel> next = new TreeMap<>();
    Map<String, MeshModel> before = named;
    now.forEach((name, places) -> {
      MeshModel known = before.get(name);
      if (known != null && known.places().equals(places)) {
        next.put(name, known);
        return;
      }
      try {
        next.put(name, begin(places, known != null && known.isTried()));
        LOG.infof("The model '%s' is %s", name, known == null ? "added" : "found elsewhere");
      } catch (RuntimeException e) { // One that cannot be begun holds up no other.
        LOG.warnf(
            "The model '%s' %s: %s",
            name, known == null ? "is left out" : "stays as it was", e.getMessage());
        if (known != null) {
          next.put(name, known);
        }
      }
    });
    named = Collections.unmodifiableMap(next);
    before.forEach((name, model) -> {
      if (next.get(name) != model) {
        remove(name, model, !next.containsKey(name));
      }
    });
  }

  private MeshModel begin(ModelPlaces places, boolean tried) {
    MeshModel fresh = maker.apply(places);
    try {
      fresh.start(tried);
      return fresh;
    } catch (RuntimeException e) {
      fresh.close();
      throw e;
    }
  }

  /** Its answers end, but within a time. */
  private void remove(String name, MeshModel model, boolean gone) {
    leaving.add(model);
    if (gone) {
      LOG.infof("The model '%s' is removed", name);
    }
    Thread.ofVirtual()
        .name("removal of " + name)
        .start(() -> {
          try {
            int ended = model.retire(drain);
            if (ended > 0) {
              LOG.warnf("%d answers of the removed model '%s' were ended", ended, name);
            }
            Thread.sleep(HANDOVER_MILLIS);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          } finally {
            leaving.remove(model);
            model.close();
          }
        });
  }

  /** All models by name, that of the settings first. */
  List<MeshModel> all() {
    List<MeshModel> all = new ArrayList<>();
    if (own != null) {
      all.add(own);
    }
    all.addAll(named.values());
    return all;
  }

  /** Whether requests that name no model mean this one. */
  boolean isDefault(MeshModel model) {
    return own == null ? model.places().name().equals(defaultModel) : model == own;
  }

  /**
   * A model.
   *
   * @param field where the name comes from
   * @param name empty for the one of requests that name none
   * @throws OwlException MODEL_NOT_FOUND naming those that there are; UNAVAILABLE if it is not
   *     known yet what the only one is called
   */
  MeshModel get(String field, String name) {
    if (own != null && name.isEmpty()) {
      return own;
    }
    MeshModel known = named.get(name.isEmpty() ? defaultModel : name);
    if (known != null) {
      return known;
    }
    if (own != null && nameOf(own).equals(name)) {
      return own;
    }
    throw new OwlException(
        ErrorCode.MODEL_NOT_FOUND,
        field,
        "'%s', there are %s".formatted(name.isEmpty() ? defaultModel : name, names()));
  }

  private static String nameOf(MeshModel model) {
    try {
      return model.mesh().model();
    } catch (OwlException e) {
      if (model.name().isEmpty()) {
        throw e;
      }
      return model.name();
    }
  }

  /** Names of all models, as far as they are known. */
  List<String> names() {
    return all().stream().map(MeshModel::name).filter(name -> !name.isEmpty()).toList();
  }

  @Override
  public synchronized void close() {
    closed = true;
    all().forEach(MeshModel::close);
    leaving.forEach(MeshModel::close);
  }
}
