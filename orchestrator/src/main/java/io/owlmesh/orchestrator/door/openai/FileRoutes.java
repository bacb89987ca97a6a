// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.owlmesh.core.OwlException;
import io.owlmesh.orchestrator.OrchestratorConfig;
import io.owlmesh.orchestrator.door.http.Exchange;
import io.owlmesh.orchestrator.door.http.MultipartUpload;
import io.owlmesh.orchestrator.pipeline.AdmissionControl;
import io.owlmesh.orchestrator.session.Sessions;
import io.owlmesh.orchestrator.store.StoredFile;
import io.owlmesh.orchestrator.store.StoredFiles;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Set;

/** Image files that requests show by their names. */
@Singleton
final class FileRoutes {
  private static final int MAX_PAGE = 10_000;
  private static final List<String> PURPOSES = List.of("vision", "user_data", "assistants");

  private final AdmissionControl answers;
  private final Sessions sessions;
  private final int maxBytes;

  @Inject
  FileRoutes(AdmissionControl answers, Sessions sessions, OrchestratorConfig settings) {
    this.answers = answers;
    this.sessions = sessions;
    this.maxBytes = settings.maxImageBytes();
  }

  void install(@Observes Router router) {
    router.post("/v1/files").handler(this::upload);
    router.get("/v1/files").handler(Exchange.each(answers, this::list));
    router.get("/v1/files/:file").handler(Exchange.each(answers, this::get));
    router.get("/v1/files/:file/content").handler(Exchange.each(answers, this::content));
    router.delete("/v1/files/:file").handler(Exchange.each(answers, this::delete));
  }

  private void upload(RoutingContext routing) {
    Exchange exchange = new Exchange(routing, answers);
    exchange.form(
        maxBytes,
        form -> {
          String purpose = form.text("purpose");
          if (!PURPOSES.contains(purpose)) {
            throw OwlException.badInput("purpose", "'" + purpose + "' is none of " + PURPOSES);
          }
          form.filename(); // Without one, the file is taken for a field.
          form.requireNoneBut(Set.of("purpose"));
          exchange.reply(json(add(form, purpose)).toString());
        });
  }

  private StoredFile add(MultipartUpload form, String purpose) {
    try {
      return sessions.addFile(form.filename(), purpose, form.file());
    } catch (OwlException e) {
      if (!e.field().equals("image")) {
        throw e;
      }
      throw e.renamed("file");
    }
  }

  private void list(Exchange exchange) {
    for (String other : List.of("order", "purpose")) {
      if (!exchange.queries(other).isEmpty()) {
        throw OwlException.badInput(other, "is not supported: all files are told, newest first");
      }
    }
    int most = exchange.query("limit", 1, MAX_PAGE, MAX_PAGE);
    List<StoredFile> found = sessions.files().list(most + 1, exchange.query("after"));
    List<StoredFile> page = found.subList(0, Math.min(most, found.size()));
    ObjectNode list = JsonNodeFactory.instance.objectNode();
    list.put("object", "list");
    ArrayNode data = list.putArray("data");
    page.forEach(file -> data.add(json(file)));
    list.put("has_more", found.size() > most);
    list.put("first_id", page.isEmpty() ? null : page.getFirst().id());
    list.put("last_id", page.isEmpty() ? null : page.getLast().id());
    exchange.reply(list.toString());
  }

  private void get(Exchange exchange) {
    exchange.reply(json(sessions.files().get(exchange.path("file"))).toString());
  }

  private void content(Exchange exchange) {
    StoredFiles files = sessions.files();
    StoredFile file = files.get(exchange.path("file"));
    exchange.reply(file.image().getMediaType(), Buffer.buffer(files.read(file.id()).toByteArray()));
  }

  private void delete(Exchange exchange) {
    String id = exchange.path("file");
    sessions.files().delete(id);
    ObjectNode deleted = JsonNodeFactory.instance.objectNode();
    deleted.put("id", id);
    deleted.put("object", "file");
    deleted.put("deleted", true);
    exchange.reply(deleted.toString());
  }

  private static ObjectNode json(StoredFile file) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("id", file.id());
    json.put("object", "file");
    json.put("bytes", file.image().getSizeBytes());
    json.put("created_at", file.createdAt().getEpochSecond());
    json.put("filename", file.filename());
    json.put("purpose", file.purpose());
    json.put("status", "processed");
    return json;
  }
}
