// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.openai;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.owlmesh.core.ErrorCode;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.image.PictureHeader;
import io.owlmesh.model.image.codec.PictureLimits;
import io.owlmesh.orchestrator.OrchestratorConfig;
import io.owlmesh.orchestrator.pipeline.AdmissionControl;
import io.owlmesh.orchestrator.pipeline.ImageContent;
import io.owlmesh.orchestrator.store.StoredFiles;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.LongConsumer;

/**
 * Gets the images that a request shows: from the request itself, from uploaded files, from afar.
 */
final class ImageResolver {
  private static final String DATA = "data:";

  private final OrchestratorConfig limits;
  private final PictureLimits pictures;
  private final RemoteImages remote;
  private final AdmissionControl answers;

  ImageResolver(OrchestratorConfig limits, RemoteImages remote, AdmissionControl answers) {
    this.limits = limits;
    this.pictures =
        new PictureLimits(
            limits.maxImageBytes(),
            PictureLimits.DEFAULTS.maxPixels(),
            PictureLimits.DEFAULTS.maxSide());
    this.remote = remote;
    this.answers = answers;
  }

  /** Where an image is, and the field that says so. */
  private record Source(Field field, Kind kind) {
    enum Kind {
      URL,
      FILE
    }

    static Source of(Field part) {
      if (part.get("type").text().equals("image_url")) {
        Field url = part.get("image_url");
        if (url.value().isTextual()) {
          return new Source(url, Kind.URL);
        }
        url.requireObject().requireNoneBut(Set.of("url", "detail"));
        Field detail = url.get("detail");
        if (!detail.isAbsent()) {
          detail.word("auto", "low", "high"); // The model has one size of pictures.
        }
        return new Source(url.get("url"), Kind.URL);
      }
      Field file = part.get("file").requireObject();
      file.requireNoneBut(Set.of("file_id", "file_data", "filename"));
      return file.get("file_id").isAbsent()
          ? new Source(file.get("file_data"), Kind.URL)
          : new Source(file.get("file_id"), Kind.FILE);
    }
  }

  /**
   * All images of a request, those from afar at once.
   *
   * @param parts that show them
   * @param inline what the request itself spells
   * @param files that its caller may name
   * @param reserve told bytes that are not part of the request, before they are read
   * @throws OwlException BAD_INPUT or NOT_FOUND naming the field
   */
  List<ImageContent> of(
      List<Field> parts, InlineImages inline, StoredFiles files, LongConsumer reserve) {
    List<Source> sources = parts.stream().map(Source::of).toList();
    List<CompletableFuture<ByteString>> contents =
        sources.stream()
            .map(source ->
                CompletableFuture.supplyAsync(
                    () -> content(source, inline, files, reserve), answers::execute))
            .toList();
    List<ImageContent> images = new ArrayList<>();
    long total = 0;
    for (int i = 0; i < contents.size(); i++) {
      ByteString content = join(contents.get(i));
      Field field = sources.get(i).field();
      total += content.size();
      if (total > limits.maxRequestBytes()) {
        throw field.refused(
            ErrorCode.IMAGE_TOO_LARGE,
            "%d bytes with the images before, allowed are %d"
                .formatted(total, limits.maxRequestBytes()));
      }
      images.add(
          answers.compute(() -> {
            check(field, content);
            return ImageContent.of(content);
          }));
    }
    return images;
  }

  private static ByteString join(CompletableFuture<ByteString> content) {
    try {
      return content.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof OwlException known ? known : e;
    }
  }

  private ByteString content(
      Source source, InlineImages inline, StoredFiles files, LongConsumer reserve) {
    Field field = source.field();
    String text = source.kind() == Source.Kind.FILE ? field.text() : field.longText();
    if (source.kind() == Source.Kind.FILE) {
      try {
        reserve.accept(files.get(text).image().getSizeBytes());
        return files.read(text);
      } catch (OwlException e) {
        if (e.fault() != Fault.NOT_FOUND) {
          throw e;
        }
        throw new OwlException(
            Fault.NOT_FOUND, field.path(), "no file '%s'".formatted(Field.shown(text)), e);
      }
    }
    if (text.regionMatches(true, 0, DATA, 0, DATA.length())) {
      return data(field, text, inline);
    }
    reserve.accept(limits.maxImageBytes());
    return remote.fetch(field.path(), text);
  }

  /** What a data: URL holds (RFC 2397), in base64 alone. */
  private ByteString data(Field field, String url, InlineImages inline) {
    int comma = url.indexOf(',');
    field.require(comma > 0, "is no data: URL, for it has no comma");
    String head = url.substring(DATA.length(), comma).toLowerCase(Locale.ROOT);
    field.require(
        head.endsWith(";base64"), "is not in base64: 'data:IMAGE_TYPE;base64,' begins it");
    field.require(
        head.startsWith("image/"),
        "is of type '%s', which is no image".formatted(head.split(";", 2)[0]));
    String spelled = url.substring(comma + 1);
    long most = limits.maxImageBytes();
    if (InlineImages.isMark(spelled)) {
      ByteString image = inline.image(spelled).orElseThrow(() -> field.refused("is no base64"));
      requireAtMost(field, image.size(), most);
      return image;
    }
    requireAtMost(field, (url.length() - comma - 1) / 4 * 3L - 3, most);
    try {
      return UnsafeByteOperations.unsafeWrap(Base64.getDecoder().decode(spelled));
    } catch (IllegalArgumentException e) {
      throw field.refused("is no base64");
    }
  }

  private static void requireAtMost(Field field, long bytes, long most) {
    if (bytes > most) {
      throw field.refused(
          ErrorCode.IMAGE_TOO_LARGE, "exceeds the allowed %d bytes".formatted(most));
    }
  }

  /** Whatever is said of its type: only what is in it counts. */
  private void check(Field field, ByteString content) {
    try {
      PictureHeader.of(content.toByteArray(), pictures);
    } catch (OwlException e) {
      throw e.renamed(field.path());
    }
  }
}
