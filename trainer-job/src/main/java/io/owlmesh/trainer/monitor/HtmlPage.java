// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.monitor;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.quarkus.qute.Engine;
import io.quarkus.qute.HtmlEscaper;
import io.quarkus.qute.ReflectionValueResolver;
import io.quarkus.qute.TemplateLocator;
import io.quarkus.qute.ValueResolvers;
import io.quarkus.qute.Variant;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Pages of HTML that need nothing but themselves, from the templates in {@code pages/}. What is put
 * into a template is escaped there.
 */
public final class HtmlPage {
  private static final Variant HTML = Variant.forContentType(Variant.TEXT_HTML);
  private static final Engine ENGINE =
      Engine.builder()
          .addDefaults()
          .addValueResolver(new ReflectionValueResolver())
          .addValueResolver(ValueResolvers.rawResolver())
          .addResultMapper(new HtmlEscaper(List.of(Variant.TEXT_HTML)))
          .addLocator(HtmlPage::locate)
          .build();

  private HtmlPage() {}

  /**
   * Fills a template.
   *
   * @param template its name, without the ending
   * @param data what it names: text, numbers, records and lists of them
   */
  public static String of(String template, Map<String, ?> data) {
    return ENGINE.getTemplate(template).data(data).render();
  }

  private static Optional<TemplateLocator.TemplateLocation> locate(String name) {
    String resource = "/io/owlmesh/trainer/pages/" + name + ".html";
    InputStream found = HtmlPage.class.getResourceAsStream(resource);
    return Optional.ofNullable(found).map(Location::new);
  }

  private record Location(InputStream template) implements TemplateLocator.TemplateLocation {
    @Override
    public Reader read() {
      return new InputStreamReader(template, UTF_8);
    }

    @Override
    public Optional<Variant> getVariant() {
      return Optional.of(HTML);
    }
  }
}
