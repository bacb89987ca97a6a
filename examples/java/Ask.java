// SPDX-License-Identifier: Apache-2.0
import io.owlmesh.client.Address;
import io.owlmesh.client.AnswerFailed;
import io.owlmesh.client.ChatClient;
import io.owlmesh.client.LocalImage;
import io.owlmesh.client.SessionClient;
import io.owlmesh.client.Trace;
import io.owlmesh.client.TurnObserver;
import io.owlmesh.proto.chat.v1.NewMessage;
import io.owlmesh.proto.chat.v1.SendMessageRequest;
import io.owlmesh.proto.chat.v1.SendMessageResponse;
import io.owlmesh.proto.chat.v1.SessionSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;

/** Asks questions about an image in one session, over gRPC: ask IMAGE QUESTION... */
void main(String[] arguments) throws InterruptedException {
  if (arguments.length < 2) {
    System.err.println("Usage: ask IMAGE QUESTION...");
    System.exit(2);
  }
  String address = System.getenv().getOrDefault("OWL_ADDRESS", Address.DEFAULT.toString());
  List<String> questions = Arrays.asList(arguments).subList(1, arguments.length);
  try (ChatClient mesh = new ChatClient(Address.parse(address))) {
    ask(mesh.sessions(), Path.of(arguments[0]), questions);
  } catch (AnswerFailed | IllegalArgumentException failed) {
    System.err.println(failed.getMessage());
    System.exit(1);
  }
}

void ask(SessionClient mesh, Path image, List<String> questions)
    throws AnswerFailed, InterruptedException {
  String sha256 = mesh.upload(LocalImage.read(image)).getSha256();
  String session = mesh.create(SessionSettings.getDefaultInstance()).getId();
  try {
    NewMessage.Builder message = NewMessage.newBuilder().addImages(sha256);
    for (String question : questions) {
      // With an id of its own the request may be sent again: the turn is taken once.
      SendMessageRequest request =
          SendMessageRequest.newBuilder()
              .setSessionId(session)
              .setRequestId(UUID.randomUUID().toString())
              .setSay(message.setText(question))
              .build();
      mesh.turn(request, Duration.ofMinutes(5), Trace.begin(), new Printer()).await();
      IO.println();
      message.clearImages(); // Later questions are about what was shown.
    }
  } finally {
    mesh.delete(session);
  }
}

/** Prints text as it comes. */
static final class Printer implements TurnObserver {
  @Override
  public void event(SendMessageResponse event) {
    IO.print(event.getText().getText());
  }

  @Override
  public void again() {
    IO.println(); // The connection broke; the answer is told from its begin.
  }
}
