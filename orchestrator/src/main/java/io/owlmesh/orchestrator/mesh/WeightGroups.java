// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh;

import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.orchestrator.mesh.MeshInfo.WeightDigests;
import io.owlmesh.proto.llm.v1.Model;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Which replicas go together: those of all stages that serve one checkpoint are a group. One group
 * is in use, another may have the canary's share, and no request is in two.
 */
public final class WeightGroups {
  private static final Logger LOG = Logger.getLogger(WeightGroups.class);

  private static final int MAX_REASON = 250;

  private final Map<StageKind, ReplicaSet> stages;
  private final String model;
  private @Nullable WeightDigests inUse;
  private @Nullable WeightDigests preferred;
  private int percent;
  private String ended = "";
  private CanaryTrial trial = new CanaryTrial();

  /**
   * @param model what it is called; empty for what its language model says
   */
  WeightGroups(Map<StageKind, ReplicaSet> stages, String model) {
    this.stages = Map.copyOf(stages);
    this.model = model;
  }

  /**
   * What is in use.
   *
   * @throws OwlException UNAVAILABLE or OTHER_WEIGHTS, saying which stage
   */
  public synchronized MeshInfo inUse() {
    Map<WeightDigests, Long> whole = whole();
    if (preferred != null && !preferred.equals(inUse) && whole.containsKey(preferred)) {
      use(preferred);
    }
    WeightDigests before = inUse;
    if (before == null || !whole.containsKey(before)) {
      WeightDigests next =
          whole.entrySet().stream()
              .max(Map.Entry.comparingByValue())
              .map(Map.Entry::getKey)
              .orElseThrow(this::incomplete);
      percent = before == null ? percent : 0; // There is nothing else to share with.
      use(next);
      return info(next);
    }
    if (percent == 100) {
      other(whole, before)
          .ifPresent(next -> {
            use(next);
            percent = 0;
            preferred = next;
          });
    }
    WeightDigests now = inUse;
    return info(now == null ? before : now);
  }

  /** The weights in use; nothing if there were none yet. */
  public synchronized Optional<WeightDigests> known() {
    return Optional.ofNullable(inUse);
  }

  private void use(WeightDigests next) {
    if (inUse != null) {
      LOG.infof("The language model's weights in use are now %s", next.language());
      trial = new CanaryTrial();
    }
    inUse = next;
  }

  /**
   * What a turn is answered with: for the same session the same, while the share stays.
   *
   * @param session empty if there is none
   * @throws OwlException as {@link #inUse}
   */
  public synchronized MeshInfo choose(String session) {
    MeshInfo usual = inUse();
    if (percent == 0) {
      return usual;
    }
    int lot =
        session.isEmpty()
            ? ThreadLocalRandom.current().nextInt(100)
            : Math.floorMod(session.hashCode() * 0x9E3779B9, 100);
    if (lot >= percent) {
      return usual;
    }
    try {
      return onTrial().orElse(usual);
    } catch (OwlException gone) {
      return usual; // Its last replica went this moment.
    }
  }

  /**
   * The weights that are tried, whatever their share.
   *
   * @throws OwlException CONFLICT if there are none; else as {@link #inUse}
   */
  public synchronized MeshInfo tried() {
    var _ = inUse();
    return onTrial()
        .orElseThrow(() ->
            new OwlException(
                Fault.CONFLICT, "weights", "no stage has weights beside those in use"));
  }

  private Optional<MeshInfo> onTrial() {
    Optional<WeightDigests> next = canary();
    next.ifPresent(trial::of);
    return next.map(this::info);
  }

  /** Weights that get the canary's share, if there are any besides those in use. */
  public synchronized Optional<WeightDigests> canary() {
    WeightDigests usual = inUse;
    return usual == null ? Optional.empty() : other(whole(), usual);
  }

  private Optional<WeightDigests> other(Map<WeightDigests, Long> whole, WeightDigests usual) {
    return whole.entrySet().stream()
        .filter(group -> !group.getKey().equals(usual))
        .filter(group -> isLaidOutAlike(group.getKey(), usual))
        .max(Comparator.comparingLong(Map.Entry::getValue))
        .map(Map.Entry::getKey);
  }

  /** Dialogues are laid out, and cut to the context, before a group is chosen. */
  private boolean isLaidOutAlike(WeightDigests one, WeightDigests other) {
    MeshInfo a = info(one);
    MeshInfo b = info(other);
    return a.template().name().equals(b.template().name())
        && a.visualTokens() == b.visualTokens()
        && a.context() == b.context();
  }

