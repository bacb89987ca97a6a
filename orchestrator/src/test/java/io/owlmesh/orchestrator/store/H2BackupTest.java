// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

class H2BackupTest extends BackupContract {
  @Override
  SessionStore fresh(ImageStore images) {
    return h2(folder.resolve("to"), images);
  }
}
