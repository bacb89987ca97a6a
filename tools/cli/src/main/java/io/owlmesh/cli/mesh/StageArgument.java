// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.mesh;

import io.owlmesh.launcher.Replicas;
import io.owlmesh.proto.mesh.v1.Stage;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A stage by its name. */
final class StageArgument implements ITypeConverter<Stage> {
  private static final String PREFIX = "STAGE_";

  @Override
  public Stage convert(String name) {
    if (!Replicas.STAGES.contains(name)) {
      throw new TypeConversionException(
          "there is no stage '%s'; there are %s"
              .formatted(name, String.join(", ", Replicas.STAGES)));
    }
    return Stage.valueOf(PREFIX + name.toUpperCase(Locale.ROOT));
  }

  static String name(Stage stage) {
    return stage.name().substring(PREFIX.length()).toLowerCase(Locale.ROOT);
  }
}
