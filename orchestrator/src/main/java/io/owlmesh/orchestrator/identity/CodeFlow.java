// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.identity;

import com.nimbusds.jwt.JWT;
import com.nimbusds.oauth2.sdk.AuthorizationCodeGrant;
import com.nimbusds.oauth2.sdk.AuthorizationResponse;
import com.nimbusds.oauth2.sdk.ParseException;
import com.nimbusds.oauth2.sdk.ResponseType;
import com.nimbusds.oauth2.sdk.Scope;
import com.nimbusds.oauth2.sdk.TokenRequest;
import com.nimbusds.oauth2.sdk.TokenResponse;
import com.nimbusds.oauth2.sdk.auth.ClientSecretBasic;
import com.nimbusds.oauth2.sdk.auth.Secret;
import com.nimbusds.oauth2.sdk.http.HTTPRequest;
import com.nimbusds.oauth2.sdk.id.ClientID;
import com.nimbusds.oauth2.sdk.id.State;
import com.nimbusds.oauth2.sdk.pkce.CodeChallengeMethod;
import com.nimbusds.oauth2.sdk.pkce.CodeVerifier;
import com.nimbusds.openid.connect.sdk.AuthenticationRequest;
import com.nimbusds.openid.connect.sdk.Nonce;
import com.nimbusds.openid.connect.sdk.OIDCTokenResponse;
import com.nimbusds.openid.connect.sdk.OIDCTokenResponseParser;
import com.nimbusds.openid.connect.sdk.token.OIDCTokens;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * The authorization code flow of OpenID Connect with PKCE (RFC 6749, 7636): a user signs in at the
 * provider and comes back with a code, for which the provider gives this server a token. Nothing is
 * kept here in between: what has to be remembered travels with the browser.
 */
@Singleton
public final class CodeFlow {
  private static final Logger LOG = Logger.getLogger(CodeFlow.class);
  private static final int PATIENCE_MILLIS = 5_000;
  private static final int MOST = 2048;

  private final Optional<Provider> provider;

  /** What is known of the provider. */
  private record Provider(
      ClientID client,
      Optional<Secret> secret,
      URI authorize,
      URI token,
      URI redirect,
      Scope scope) {}

  /**
   * The begin of a sign-in.
   *
   * @param at where the user goes
   * @param remembered what the browser must bring back, and nobody else may know
   */
  public record Begin(URI at, String remembered) {}

  @Inject
  public CodeFlow(ProviderConfig config) {
    provider =
        config
            .oidcClient()
            .map(client ->
                new Provider(
                    new ClientID(client),
                    config.oidcSecret().map(Secret::new),
                    required("owl.oidc-authorize", config.oidcAuthorize()),
                    required("owl.oidc-token", config.oidcToken()),
                    required("owl.oidc-redirect", config.oidcRedirect()),
                    new Scope(config.oidcScopes().toArray(String[]::new))));
  }

  private static URI required(String name, Optional<URI> value) {
    return value.orElseThrow(() -> OwlException.badInput(name, "is needed with owl.oidc-client"));
  }

  /** Whether users can sign in at a provider. */
  public boolean isThere() {
    return provider.isPresent();
  }

  private Provider provider() {
    return provider.orElseThrow(
        () -> new OwlException(Fault.NOT_FOUND, "", "nobody signs in at a provider here"));
  }

  /**
   * Begins a sign-in.
   *
   * @throws OwlException NOT_FOUND if there is no provider
   */
  public Begin begin() {
    Provider known = provider();
    State state = new State();
    Nonce nonce = new Nonce();
    CodeVerifier verifier = new CodeVerifier();
    URI at =
        new AuthenticationRequest.Builder(
                ResponseType.CODE, known.scope(), known.client(), known.redirect())
            .endpointURI(known.authorize())
            .state(state)
            .nonce(nonce)
            .codeChallenge(verifier, CodeChallengeMethod.S256)
            .build()
            .toURI();
    return new Begin(at, String.join(".", state.getValue(), nonce.getValue(), verifier.getValue()));
  }

  /**
   * Tokens for the code that a user came back with, blocking: first the one for this server, then
   * the one that says who the user is. Neither has been checked.
   *
   * @param remembered as {@link #begin} told it
   * @param returned the address that the user came back to, with its query
   * @throws OwlException UNAUTHENTICATED if it is not the answer to that sign-in, or the provider
   *     refuses; UNAVAILABLE if it does not answer
   */
  public List<String> tokens(String remembered, URI returned) {
    Provider known = provider();
    String[] parts = remembered.split("\\.", -1);
    if (parts.length != 3 || returned.toString().length() > MOST) {
      throw refused("the sign-in was not begun here");
    }
    try {
      AuthorizationResponse response = AuthorizationResponse.parse(returned);
      State state = response.getState();
      if (state == null || !state.equals(new State(parts[0]))) {
        throw refused("the sign-in was not begun here");
      }
      if (!response.indicatesSuccess()) {
        throw refused("the provider refused the sign-in");
      }
      var grant =
          new AuthorizationCodeGrant(
              response.toSuccessResponse().getAuthorizationCode(),
              known.redirect(),
              new CodeVerifier(parts[2]));
      return tokens(known, grant, new Nonce(parts[1]));
    } catch (ParseException | java.text.ParseException | IllegalArgumentException e) {
      LOG.debugf("A sign-in was refused: %s", e.getMessage());
      throw refused("the answer of the provider is malformed");
    } catch (IOException e) {
      throw new OwlException(Fault.UNAVAILABLE, "", "the provider does not answer", e);
    }
  }

  private static List<String> tokens(Provider known, AuthorizationCodeGrant grant, Nonce nonce)
      throws ParseException, java.text.ParseException, IOException {
    TokenRequest request =
        known
            .secret()
            .map(secret ->
                new TokenRequest.Builder(
                        known.token(), new ClientSecretBasic(known.client(), secret), grant)
                    .build())
            .orElseGet(
                () -> new TokenRequest.Builder(known.token(), known.client(), grant).build());
    HTTPRequest http = request.toHTTPRequest();
    http.setConnectTimeout(PATIENCE_MILLIS);
    http.setReadTimeout(PATIENCE_MILLIS);
    TokenResponse response = OIDCTokenResponseParser.parse(http.send());
    if (!response.indicatesSuccess()) {
      throw refused("the provider refused the code");
    }
    OIDCTokens tokens = ((OIDCTokenResponse) response.toSuccessResponse()).getOIDCTokens();
    JWT identity = tokens.getIDToken();
    // Else a token that somebody else got could be handed to this browser.
    if (!nonce.getValue().equals(identity.getJWTClaimsSet().getClaim("nonce"))) {
      throw refused("the token is of another sign-in");
    }
    return List.of(tokens.getAccessToken().getValue(), tokens.getIDTokenString());
  }

  private static OwlException refused(String why) {
    return new OwlException(Fault.UNAUTHENTICATED, "", why);
  }
}
