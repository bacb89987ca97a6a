// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.family;

import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;

/** The families that are on the class path. */
public final class ModelFamilies {
  private static final List<ModelFamily> ALL =
      ServiceLoader.load(ModelFamily.class, ModelFamilies.class.getClassLoader()).stream()
          .map(ServiceLoader.Provider::get)
          .toList();

  private ModelFamilies() {}

  /** All of them. */
  public static List<ModelFamily> all() {
    return ALL;
  }

  /**
   * The family that reads a config.json: by its {@code model_type}, or, where it has none, by its
   * {@code architectures}.
   */
  public static Optional<ModelFamily> of(Optional<String> modelType, List<String> architectures) {
    return ALL.stream().filter(f -> reads(f, modelType, architectures)).findFirst();
  }

  private static boolean reads(
      ModelFamily family, Optional<String> modelType, List<String> architectures) {
    if (modelType.isPresent()) {
      String type = modelType.get();
      return family.modelType().equals(type) || family.otherModelTypes().contains(type);
    }
    return architectures.isEmpty()
        ? family.readsUnnamed()
        : architectures.stream().anyMatch(family.architectures()::contains);
  }

  /** Every {@code model_type} that is served, sorted. */
  public static List<String> modelTypes() {
    return ALL.stream().map(ModelFamily::modelType).sorted().toList();
  }
}
