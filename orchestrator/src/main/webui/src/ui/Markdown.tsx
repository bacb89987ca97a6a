// SPDX-License-Identifier: Apache-2.0
// Loaded when the first answer needs it.
import DOMPurify from "dompurify";
import { Marked, type Token } from "marked";
import { Component } from "preact";

const ALLOWED_TAGS = [
  ..."a p br strong em del code pre blockquote ul ol li hr".split(" "),
  ..."h2 h3 h4 h5 h6 table thead tbody tr th td".split(" "),
];
const ALLOWED_ATTR = ["href", "title", "start", "align", "dir"];

const escaped = (text: string) =>
  text.replace(/[&<>"]/g, (char) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[char] ?? char);

const markdown = new Marked({
  gfm: true,
  breaks: true,
  renderer: {
    // What a model writes as HTML is text, and pictures of other hosts are never asked for.
    html: ({ text }) => escaped(text),
    image: ({ raw }) => escaped(raw),
    heading({ tokens, depth }) {
      const level = Math.min(depth + 1, 6); // The title of the page is the only one of the first level.
      return `<h${level}>${this.parser.parseInline(tokens)}</h${level}>`;
    },
    checkbox: ({ checked }) => (checked ? "☑ " : "☐ "),
  },
});

DOMPurify.addHook("afterSanitizeAttributes", (element) => {
  if (element.tagName === "A") {
    element.setAttribute("target", "_blank");
    element.setAttribute("rel", "noreferrer");
  }
});

function html(token: Token): string {
  const parsed = orElse(() => markdown.parser([token]), `<p>${escaped(token.raw)}</p>`);
  return DOMPurify.sanitize(parsed, { ALLOWED_TAGS, ALLOWED_ATTR, ALLOWED_URI_REGEXP: /^(https?|mailto):/i });
}

/** What is nested too deeply for the stack is shown as it is written. */
function orElse<T>(parse: () => T, other: T): T {
  try {
    return parse();
  } catch {
    return other;
  }
}

/** One block, drawn again only if its text changed: of an answer that comes, the last one. */
class Block extends Component<{ token: Token }> {
  override shouldComponentUpdate({ token }: { token: Token }): boolean {
    return token.raw !== this.props.token.raw;
  }

  override render({ token }: { token: Token }) {
    return <div class="block" dir="auto" dangerouslySetInnerHTML={{ __html: html(token) }} />;
  }
}

/** A text in Markdown, block by block. */
export function Markdown({ text }: { text: string }) {
  const whole: Token[] = [{ type: "text", raw: text, text }];
  const blocks = orElse<Token[]>(() => markdown.lexer(text), whole).filter((token) => token.type !== "space");
  return (
    <>
      {blocks.map((token, i) => (
        <Block key={i} token={token} />
      ))}
    </>
  );
}
