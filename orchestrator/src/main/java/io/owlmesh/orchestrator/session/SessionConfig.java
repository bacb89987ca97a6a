// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.session;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** Where conversations are kept, and how long; each is also an environment variable. */
@ConfigMapping(prefix = "owl")
public interface SessionConfig {
  /** Folder of the embedded database and the images. */
  @WithDefault("data")
  Path data();

  /** JDBC address of the database; an embedded one in the folder if there is none. */
  Optional<String> database();

  /** Who to be in the database. */
  Optional<String> databaseUser();

  /** Password for the database. */
  Optional<String> databasePassword();

  /** Where image files are kept: {@code s3://BUCKET}; the folder if there is none. */
  Optional<URI> images();

  /** Address of the S3-compatible store; that of the region if there is none. */
  Optional<URI> s3Endpoint();

  /** Region of the S3-compatible store. */
  @WithDefault("us-east-1")
  String s3Region();

  /** Largest archive of a backup or a restore, bytes; it waits in the folder until it is whole. */
  @WithDefault("68719476736")
  long maxArchiveBytes();

  /** Sessions that nobody changed for so long are deleted; none are if there is none. */
  Optional<Duration> retention();

  /** An orchestrator that shares the database and is silent for so long is taken for dead. */
  @WithDefault("5S")
  Duration lease();
}
