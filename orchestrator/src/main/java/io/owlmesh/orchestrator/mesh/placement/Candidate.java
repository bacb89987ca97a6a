// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh.placement;

/**
 * A replica that could take a piece of work, as it is at this moment.
 *
 * @param outstanding calls or pictures of ours that are in it
 * @param warmth share of full work that it is given, above 0 to 1
 * @param known whether it told of its load lately
 * @param waiting positions that it has to read first, as it told and as we sent since
 * @param rate positions that it reads in a second; 0 if not known
 * @param idleSeconds since it last had work; what it told of its rate is as old
 * @param queueSeconds until one of its places is free
 * @param utilization share of its time, 0 to 1, that it was busy lately with what it had to read
 * @param cached of this prompt, positions in its cache
 */
public record Candidate(
    String address,
    int outstanding,
    double warmth,
    boolean known,
    long waiting,
    double rate,
    double idleSeconds,
    double queueSeconds,
    double utilization,
    int cached) {
  /** A replica of which only our own calls are known. */
  public static Candidate unreported(String address, int outstanding, double warmth) {
    return new Candidate(address, outstanding, warmth, false, 0, 0, 0, 0, 0, 0);
  }

  /** How full it would be with one more. */
  double fullness() {
    return (outstanding + 1) / warmth;
  }
}