  /**
   * Sets the canary's share of new work. At 100 its weights become those in use.
   *
   * @param why it is 0, if somebody found them worse; else empty
   */
  public synchronized void setCanary(int share, String why) {
    if (share < 0 || share > 100) {
      throw OwlException.badInput("percent", share + ", it must be from 0 to 100");
    }
    if (!why.isEmpty() && (share > 0 || why.length() > MAX_REASON)) {
      throw OwlException.badInput(
          "ended",
          share > 0
              ? "goes with a percent of 0"
              : "%d characters, at most %d are kept".formatted(why.length(), MAX_REASON));
    }
    percent = share;
    ended = why;
    preferred = inUse;
    trial = new CanaryTrial();
  }

  /**
   * What operators set, and what followed from it.
   *
   * @param ended why the canary was ended by itself; empty if it was not
   * @param inUse weights to be used where they are whole; nothing if nobody said
   */
  public record Shares(int percent, String ended, Optional<WeightDigests> inUse) {}

  public synchronized Shares shares() {
    return new Shares(percent, ended, Optional.ofNullable(preferred));
  }

  /** Takes over what was set at another orchestrator. */
  public synchronized void adopt(Shares set) {
    if (set.percent() != percent) {
      trial = new CanaryTrial();
    }
    percent = set.percent();
    ended = set.ended();
    preferred = set.inUse().orElse(null);
  }

  public synchronized int canaryPercent() {
    return percent;
  }

  /** Why the canary was ended by itself; empty if it was not. */
  public synchronized String canaryEnded() {
    return ended;
  }

  /** An answer ended; whoever asked, or what was asked, is no failure of the weights. */
  public synchronized void ended(WeightDigests weights, boolean failed) {
    if (percent == 0 || inUse == null) {
      return;
    }
    trial
        .ended(weights, weights.equals(inUse), failed)
        .ifPresent(why -> {
          LOG.warnf("The canary is ended: %s", why);
          ended = why;
          percent = 0;
        });
  }

  /** Weights of which every stage has a replica, with how many the language model has. */
  private Map<WeightDigests, Long> whole() {
    Map<WeightDigests, Long> groups = new LinkedHashMap<>();
    there(StageKind.LLM).forEach(told -> groups.merge(told.digests(), 1L, Long::sum));
    groups
        .keySet()
        .removeIf(weights -> !stages.values().stream().allMatch(stage -> stage.isThere(weights)));
    return groups;
  }

  private Stream<StageDescription> there(StageKind stage) {
    return set(stage).replicas().stream()
        .filter(Replica::isThere)
        .flatMap(replica -> replica.description().stream());
  }

  private ReplicaSet set(StageKind stage) {
    ReplicaSet set = stages.get(stage);
    if (set == null) {
      throw new IllegalStateException("no " + stage);
    }
    return set;
  }

  private MeshInfo info(WeightDigests weights) {
    List<Replica> models =
        set(StageKind.LLM).replicas().stream().filter(one -> one.isThere(weights)).toList();
    Model language =
        models.stream()
            .flatMap(replica -> replica.description().stream())
            .flatMap(told -> Stream.ofNullable(told.model()))
            .findFirst()
            .orElseThrow(this::incomplete);
    boolean readsQuestion =
        set(StageKind.ABSTRACTOR).replicas().stream()
            .filter(one -> one.isThere(weights))
            .flatMap(replica -> replica.description().stream())
            .anyMatch(StageDescription::readsQuestion);
    return MeshInfo.of(
        model.isEmpty() ? language.getName() : model,
        language,
        readsQuestion,
        models.stream()
            .flatMap(replica -> replica.adapters().stream())
            .distinct()
            .sorted()
            .toList());
  }

  private OwlException incomplete() {
    for (StageKind stage : StageKind.values()) {
      if (there(stage).findAny().isEmpty()) {
        return set(stage).unavailable();
      }
    }
    WeightDigests vision = there(StageKind.VISION).findFirst().orElseThrow().digests();
    WeightDigests abstractor = there(StageKind.ABSTRACTOR).findFirst().orElseThrow().digests();
    WeightDigests llm = there(StageKind.LLM).findFirst().orElseThrow().digests();
    if (!vision.vision().equals(abstractor.vision())) {
      return differ("vision", vision.vision(), "abstractor", abstractor.vision());
    }
    return vision.vision().equals(llm.vision())
        ? differ("abstractor", abstractor.abstractor(), "llm", llm.abstractor())
        : differ("vision", vision.vision(), "llm", llm.vision());
  }

  private OwlException differ(String maker, String made, String reader, String expected) {
    return new OwlException(
        Fault.OTHER_WEIGHTS,
        "",
        "the stages%s serve different checkpoints: %s runs weights %s, but %s expects %s"
            .formatted(
                model.isEmpty() ? "" : " of model '" + model + "'", maker, made, reader, expected));
  }
}
