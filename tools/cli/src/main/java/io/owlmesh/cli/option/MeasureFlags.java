// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.option;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** What all commands that measure have in common. */
public final class MeasureFlags {
  @Option(names = "--json", paramLabel = "FILE", description = "Write all numbers there, too.")
  private @Nullable Path json;

  /** Writes what was measured, if somebody wants that. */
  public void write(Object numbers) throws IOException {
    if (json != null) {
      JsonMapper.builder()
          .build()
          .writerWithDefaultPrettyPrinter()
          .writeValue(json.toFile(), numbers);
    }
  }

  public static void requireAtLeast(CommandLine line, String option, int value, int least) {
    if (value < least) {
      throw new ParameterException(line, "%s must be at least %d".formatted(option, least));
    }
  }
}
