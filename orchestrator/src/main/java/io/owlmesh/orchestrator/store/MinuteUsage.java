// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

/**
 * What was asked for in a minute.
 *
 * @param subject a caller or a tenant
 * @param positions of prompts and answers
 */
public record MinuteUsage(String subject, long requests, long positions, long images)
    implements Comparable<MinuteUsage> {
  @Override
  public int compareTo(MinuteUsage other) {
    return subject.compareTo(other.subject);
  }
}
