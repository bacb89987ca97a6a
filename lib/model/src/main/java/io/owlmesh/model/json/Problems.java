// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.json;

import io.owlmesh.core.OwlException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Collects problems, so that a person can mend them all at once. */
public final class Problems {
  /** Of more than these nobody reads the rest. */
  public static final int SHOWN = 100;

  private final List<Problem> found = new ArrayList<>();

  public void add(String where, String message) {
    found.add(new Problem(where, message));
  }

  public void add(OwlException e) {
    add(e.field(), e.sentence());
  }

  public void addAll(List<Problem> more) {
    found.addAll(more);
  }

  public boolean isEmpty() {
    return found.isEmpty();
  }

  public int size() {
    return found.size();
  }

  public List<Problem> list() {
    return List.copyOf(found);
  }

  /**
   * Throws if anything was found.
   *
   * @param where names the checkpoint or adapter as a whole
   * @throws OwlException BAD_CHECKPOINT listing the problems, the first 100 of them
   */
  public void throwIfAny(String where) {
    if (found.size() == 1) {
      throw OwlException.badCheckpoint(found.getFirst().where(), found.getFirst().message());
    }
    if (!found.isEmpty()) {
      throw OwlException.badCheckpoint(
          where,
          found.size()
              + " problems: "
              + found.stream().limit(SHOWN).map(Problem::toString).collect(Collectors.joining("; "))
              + more(found.size(), "; "));
    }
  }

  /** What to write behind the first ones of so many problems. */
  public static String more(int count, String separator) {
    return count > SHOWN ? "%sand %d more".formatted(separator, count - SHOWN) : "";
  }
}
