// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

import com.google.protobuf.ByteString;
import io.owlmesh.core.ErrorCode;
import io.owlmesh.core.OwlException;
import io.owlmesh.core.Sha256;
import io.owlmesh.core.identity.Tenant;
import io.owlmesh.model.image.PictureHeader;
import io.owlmesh.model.image.codec.PictureLimits;
import io.owlmesh.proto.chat.v1.Image;
import io.owlmesh.proto.chat.v1.Message;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;
import org.jdbi.v3.core.statement.SqlStatement;

/**
 * Images: a row each, and a file. A crash at any moment leaves neither a file without a row nor a
 * row that promises a file that is not there: the row comes first and says that it is not stored,
 * then the file, then the row says that it is; it goes the other way round. {@link #sweep} finishes
 * what a crash left undone.
 */
final class ImageRepository {
  private static final Duration PENDING = Duration.ofHours(1);
  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

  /** Whether nothing shows an image and nobody is about to. */
  private static final String UNUSED =
      """
      NOT EXISTS (SELECT 1 FROM message_image m
        WHERE m.tenant = image.tenant AND m.sha256 = image.sha256)
      AND NOT EXISTS (SELECT 1 FROM stored_file f
        WHERE f.tenant = image.tenant AND f.sha256 = image.sha256)
      AND (pending_until IS NULL OR pending_until < :now)
      """;

  private static final String LOCK = UNUSED + " ORDER BY tenant, sha256 LIMIT :most FOR UPDATE";
  private static final String ONE = " WHERE tenant = :tenant AND sha256 = :sha256";
  private static final int SWEPT = 500;

  private final Database database;
  private final ImageStore files;
  // One image is not stored and deleted at a time; different ones mostly are.
  private final List<ReentrantLock> locks = locks();
  // Of two images of a tenant, the second sees the room that the first took.
  private final List<ReentrantLock> quotas = locks();

  ImageRepository(Database database, ImageStore files) {
    this.database = database;
    this.files = files;
  }

  private static List<ReentrantLock> locks() {
    return Stream.generate(ReentrantLock::new).limit(64).toList();
  }

  Image add(Tenant tenant, ByteString file, long most) {
    PictureHeader header = PictureHeader.of(file.toByteArray(), PictureLimits.DEFAULTS);
    Image image =
        Image.newBuilder()
            .setSha256(Sha256.hex(file.asReadOnlyByteBufferList()))
            .setMediaType(header.mediaType())
            .setSizeBytes(file.size())
            .setWidth(header.width())
            .setHeight(header.height())
            .build();
    ImageKey key = new ImageKey(tenant, image.getSha256());
    ReentrantLock lock = lock(key);
    lock.lock();
    try {
      if (!promise(tenant, image, most)) {
        files.put(key.file(), file);
        database.transact(
            row -> bind(row.createUpdate("UPDATE image SET stored = TRUE" + ONE), key).execute());
      }
    } finally {
      lock.unlock();
    }
    return image;
  }

  private static <S extends SqlStatement<S>> S bind(S statement, ImageKey key) {
    return statement.bind("tenant", key.tenant().name()).bind("sha256", key.sha256());
  }

  private boolean promise(Tenant tenant, Image image, long most) {
    ReentrantLock quota = quotas.get(Math.floorMod(tenant.hashCode(), quotas.size()));
    quota.lock();
    try {
      return database.transact(row -> promise(row, tenant, image, most));
    } finally {
      quota.unlock();
    }
  }

  /** Makes a row, or keeps one from being deleted; whether the file is there. */
  private boolean promise(Handle row, Tenant tenant, Image image, long most) {
    ImageKey key = new ImageKey(tenant, image.getSha256());
    // Of one that was doomed, the file may be gone already.
    int known =
        bind(
                row.createUpdate(
                    "UPDATE image SET pending_until = :until, stored = stored AND NOT doomed,"
                        + " doomed = FALSE"
                        + ONE),
                key)
            .bind("until", pendingUntil())
            .execute();
    if (known > 0) {
      return bind(row.createQuery("SELECT stored FROM image" + ONE), key)
          .mapTo(Boolean.class)
          .one();
    }
    requireRoom(bytes(row, tenant), image.getSizeBytes(), most);
    bind(
            row.createUpdate(
                """
                INSERT INTO image (tenant, sha256, media_type, size_bytes, width, height,
                  stored, doomed, pending_until)
                VALUES (:tenant, :sha256, :mediaType, :size, :width, :height, FALSE, FALSE, :until)
                """),
            key)
        .bind("mediaType", image.getMediaType())
        .bind("size", image.getSizeBytes())
        .bind("width", image.getWidth())
        .bind("height", image.getHeight())
        .bind("until", pendingUntil())
        .execute();
    return false;
  }

  private static void requireRoom(long taken, long more, long most) {
    if (more > most - taken) {
      throw new OwlException(
          ErrorCode.INSUFFICIENT_QUOTA,
          "image",
          "%d bytes, but the images of the tenant take %d of at most %d bytes"
              .formatted(more, taken, most));
    }
  }

  /** Bytes of all images of a tenant. */
  static long bytes(Handle row, Tenant tenant) {
    return row.createQuery("SELECT COALESCE(SUM(size_bytes), 0) FROM image WHERE tenant = :tenant")
        .bind("tenant", tenant.name())
        .mapTo(Long.class)
        .one();
  }

  private OffsetDateTime pendingUntil() {
    return database.clock().time().plus(PENDING);
  }

