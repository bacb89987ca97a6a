// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.core;

/** Everything that can go wrong, as a closed list: each service translates it once, at its edge. */
public enum Fault {
  /** The request itself is wrong: a field is malformed, out of range or too large. */
  BAD_INPUT,
  /** Nobody knows who asks: no credential, or one that is wrong or expired. */
  UNAUTHENTICATED,
  /** The caller is known, and may not do this. */
  FORBIDDEN,
  /** A named thing (adapter, model, session) does not exist. */
  NOT_FOUND,
  /** What is asked cannot be done in the state that things are in; the caller can change it. */
  CONFLICT,
  /** A tensor was made by other weights than the ones loaded here. */
  OTHER_WEIGHTS,
  /** A checkpoint or adapter on disk is incomplete, inconsistent or unsafe. */
  BAD_CHECKPOINT,
  /** No room now; try again later. */
  SATURATED,
  /** The caller's deadline passed, or cannot be met. */
  TOO_LATE,
  /** The caller went away. */
  CANCELLED,
  /** The server is stopping or not ready. */
  UNAVAILABLE,
  /** A defect of ours. */
  INTERNAL
}
