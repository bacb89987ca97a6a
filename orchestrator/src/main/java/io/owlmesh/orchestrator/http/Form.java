// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.http;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.owlmesh.model.OwlException;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerFileUpload;
import io.vertx.core.http.HttpServerRequest;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A form with one file, as browsers and clients send it (multipart/form-data). */
public final class Form {
  private static final String FILE = "file";
  private static final int MAX_NAME = 255;

  private final HttpServerRequest request;
  private final long limit;
  private final Buffer content = Buffer.buffer();
  private @Nullable String filename;
  private @Nullable Throwable failure;

  private Form(HttpServerRequest request, long limit) {
    this.request = request;
    this.limit = limit;
  }

  /** Reads to the end, on the thread of the network; one of the two is called, once. */
  static void read(
      HttpServerRequest request, long limit, Consumer<Form> whole, Consumer<Throwable> refuse) {
    Form form = new Form(request, limit);
    request.setExpectMultipart(true);
    request.uploadHandler(form::begin);
    request.exceptionHandler(refuse::accept);
    request.endHandler(_ -> {
      if (form.failure == null) {
        whole.accept(form);
      } else {
        refuse.accept(form.failure);
      }
    });
  }

  private void begin(HttpServerFileUpload upload) {
    if (!upload.name().equals(FILE) || filename != null) {
      failure = OwlException.badInput(upload.name(), "is a file, but only one file is expected");
      upload.handler(_ -> {});
      return;
    }
    filename = upload.filename();
    upload.handler(piece -> {
      if (content.length() + (long) piece.length() > limit) {
        failure = HttpRefusal.tooLarge(limit);
      } else {
        content.appendBuffer(piece);
      }
    });
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
   * @throws OwlException BAD_INPUT if there is no file
   */
  public String filename() {
    String name = filename;
    if (name == null || name.isEmpty() || name.length() > MAX_NAME) {
      throw OwlException.badInput(FILE, "is missing, or its name is not of 1 to 255 characters");
    }
    return name;
  }

  /** The file. */
  public ByteString file() {
    return UnsafeByteOperations.unsafeWrap(content.getBytes());
  }
}
