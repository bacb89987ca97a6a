// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.identity;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** Issues tokens, and tells its keys over HTTP. */
public final class TokenIssuer implements AutoCloseable {
  public static final String ISSUER = "https://issuer.example";
  public static final String AUDIENCE = "owl";

  private final AtomicInteger asked = new AtomicInteger();
  private final HttpServer server;
  private volatile CountDownLatch turn = new CountDownLatch(0);
  private volatile ECKey key;

  public TokenIssuer() throws Exception {
    key = newKey();
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/keys",
        exchange -> {
          asked.incrementAndGet();
          awaitTurn();
          byte[] body = new JWKSet(key.toPublicJWK()).toString().getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, body.length);
          try (var out = exchange.getResponseBody()) {
            out.write(body);
          } catch (IOException e) {
            throw new IllegalStateException(e);
          }
        });
    server.start();
  }

  private void awaitTurn() {
    try {
      turn.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** From now on whoever asks for its keys waits. */
  public void holdBack() {
    turn = new CountDownLatch(1);
  }

  /** From now on its keys are told again, also to those who wait. */
  public void goOn() {
    turn.countDown();
  }

  private static ECKey newKey() throws JOSEException {
    return new ECKeyGenerator(Curve.P_256).keyID(UUID.randomUUID().toString()).generate();
  }

  /** Settings that believe this issuer. */
  public Map<String, String> settings() {
    return Map.of(
        "owl.jwt-issuer", ISSUER,
        "owl.jwt-audience", AUDIENCE,
        "owl.jwt-jwks", "http://127.0.0.1:" + server.getAddress().getPort() + "/keys");
  }

  /** From now on tokens are signed with another key, and the old one is no longer told. */
  public void rotate() throws JOSEException {
    key = newKey();
  }

  /** How often its keys were asked for. */
  public int asked() {
    return asked.get();
  }

  /** Claims of a token that is right. */
  public static JWTClaimsSet.Builder claims() {
    return new JWTClaimsSet.Builder()
        .issuer(ISSUER)
        .audience(AUDIENCE)
        .subject("ann")
        .claim("roles", List.of("user"))
        .claim("tenant", "zoo")
        .expirationTime(Date.from(Instant.now().plusSeconds(300)));
  }

  public String token(JWTClaimsSet claims) throws JOSEException {
    return signed(claims, key);
  }

  /** A token with the ID of this issuer's key, but signed by somebody else. */
  public String forged(JWTClaimsSet claims) throws JOSEException {
    return signed(claims, new ECKeyGenerator(Curve.P_256).keyID(key.getKeyID()).generate());
  }

  private static String signed(JWTClaimsSet claims, ECKey by) throws JOSEException {
    SignedJWT token =
        new SignedJWT(
            new JWSHeader.Builder(JWSAlgorithm.ES256).keyID(by.getKeyID()).build(), claims);
    token.sign(new ECDSASigner(by));
    return token.serialize();
  }

  @Override
  public void close() {
    goOn();
    server.stop(0);
  }
}
