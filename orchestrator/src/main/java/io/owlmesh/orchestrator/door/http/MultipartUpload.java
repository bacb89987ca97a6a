// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.http;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.owlmesh.core.OwlException;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerFileUpload;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** A form with one file, as browsers and clients send it (multipart/form-data). */
public final class MultipartUpload {
  private static final String FILE = "file";
  private static final String TYPE = "multipart/form-data";
  private static final int MAX_NAME = 255;
  // As it came, as the file, and as whatever looks at it.
  private static final long COPIES = 3;

  private final HttpServerRequest request;
  private final long limit;
  private final LongConsumer room;
  private final Buffer content = Buffer.buffer();
  private @Nullable String filename;
  private Consumer<Throwable> refuse = _ -> {};
  private boolean over;

  /**
   * @param limit bytes of the file
   * @param room told the memory that the file takes; may refuse
   */
  MultipartUpload(HttpServerRequest request, long limit, LongConsumer room) {
    this.request = request;
    this.limit = limit;
    this.room = room;
  }

  /** Reads to the end, on the thread of the network; one of the two is called, once. */
  void read(
      RoutingContext routing,
      Duration patience,
      Consumer<MultipartUpload> whole,
      Consumer<Throwable> toldWhyNot) {
    refuse = toldWhyNot;
    String type = String.valueOf(request.getHeader("Content-Type"));
    if (!type.toLowerCase(Locale.ROOT).startsWith(TYPE)) {
      refuse(HttpRefusal.wrongType(TYPE, type));
      return;
    }
    RequestBody.watch(routing, patience, limit, content::length, this::refuse);
    request.uploadHandler(this::begin);
    request.exceptionHandler(_ -> refuse(OwlException.badInput("body", "is no form as announced")));
    request.endHandler(_ -> {
      if (!over) {
        over = true;
        whole.accept(this);
      }
    });
    request.setExpectMultipart(true);
    RequestBody.welcome(request);
  }

  private void refuse(Throwable failure) {
    if (!over) {
      over = true;
      refuse.accept(failure);
    }
  }

  private void begin(HttpServerFileUpload upload) {
    upload.handler(this::take);
    if (!upload.name().equals(FILE) || filename != null) {
      refuse(OwlException.badInput(upload.name(), "is a file, but only one file is expected"));
    }
    filename = upload.filename();
  }

  private void take(Buffer piece) {
    if (over) {
      return;
    }
    try {
      long size = content.length() + (long) piece.length();
      if (size > limit) {
        throw HttpRefusal.tooLarge(limit);
      }
      content.appendBuffer(piece);
      room.accept(COPIES * size);
    } catch (RuntimeException e) {
      refuse(e);
    }
  }

  /**
   * Refuses fields that nobody would look at.
   *
   * @throws OwlException BAD_INPUT naming one
   */
  public void requireNoneBut(Set<String> known) {
    for (String name : request.formAttributes().names()) {
      if (!known.contains(name)) {
        throw OwlException.badInput(name, "is not supported");
      }
    }
  }

  /**
   * A field.
   *
   * @throws OwlException BAD_INPUT if it is not there
   */
  public String text(String name) {
    String text = request.getFormAttribute(name);
    if (text == null) {
      throw OwlException.badInput(name, "is missing");
    }
    return text;
  }

  /**
   * What the file is called.
   *
   * @throws OwlException BAD_INPUT if there is no file, or it cannot be called so
   */
  public String filename() {
    String name = filename;
    if (name == null || name.isEmpty() || name.length() > MAX_NAME) {
      throw OwlException.badInput(FILE, "is missing, or its name is not of 1 to 255 characters");
    }
    if (name.chars().anyMatch(Character::isISOControl)) {
      throw OwlException.badInput(FILE, "has a name with control characters");
    }
    return name;
  }

  /** The file. */
  public ByteString file() {
    return UnsafeByteOperations.unsafeWrap(content.getBytes());
  }
}
