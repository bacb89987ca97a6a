// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

import io.owlmesh.core.Sha256;
import io.owlmesh.core.identity.Tenant;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/**
 * An image of a tenant: of what several tenants keep, each has a file of its own, so that nothing
 * tells whether another one keeps it, not even the time that an upload takes.
 *
 * @param sha256 of the file
 */
record ImageKey(Tenant tenant, String sha256) {
  /** By which the file is stored, 64 hex digits: those of its content for the default tenant. */
  String file() {
    if (tenant.isDefault()) {
      return sha256;
    }
    MessageDigest name = Sha256.begin();
    name.update((tenant.name() + "/" + sha256).getBytes(StandardCharsets.UTF_8));
    return Sha256.hex(name);
  }
}
