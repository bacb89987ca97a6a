// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import org.flywaydb.core.api.ResourceProvider;
import org.flywaydb.core.api.resource.LoadableResource;
import org.jspecify.annotations.Nullable;

/**
 * The files that make and change tables, named one by one: packed applications have no folders to
 * search.
 */
final class MigrationFiles implements ResourceProvider {
  private static final List<String> NAMES =
      List.of(
          "V1__sessions.sql",
          "V2__leases.sql",
          "V3__error_codes.sql",
          "V4__operators.sql",
          "V5__tenants.sql",
          "V6__usage.sql",
          "V7__audit.sql",
          "V8__models.sql",
          "V9__answering_models.sql");
  private static final String FOLDER = "/db/migration/";

  @Override
  public @Nullable LoadableResource getResource(String path) {
    String name = path.substring(path.lastIndexOf('/') + 1);
    return NAMES.contains(name) ? new Migration(name) : null;
  }

  @Override
  public Collection<LoadableResource> getResources(String prefix, String[] suffixes) {
    return NAMES.stream()
        .filter(name -> name.startsWith(prefix) && List.of(suffixes).contains(".sql"))
        .<LoadableResource>map(Migration::new)
        .toList();
  }

  private static final class Migration extends LoadableResource {
    private final String name;

    Migration(String name) {
      this.name = name;
    }

    @Override
    public Reader read() {
      return new InputStreamReader(
          Objects.requireNonNull(MigrationFiles.class.getResourceAsStream(FOLDER + name), name),
          StandardCharsets.UTF_8);
    }

    @Override
    public String getAbsolutePath() {
      return FOLDER + name;
    }

    @Override
    public String getAbsolutePathOnDisk() {
      return FOLDER + name;
    }

    @Override
    public String getFilename() {
      return name;
    }

    @Override
    public String getRelativePath() {
      return name;
    }
  }
}
