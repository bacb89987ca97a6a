// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.wire.identity;

import io.grpc.Attributes;
import io.grpc.Metadata;
import java.util.concurrent.CompletionStage;

/** Who may come in at a server's gRPC port. */
public interface AccessPolicy {
  /**
   * Lets a call in, or not; called before every method on a thread that must not wait.
   *
   * @param needed by the method
   * @param connection what is known of the other end
   * @return who calls; or fails with an {@code OwlException} UNAUTHENTICATED or FORBIDDEN
   */
  CompletionStage<Caller> admit(Access needed, Metadata headers, Attributes connection);

  /**
   * A call of somebody who was let in begins.
   *
   * @param method {@code package.Service/Method}; empty for one that nobody has
   * @throws io.owlmesh.core.OwlException SATURATED if this caller has too many
   */
  default OngoingCall enter(Caller caller, String method) {
    return OngoingCall.PLAIN;
  }

  /** Whether every client must show a certificate, where connections are encrypted. */
  boolean needsCertificates();

  /**
   * Nothing happens if a server may listen beyond this machine.
   *
   * @param host that it is to listen on
   * @throws io.owlmesh.core.OwlException BAD_INPUT saying what is missing
   */
  void requireMayListen(String host);
}
