// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh.placement;

/**
 * What is to be placed.
 *
 * @param positions that there are to read, about; of pictures, how many
 * @param beginning names what the work begins with: equal ones share a cache
 */
public record Work(int positions, String beginning) {
  /** So many pictures, of which nothing else matters. */
  public static Work pictures(int count) {
    return new Work(count, "");
  }
}
