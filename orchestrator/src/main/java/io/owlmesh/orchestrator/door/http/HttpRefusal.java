// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.http;

/** Why a request was refused before anybody asked what it wants; only HTTP has such reasons. */
public final class HttpRefusal extends RuntimeException {
  private final int status;
  private final String code;
  private final String sentence;

  HttpRefusal(int status, String code, String sentence) {
    super(sentence);
    this.status = status;
    this.code = code;
    this.sentence = sentence;
  }

  static HttpRefusal tooLarge(long limit) {
    return tooLarge("the body", limit);
  }

  /** A part of a request is too large. */
  public static HttpRefusal tooLarge(String what, long limit) {
    return new HttpRefusal(413, "request_too_large", what + " exceeds " + limit + " bytes");
  }

  static HttpRefusal wrongType(String expected, String type) {
    return new HttpRefusal(
        415, "unsupported_media_type", "the body must be %s, it is %s".formatted(expected, type));
  }

  int status() {
    return status;
  }

  String code() {
    return code;
  }

  String sentence() {
    return sentence;
  }
}
