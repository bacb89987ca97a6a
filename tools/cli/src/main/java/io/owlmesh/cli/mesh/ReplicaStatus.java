// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.mesh;

import io.owlmesh.proto.mesh.v1.Replica;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One replica as {@code status} shows it, and as the orchestrator sees it.
 *
 * @param waiting requests or pictures that wait there; absent if not known
 * @param running those in work there; absent if not known
 * @param outstanding calls of this orchestrator that are in it
 * @param hitPercent of positions of prompts sent to it, those that its cache held
 * @param reason why it takes no work; empty while it does
 * @param models that it works for
 */
record ReplicaStatus(
    String stage,
    String address,
    String condition,
    @Nullable Integer waiting,
    @Nullable Integer running,
    int outstanding,
    double hitPercent,
    String digest,
    boolean canary,
    String reason,
    List<String> models) {
  private static final String PREFIX = "CONDITION_";
  private static final int DIGEST_SHOWN = 12;

  private static final List<String> HEADING =
      List.of(
          "STAGE",
          "ADDRESS",
          "STATE",
          "WAITING",
          "RUNNING",
          "OUTSTANDING",
          "HITS",
          "DIGEST",
          "REASON");

  static ReplicaStatus of(Replica replica) {
    return new ReplicaStatus(
        StageArgument.name(replica.getStage()),
        replica.getAddress(),
        condition(replica),
        replica.hasLoad() ? replica.getLoad().getWaiting() : null,
        replica.hasLoad() ? replica.getLoad().getRunning() : null,
        replica.getOutstanding(),
        replica.getPrefixHitPercent(),
        replica.getDigest(),
        replica.getCanary(),
        replica.getReason(),
        List.copyOf(replica.getModelsList()));
  }

  /**
   * What the columns are.
   *
   * @param several whether they tell models, too
   */
  static List<String> heading(boolean several) {
    return several ? with("MODELS", HEADING) : HEADING;
  }

  private static List<String> with(String first, List<String> others) {
    List<String> all = new ArrayList<>(others);
    all.addFirst(first);
    return all;
  }

  private static String condition(Replica replica) {
    return replica
        .getCondition()
        .name()
        .substring(PREFIX.length())
        .toLowerCase(Locale.ROOT)
        .replace('_', ' ');
  }

  /**
   * A row of the table.
   *
   * @param several whether it tells models, too
   */
  List<String> cells(boolean several) {
    return several ? with(models.isEmpty() ? "-" : String.join(",", models), cells()) : cells();
  }

  private List<String> cells() {
    return List.of(
        stage,
        address,
        canary ? condition + " (canary)" : condition,
        waiting == null ? "-" : waiting.toString(),
        running == null ? "-" : running.toString(),
        Integer.toString(outstanding),
        stage.equals(LanguageModelFlag.SERVICE)
            ? String.format(Locale.ROOT, "%.0f %%", hitPercent)
            : "-",
        digest.isEmpty() ? "-" : digest.substring(0, Math.min(DIGEST_SHOWN, digest.length())),
        reason);
  }
}
