// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.owleval;

import io.owlmesh.trainer.monitor.Html;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;

/**
 * A page on which people grade answers without knowing whose they are. It holds the pictures, keeps
 * grades in the browser, and gives them out as a file.
 */
public final class GradingPage {
  private static final String HEAD =
      """
      <!doctype html><html lang=en><meta charset=utf-8>
      <meta name=viewport content="width=device-width"><title>Grading</title><style>
      :root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}
      body{max-width:900px;margin:0 auto;padding:1rem}
      header{position:sticky;top:0;background:Canvas;padding:.5rem 0;border-bottom:1px solid #8886}
      article{border-bottom:1px solid #8886;padding:1rem 0}
      img{max-width:100%;max-height:22rem}
      .a{border-left:3px solid #8886;margin:.7rem 0;padding:.1rem .8rem;white-space:pre-wrap}
      label{margin-right:1rem}fieldset{border:0;padding:0;margin:.3rem 0}
      </style><body><header><b id=n></b>
      <button id=save>Download grades</button> A: right and satisfying, B: acceptable, C: understands the
      question, D: irrelevant or wrong</header>
      """;

  private static final String SCRIPT =
      """
      <script>
      const key='owl-grades-'+document.body.dataset.seed;
      const grades=JSON.parse(localStorage.getItem(key)||'{}');
      const count=()=>{document.getElementById('n').textContent=
        Object.keys(grades).length+' of '+document.querySelectorAll('fieldset').length+' graded. '};
      for(const i of document.querySelectorAll('input')){
        i.checked=grades[i.name]===i.value;
        i.addEventListener('change',()=>{grades[i.name]=i.value;
          localStorage.setItem(key,JSON.stringify(grades));count()})}
      document.getElementById('save').addEventListener('click',()=>{
        const a=document.createElement('a');
        a.href=URL.createObjectURL(new Blob([JSON.stringify(
          {seed:Number(document.body.dataset.seed),grades},null,1)],{type:'application/json'}));
        a.download='grades.json';a.click()});
      count();
      </script>
      """;

  private GradingPage() {}

  /**
   * Writes the page.
   *
   * @param folder of OwlEval
   * @param answers a file of each system
   * @param seed decides the order in which answers are shown
   */
  public static void write(Path file, Path folder, List<Path> answers, long seed)
      throws IOException {
    Blind blind = new Blind(answers, seed);
    try (Writer out = Files.newBufferedWriter(file)) {
      out.write(HEAD.replace("<body>", "<body data-seed=" + seed + ">"));
      String image = "";
      for (OwlQuestion question : OwlQuestion.read(folder)) {
        out.write("<article>");
        if (!question.image().equals(image)) {
          image = question.image();
          byte[] bytes = Files.readAllBytes(OwlEval.image(folder, image));
          out.write("<img alt='' src='data:;base64,");
          out.write(Base64.getEncoder().encodeToString(bytes));
          out.write("'>");
        }
        out.write("<h3>" + question.id() + ". " + Html.escaped(question.question()) + "</h3>");
        List<OwlAnswer> shown = blind.shown(question.id());
        for (int i = 0; i < shown.size(); i++) {
          out.write("<div class=a>" + Html.escaped(shown.get(i).answer()) + "</div><fieldset>");
          for (String grade : Tally.GRADES) {
            out.write(
                "<label><input type=radio name='%d.%d' value=%s> %s</label>"
                    .formatted(question.id(), i, grade, grade));
          }
          out.write("</fieldset>");
        }
        out.write("</article>");
      }
      out.write(SCRIPT + "</body></html>");
    }
  }
}
