// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.checkpoint;

import io.owlmesh.model.json.Problems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Finds the folder of a vision tower that a checkpoint names but does not hold. */
final class TowerFolder {
  private static final String NAME = "[A-Za-z0-9_][A-Za-z0-9_.-]*";

  private TowerFolder() {}

  /**
   * The folder: of the name that config.json gives, within the checkpoint or beside it. Names of
   * hubs and paths of other machines end in the name of a folder, which is looked for, too; nothing
   * else of the machine can be named.
   *
   * @return empty, with a problem, if it is not there
   */
  static Optional<Path> find(Path checkpoint, String named, Problems problems) {
    String last = named.substring(named.lastIndexOf('/') + 1);
    Path folder = checkpoint.toAbsolutePath().normalize();
    if (!last.matches(NAME)) {
      problems.add("config.json", "'" + named + "' is not the name of a folder of a vision tower");
      return Optional.empty();
    }
    List<Path> places =
        Stream.concat(
                named.matches(NAME + "(/" + NAME + ")*")
                    ? Stream.of(folder.resolve(named))
                    : Stream.empty(),
                Stream.of(folder.resolve(last), folder.resolveSibling(last)))
            .distinct()
            .filter(place -> !place.equals(folder))
            .toList();
    Optional<Path> found = places.stream().filter(Files::isDirectory).findFirst();
    if (found.isEmpty()) {
      problems.add(
          "config.json",
          "the vision tower is not among the weights but in '%s'; put that folder at %s"
              .formatted(named, String.join(" or ", places.stream().map(Path::toString).toList())));
    }
    return found;
  }
}