  Image get(ImageKey key) {
    requireDigest(key);
    return database.transact(row -> find(row, key)).orElseThrow(() -> unknown("sha256", key));
  }

  private static Optional<Image> find(Handle row, ImageKey key) {
    return bind(row.createQuery("SELECT * FROM image" + ONE + " AND stored AND NOT doomed"), key)
        .map((result, _) -> Rows.image(result))
        .findOne();
  }

  ByteString read(ImageKey key) {
    requireDigest(key);
    return files.get(key.file()).orElseThrow(() -> unknown("sha256", key));
  }

  private static void requireDigest(ImageKey key) {
    if (!SHA256.matcher(key.sha256()).matches()) {
      throw OwlException.badInput("sha256", "'" + key.sha256() + "' is not 64 hex digits");
    }
  }

  private static OwlException unknown(String field, ImageKey key) {
    return new OwlException(ErrorCode.IMAGE_NOT_FOUND, field, "no image '" + key.sha256() + "'");
  }

  /** Shows the images of a message, which are those of its session's tenant. */
  static void show(Handle row, String sessionId, Message message) {
    if (message.getImagesCount() == 0) {
      return;
    }
    Tenant tenant =
        row.createQuery("SELECT tenant FROM session WHERE id = :id")
            .bind("id", sessionId)
            .mapTo(String.class)
            .map(Tenant::new)
            .one();
    List<Image> images = message.getImagesList();
    // Always in one order, for two transactions that each wait for the other's image would not end.
    for (String sha256 : new TreeSet<>(images.stream().map(Image::getSha256).toList())) {
      ImageKey key = new ImageKey(tenant, sha256);
      if (use(row, key) == 0) {
        throw unknown("images", key);
      }
    }
    for (int place = 0; place < images.size(); place++) {
      row.createUpdate(
              "INSERT INTO message_image (message_id, place, tenant, sha256)"
                  + " VALUES (:message, :place, :tenant, :sha256)")
          .bind("message", message.getId())
          .bind("place", place)
          .bind("tenant", tenant.name())
          .bind("sha256", images.get(place).getSha256())
          .execute();
    }
  }

  /** Something refers to an image now, and will keep it. */
  static int use(Handle row, ImageKey key) {
    return bind(
            row.createUpdate(
                "UPDATE image SET pending_until = NULL" + ONE + " AND stored AND NOT doomed"),
            key)
        .execute();
  }

  /** Of some images, those that nothing uses; to be deleted once the transaction is over. */
  List<ImageKey> doom(Handle row, Tenant tenant, List<String> candidates) {
    return candidates.isEmpty()
        ? List.of()
        : doom(
            row,
            row.createQuery(
                    "SELECT * FROM image WHERE tenant = :tenant AND sha256 IN (<some>) AND " + LOCK)
                .bind("tenant", tenant.name())
                .bindList("some", candidates),
            database.clock().time());
  }

  /** Of all images, some that nothing uses. */
  private List<ImageKey> doom(Handle row) {
    return doom(row, row.createQuery("SELECT * FROM image WHERE " + LOCK), database.clock().time());
  }

  /** Of a tenant's images, some that nothing shows, even if somebody is about to. */
  List<ImageKey> doomAll(Handle row, Tenant tenant) {
    row.createUpdate("DELETE FROM stored_file WHERE tenant = :tenant")
        .bind("tenant", tenant.name())
        .execute();
    return doom(
        row,
        row.createQuery("SELECT * FROM image WHERE tenant = :tenant AND " + LOCK)
            .bind("tenant", tenant.name()),
        Rows.FUTURE);
  }

  /**
   * @param now after which what is uploaded is still awaited
   */
  private static List<ImageKey> doom(Handle row, Query unused, OffsetDateTime now) {
    List<ImageKey> locked =
        unused.bind("now", now).bind("most", SWEPT).map((result, _) -> key(result)).list();
    // Whoever held a row until it was locked here may have used the image; a statement that begins
    // only now sees it.
    return locked.stream()
        .filter(key ->
            bind(row.createUpdate("UPDATE image SET doomed = TRUE" + ONE + " AND " + UNUSED), key)
                    .bind("now", now)
                    .execute()
                > 0)
        .toList();
  }

  private static ImageKey key(ResultSet row) throws SQLException {
    return new ImageKey(new Tenant(row.getString("tenant")), row.getString("sha256"));
  }

  /** Deletes images that were doomed and have not been promised again since. */
  void delete(List<ImageKey> doomed) {
    for (ImageKey key : doomed) {
      ReentrantLock lock = lock(key);
      lock.lock();
      try {
        database.transact(row -> delete(row, key));
      } finally {
        lock.unlock();
      }
    }
  }

  /** The row is locked until the file is gone: another orchestrator may store it anew then. */
  private int delete(Handle row, ImageKey key) {
    boolean still =
        bind(row.createQuery("SELECT doomed FROM image" + ONE + " FOR UPDATE"), key)
            .mapTo(Boolean.class)
            .findOne()
            .orElse(false);
    if (!still) {
      return 0;
    }
    files.delete(key.file());
    return bind(row.createUpdate("DELETE FROM image" + ONE), key).execute();
  }

  void sweep() {
    List<ImageKey> doomed;
    do {
      doomed = database.transact(this::doom);
      delete(doomed);
    } while (!doomed.isEmpty());
  }

  private ReentrantLock lock(ImageKey key) {
    return locks.get(Math.floorMod(key.hashCode(), locks.size()));
  }
}
