// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

import com.google.protobuf.ByteString;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.core.identity.Tenant;
import io.owlmesh.proto.chat.v1.Image;
import java.security.SecureRandom;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.HexFormat;
import java.util.List;

/** Image files under names of their own; several may have one content. */
public final class StoredFiles {
  private static final String FILES =
      """
      SELECT f.*, i.* FROM stored_file f JOIN image i ON i.tenant = f.tenant AND i.sha256 = f.sha256
      WHERE f.tenant = :tenant AND\
      """;
  private static final int ID_BYTES = 12;

  private final Database database;
  private final ImageRepository images;
  private final Tenant tenant;
  private final long most;
  private final SecureRandom random = new SecureRandom();

  StoredFiles(Database database, ImageRepository images, Tenant tenant, long most) {
    this.database = database;
    this.images = images;
    this.tenant = tenant;
    this.most = most;
  }

  /**
   * Keeps a file until it is deleted.
   *
   * @throws OwlException BAD_INPUT, field {@code image}, if it is none or over a limit; SATURATED
   *     if there is no room for it
   */
  public StoredFile add(String filename, String purpose, ByteString file) {
    Image image = images.add(tenant, file, most);
    byte[] bytes = new byte[ID_BYTES];
    random.nextBytes(bytes);
    Instant now = database.clock().now();
    String id = "file-" + HexFormat.of().formatHex(bytes);
    database.transact(row -> {
      if (ImageRepository.use(row, new ImageKey(tenant, image.getSha256())) == 0) {
        throw new OwlException(Fault.CONFLICT, "image", "was deleted meanwhile");
      }
      return row.createUpdate(
              """
              INSERT INTO stored_file (id, tenant, sha256, filename, purpose, created_at)
              VALUES (:id, :tenant, :sha256, :filename, :purpose, :now)
              """)
          .bind("id", id)
          .bind("tenant", tenant.name())
          .bind("sha256", image.getSha256())
          .bind("filename", filename)
          .bind("purpose", purpose)
          .bind("now", Rows.time(now))
          .execute();
    });
    return new StoredFile(id, image, filename, purpose, now);
  }

  /**
   * A file.
   *
   * @throws OwlException NOT_FOUND, field {@code file_id}
   */
  public StoredFile get(String id) {
    return database.transact(row ->
        row.createQuery(FILES + " f.id = :id")
            .bind("tenant", tenant.name())
            .bind("id", id)
            .map((result, _) -> file(result))
            .findOne()
            .orElseThrow(() -> unknown(id)));
  }

  private static OwlException unknown(String id) {
    return new OwlException(Fault.NOT_FOUND, "file_id", "no file '" + id + "'");
  }

  private static StoredFile file(ResultSet row) throws SQLException {
    return new StoredFile(
        row.getString("id"),
        Rows.image(row),
        row.getString("filename"),
        row.getString("purpose"),
        row.getObject("created_at", OffsetDateTime.class).toInstant());
  }

  /**
   * Files, the newest first.
   *
   * @param after the id of the one before the first; empty for the newest
   * @throws OwlException NOT_FOUND, field {@code file_id}, if there is none of that id
   */
  public List<StoredFile> list(int most, String after) {
    OffsetDateTime from = after.isEmpty() ? Rows.FUTURE : Rows.time(get(after).createdAt());
    return database.transact(row ->
        row.createQuery(
                FILES
                    + " (f.created_at < :from OR (f.created_at = :from AND f.id > :after))"
                    + " ORDER BY f.created_at DESC, f.id LIMIT :most")
            .bind("tenant", tenant.name())
            .bind("from", from)
            .bind("after", after)
            .bind("most", most)
            .map((result, _) -> file(result))
            .list());
  }

  /**
   * The content of a file.
   *
   * @throws OwlException NOT_FOUND, field {@code file_id}
   */
  public ByteString read(String id) {
    return images.read(new ImageKey(tenant, get(id).image().getSha256()));
  }

  /**
   * Deletes a file, and its content if nothing else shows it.
   *
   * @throws OwlException NOT_FOUND, field {@code file_id}
   */
  public void delete(String id) {
    images.delete(
        database.transact(row -> {
          List<String> content =
              row.createQuery(
                      "SELECT sha256 FROM stored_file"
                          + " WHERE id = :id AND tenant = :tenant FOR UPDATE")
                  .bind("id", id)
                  .bind("tenant", tenant.name())
                  .mapTo(String.class)
                  .list();
          if (content.isEmpty()) {
            throw unknown(id);
          }
          row.createUpdate("DELETE FROM stored_file WHERE id = :id").bind("id", id).execute();
          return images.doom(row, tenant, content);
        }));
  }
}
