// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.openai;

import static org.assertj.core.api.Assertions.assertThat;

import io.owlmesh.core.identity.CallerLimits;
import io.owlmesh.orchestrator.door.http.HttpAccess;
import io.owlmesh.orchestrator.identity.Authenticator;
import io.owlmesh.orchestrator.identity.IdentityConfig;
import io.owlmesh.orchestrator.identity.TokenIssuer;
import io.owlmesh.orchestrator.limits.RateLimits;
import io.owlmesh.orchestrator.store.UsageStore;
import io.owlmesh.wire.TestConfig;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Callers who go away before it is known who they are. */
@Timeout(60)
class GoneCallersTest extends OpenAiDoor {
  private static final int BEFORE_ALL = -10_000;

  @SuppressWarnings("NullAway.Init") // With the limits, before the door opens.
  private TokenIssuer issuer;

  @SuppressWarnings("NullAway.Init")
  private Authenticator authenticator;

  @Override
  RateLimits limits() throws Exception {
    issuer = new TokenIssuer();
    authenticator = new Authenticator(TestConfig.of(IdentityConfig.class, issuer.settings()));
    return new RateLimits(
        CallerLimits.parse("streams=1"),
        CallerLimits.NONE,
        authenticator::limits,
        UsageStore.none(),
        Clock.systemUTC());
  }

  @AfterEach
  void stop() {
    issuer.close();
  }

  @Test
  void whoeverIsGoneBeforeTheIssuerAnswersHoldsNothing() throws Exception {
    CountDownLatch gone = new CountDownLatch(1);
    door.with(router ->
            router
                .route()
                .order(BEFORE_ALL)
                .handler(routing -> {
                  routing.addEndHandler(_ -> gone.countDown());
                  routing.next();
                }))
        .with(new HttpAccess(authenticator, door.mesh.answers)::install);
    String token = issuer.token(TokenIssuer.claims().build());
    issuer.holdBack();
    try (Socket caller = new Socket(InetAddress.getLoopbackAddress(), door.port())) {
      String request =
          "GET /v1/models HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\n\r\n"
              .formatted(token);
      caller.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      while (issuer.asked() == 0) {
        TimeUnit.MILLISECONDS.sleep(5);
      }
    }
    gone.await();
    issuer.goOn();

    for (int i = 0; i < 20; i++) {
      assertThat(
              door.send(door.request("/v1/models").header("Authorization", "Bearer " + token))
                  .statusCode())
          .isEqualTo(200);
    }
  }
}
