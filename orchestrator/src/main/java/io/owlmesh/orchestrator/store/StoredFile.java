// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

import io.owlmesh.proto.chat.v1.Image;
import java.time.Instant;

/**
 * An image file under a name of its own.
 *
 * @param id "file-" and 24 hex digits
 */
public record StoredFile(
    String id, Image image, String filename, String purpose, Instant createdAt) {}
