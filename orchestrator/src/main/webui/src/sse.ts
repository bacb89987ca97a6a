// SPDX-License-Identifier: Apache-2.0

/** One event of a text/event-stream. */
export interface ServerEvent {
  event: string;
  data: string;
}

/** Takes a stream of events apart; pieces may end anywhere, within a character too. */
export class EventParser {
  private readonly decoder = new TextDecoder();
  private rest = "";
  private event = "";
  private data: string[] = [];

  /** The events that are whole after these bytes. */
  push(bytes: Uint8Array): ServerEvent[] {
    this.rest += this.decoder.decode(bytes, { stream: true });
    const found: ServerEvent[] = [];
    for (;;) {
      const line = this.nextLine();
      if (line === undefined) {
        return found;
      }
      this.take(line, found);
    }
  }

  private nextLine(): string | undefined {
    const end = /\r\n|\n|\r(?!$)/.exec(this.rest);
    if (end === null) {
      return undefined;
    }
    const line = this.rest.slice(0, end.index);
    this.rest = this.rest.slice(end.index + end[0].length);
    return line;
  }

  private take(line: string, found: ServerEvent[]): void {
    if (line === "") {
      if (this.data.length > 0) {
        found.push({ event: this.event || "message", data: this.data.join("\n") });
      }
      this.event = "";
      this.data = [];
      return;
    }
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "event") {
      this.event = value;
    } else if (name === "data") {
      this.data.push(value);
    }
  }
}

/** The events of a response, as they come. */
export async function* serverEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent> {
  const reader = body.getReader();
  const parser = new EventParser();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        return;
      }
      yield* parser.push(value);
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
