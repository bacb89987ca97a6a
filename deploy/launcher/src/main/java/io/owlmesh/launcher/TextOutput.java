// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

import io.owlmesh.proto.chat.v1.AnswerDone;
import io.owlmesh.proto.chat.v1.AnswerResponse;
import java.io.PrintWriter;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Prints the text of an answer as it comes. Events arrive one at a time; the rest is for whoever
 * waited for the end of the answer, which orders it after the last event.
 */
final class TextOutput implements Consumer<AnswerResponse> {
  private final PrintWriter out;
  private final StringBuilder text = new StringBuilder();
  private @Nullable AnswerDone done;

  TextOutput(PrintWriter out) {
    this.out = out;
  }

  @Override
  public void accept(AnswerResponse event) {
    switch (event.getEventCase()) {
      case TEXT -> {
        text.append(event.getText().getText());
        out.print(event.getText().getText());
        out.flush();
      }
      case DONE -> done = event.getDone();
      case STAGE, EVENT_NOT_SET -> {}
    }
  }

  /** Ends the line of the answer, also of half an answer: an error message begins its own. */
  void endLine() {
    if (!text.isEmpty()) {
      out.println();
      out.flush();
    }
  }

  String text() {
    return text.toString();
  }

  Optional<AnswerDone> done() {
    return Optional.ofNullable(done);
  }
}
