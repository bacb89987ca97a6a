// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

import com.google.protobuf.ByteString;
import io.owlmesh.core.ErrorCode;
import io.owlmesh.core.OwlException;
import io.owlmesh.core.Sha256;
import io.owlmesh.model.image.PictureHeader;
import io.owlmesh.model.image.codec.PictureLimits;
import io.owlmesh.proto.chat.v1.Image;
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
      NOT EXISTS (SELECT 1 FROM message_image m WHERE m.sha256 = image.sha256)
      AND NOT EXISTS (SELECT 1 FROM stored_file f WHERE f.sha256 = image.sha256)
      AND (pending_until IS NULL OR pending_until < :now)
      """;

  private static final String LOCK = UNUSED + " ORDER BY sha256 LIMIT :most FOR UPDATE";
  private static final int SWEPT = 500;

  private final Database database;
  private final ImageStore files;
  // One image is not stored and deleted at a time; different ones mostly are.
  private final List<ReentrantLock> locks = Stream.generate(ReentrantLock::new).limit(64).toList();

  ImageRepository(Database database, ImageStore files) {
    this.database = database;
    this.files = files;
  }

  Image add(ByteString file) {
    PictureHeader header = PictureHeader.of(file.toByteArray(), PictureLimits.DEFAULTS);
    Image image =
        Image.newBuilder()
            .setSha256(Sha256.hex(file.asReadOnlyByteBufferList()))
            .setMediaType(header.mediaType())
            .setSizeBytes(file.size())
            .setWidth(header.width())
            .setHeight(header.height())
            .build();
    ReentrantLock lock = lock(image.getSha256());
    lock.lock();
    try {
      boolean stored = database.transact(row -> promise(row, image));
      if (!stored) {
        files.put(image.getSha256(), file);
        database.transact(row ->
            row.createUpdate("UPDATE image SET stored = TRUE WHERE sha256 = :sha256")
                .bind("sha256", image.getSha256())
                .execute());
      }
    } finally {
      lock.unlock();
    }
    return image;
  }

  /** Makes a row, or keeps one from being deleted; whether the file is there. */
  private boolean promise(Handle row, Image image) {
    // Of one that was doomed, the file may be gone already.
    int known =
        row.createUpdate(
                "UPDATE image SET pending_until = :until, stored = stored AND NOT doomed,"
                    + " doomed = FALSE WHERE sha256 = :sha256")
            .bind("until", pendingUntil())
            .bind("sha256", image.getSha256())
            .execute();
    if (known > 0) {
      return row.createQuery("SELECT stored FROM image WHERE sha256 = :sha256")
          .bind("sha256", image.getSha256())
          .mapTo(Boolean.class)
          .one();
    }
    row.createUpdate(
            """
            INSERT INTO image
              (sha256, media_type, size_bytes, width, height, stored, doomed, pending_until)
            VALUES (:sha256, :mediaType, :size, :width, :height, FALSE, FALSE, :until)
            """)
        .bind("sha256", image.getSha256())
        .bind("mediaType", image.getMediaType())
        .bind("size", image.getSizeBytes())
        .bind("width", image.getWidth())
        .bind("height", image.getHeight())
        .bind("until", pendingUntil())
        .execute();
    return false;
  }

  private OffsetDateTime pendingUntil() {
    return database.clock().time().plus(PENDING);
  }

  Image get(String sha256) {
    requireDigest(sha256);
    return database.transact(row -> find(row, sha256)).orElseThrow(() -> unknown("sha256", sha256));
  }

  private static Optional<Image> find(Handle row, String sha256) {
    return row.createQuery("SELECT * FROM image WHERE sha256 = :sha256 AND stored AND NOT doomed")
        .bind("sha256", sha256)
        .map((result, _) -> Rows.image(result))
        .findOne();
  }

  ByteString read(String sha256) {
    requireDigest(sha256);
    return files.get(sha256).orElseThrow(() -> unknown("sha256", sha256));
  }

  private static void requireDigest(String sha256) {
    if (!SHA256.matcher(sha256).matches()) {
      throw OwlException.badInput("sha256", "'" + sha256 + "' is not 64 hex digits");
    }
  }

  private static OwlException unknown(String field, String sha256) {
    return new OwlException(ErrorCode.IMAGE_NOT_FOUND, field, "no image '" + sha256 + "'");
  }

  /** Shows images in a message, in the transaction that stores it. */
  static void show(Handle row, String messageId, List<Image> images) {
    // Always in one order, for two transactions that each wait for the other's image would not end.
    for (String sha256 : new TreeSet<>(images.stream().map(Image::getSha256).toList())) {
      if (use(row, sha256) == 0) {
        throw unknown("images", sha256);
      }
    }
    for (int place = 0; place < images.size(); place++) {
      String sha256 = images.get(place).getSha256();
      row.createUpdate("INSERT INTO message_image VALUES (:message, :place, :sha256)")
          .bind("message", messageId)
          .bind("place", place)
          .bind("sha256", sha256)
          .execute();
    }
  }

  /** Something refers to an image now, and will keep it. */
  static int use(Handle row, String sha256) {
    return row.createUpdate(
            "UPDATE image SET pending_until = NULL"
                + " WHERE sha256 = :sha256 AND stored AND NOT doomed")
        .bind("sha256", sha256)
        .execute();
  }

  /** Of some images, those that nothing uses; to be deleted once the transaction is over. */
  List<String> doom(Handle row, List<String> candidates) {
    return candidates.isEmpty()
        ? List.of()
        : doom(
            row,
            row.createQuery("SELECT sha256 FROM image WHERE sha256 IN (<some>) AND " + LOCK)
                .bindList("some", candidates));
  }

  /** Of all images, some that nothing uses. */
  private List<String> doom(Handle row) {
    return doom(row, row.createQuery("SELECT sha256 FROM image WHERE " + LOCK));
  }

  private List<String> doom(Handle row, Query unused) {
    OffsetDateTime now = database.clock().time();
    List<String> locked = unused.bind("now", now).bind("most", SWEPT).mapTo(String.class).list();
    if (locked.isEmpty()) {
      return List.of();
    }
    // Whoever held a row until it was locked here may have used the image; a statement that begins
    // only now sees it.
    row.createUpdate("UPDATE image SET doomed = TRUE WHERE sha256 IN (<locked>) AND " + UNUSED)
        .bindList("locked", locked)
        .bind("now", now)
        .execute();
    return row.createQuery("SELECT sha256 FROM image WHERE sha256 IN (<locked>) AND doomed")
        .bindList("locked", locked)
        .mapTo(String.class)
        .list();
  }

  /** Deletes images that were doomed and have not been promised again since. */
  void delete(List<String> doomed) {
    for (String sha256 : doomed) {
      ReentrantLock lock = lock(sha256);
      lock.lock();
      try {
        database.transact(row -> delete(row, sha256));
      } finally {
        lock.unlock();
      }
    }
  }

  /** The row is locked until the file is gone: another orchestrator may store it anew then. */
  private int delete(Handle row, String sha256) {
    boolean still =
        row.createQuery("SELECT doomed FROM image WHERE sha256 = :sha256 FOR UPDATE")
            .bind("sha256", sha256)
            .mapTo(Boolean.class)
            .findOne()
            .orElse(false);
    if (!still) {
      return 0;
    }
    files.delete(sha256);
    return row.createUpdate("DELETE FROM image WHERE sha256 = :sha256")
        .bind("sha256", sha256)
        .execute();
  }

  void sweep() {
    List<String> doomed;
    do {
      doomed = database.transact(this::doom);
      delete(doomed);
    } while (!doomed.isEmpty());
  }

  private ReentrantLock lock(String sha256) {
    return locks.get(Math.floorMod(sha256.hashCode(), locks.size()));
  }
}
