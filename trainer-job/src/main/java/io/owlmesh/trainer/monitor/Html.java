// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.monitor;

import com.google.common.html.HtmlEscapers;

/** What the pages have in common that this program writes. */
public final class Html {
  private static final String STYLE =
      """
      :root{color-scheme:light dark;font:15px/1.5 system-ui,sans-serif}
      table{border-collapse:collapse;margin:1rem 0}
      article{display:flex;gap:1rem;border-top:1px solid #8886;padding:.7rem 0}
      article img{width:96px;height:96px;image-rendering:pixelated}
      .wrong b{color:#c33}.right b{color:#283}
      """;

  private Html() {}

  /**
   * The beginning of a page, up to its heading.
   *
   * @param style beside what all pages have
   */
  public static String head(String title, String style) {
    return "<!doctype html><html lang=en><meta charset=utf-8>"
        + "<meta name=viewport content='width=device-width'><title>"
        + escaped(title)
        + "</title><style>"
        + STYLE
        + style
        + "</style><body><h1>"
        + escaped(title)
        + "</h1>";
  }

  /** Text as HTML shows it, also within quotes. */
  public static String escaped(String text) {
    return HtmlEscapers.htmlEscaper().escape(text);
  }
}
