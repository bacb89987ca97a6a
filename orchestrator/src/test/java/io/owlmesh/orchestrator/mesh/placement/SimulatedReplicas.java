// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh.placement;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;

/**
 * Users who talk about pictures with replicas that have a cache, in simulated time: the same for
 * every placement, and for every machine that runs it.
 */
final class SimulatedReplicas {
  private static final int BLOCK = 16;
  private static final int PICTURE_BLOCKS = 4;
  private static final int TURN_BLOCKS = 2;
  private static final double ANSWER_SECONDS = 0.08;
  private static final double PAUSE_SECONDS = 0.5;
  private static final double MORE_PAUSE_SECONDS = 1;
  private static final int REPEATED_PERCENT = 80;

  private final Placement placement;
  private final double rate;
  private final List<Server> servers = new ArrayList<>();
  private final List<Double> waits = new ArrayList<>();
  private long asked;
  private long hits;

  /**
   * @param rate of each replica, positions a second
   * @param cachePositions of each
   */
  SimulatedReplicas(Placement placement, int replicas, double rate, int cachePositions) {
    this.placement = placement;
    this.rate = rate;
    for (int i = 0; i < replicas; i++) {
      servers.add(new Server("replica " + i, cachePositions / BLOCK));
    }
  }

  /** One that reads a prompt at a time. */
  private static final class Server {
    private final String name;
    private final int blocks;
    private final LinkedHashMap<String, Boolean> cache = new LinkedHashMap<>(16, 0.75f, true);
    private final PriorityQueue<Double> ends = new PriorityQueue<>();
    private double freeAt;
    private final Busyness busyness = new Busyness();

    Server(String name, int blocks) {
      this.name = name;
      this.blocks = blocks;
    }

    int cached(List<String> prompt) {
      int known = 0;
      while (known < prompt.size() && cache.containsKey(prompt.get(known))) {
        known++;
      }
      return known * BLOCK;
    }

    void read(List<String> prompt) {
      for (String block : prompt) {
        cache.put(block, true);
      }
      Iterator<String> oldest = cache.keySet().iterator();
      for (int over = cache.size() - blocks; over > 0; over--) {
        oldest.next();
        oldest.remove();
      }
    }

    int outstanding(double now) {
      while (!ends.isEmpty() && ends.peek() <= now) {
        ends.remove();
      }
      return ends.size();
    }
  }

  private record Event(double at, int user, int turn) {}

  /** Lets users take turns until all have said what they had to. */
  void run(int users, int turns) {
    Random random = new Random(7);
    PriorityQueue<Event> events = new PriorityQueue<>(Comparator.comparingDouble(Event::at));
    Map<Integer, List<String>> prompts = new HashMap<>();
    int pictures = 0;
    for (int user = 0; user < users; user++) {
      events.add(new Event(pause(random), user, 0));
      prompts.put(user, new ArrayList<>());
    }
    while (!events.isEmpty()) {
      Event now = events.remove();
      boolean again = pictures > 0 && random.nextInt(100) < REPEATED_PERCENT;
      int picture = again ? random.nextInt(pictures) : pictures++;
      List<String> prompt = prompts.getOrDefault(now.user(), List.of());
      for (int i = 0; i < PICTURE_BLOCKS; i++) {
        prompt.add(prompt.hashCode() + " picture " + picture);
      }
      for (int i = 0; i < TURN_BLOCKS; i++) {
        prompt.add(prompt.hashCode() + " said by " + now.user());
      }
      double end = answer(prompt, now.at());
      if (now.turn() + 1 < turns) {
        events.add(new Event(end + pause(random), now.user(), now.turn() + 1));
      }
    }
  }

  private static double pause(Random random) {
    return PAUSE_SECONDS + MORE_PAUSE_SECONDS * random.nextDouble();
  }

  private double answer(List<String> prompt, double now) {
    List<Candidate> candidates =
        servers.stream()
            .map(server ->
                new Candidate(
                    server.name,
                    server.outstanding(now),
                    1,
                    true,
                    Math.round(Math.max(server.freeAt - now, 0) * rate),
                    rate,
                    0,
                    0,
                    server.busyness.share(now),
                    server.cached(prompt)))
            .toList();
    Work work = new Work(prompt.size() * BLOCK, prompt.getFirst());
    Server chosen = servers.get(placement.choose(candidates, work).index());
    int cached = chosen.cached(prompt);
    double seconds = (work.positions() - cached) / rate;
    chosen.busyness.add(now, seconds);
    chosen.read(prompt);
    chosen.freeAt = Math.max(chosen.freeAt, now) + seconds;
    waits.add(chosen.freeAt - now);
    asked += work.positions();
    hits += cached;
    double end = chosen.freeAt + ANSWER_SECONDS;
    chosen.ends.add(end);
    return end;
  }

  /** Of all positions that were asked, the share that was cached, 0 to 1. */
  double hitShare() {
    return (double) hits / asked;
  }

  /** Seconds to the first token, of which a share were no longer. */
  double wait(double share) {
    List<Double> sorted = waits.stream().sorted().toList();
    return sorted.get((int) (share * (sorted.size() - 1)));
  }
}
