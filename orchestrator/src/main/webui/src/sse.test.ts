// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { EventParser, type ServerEvent } from "./sse";

const STREAM =
  'data: {"text":"Größe 🦉"}\n\n: a comment\nevent: error\r\ndata: one\r\ndata: two\r\n\r\nid: 7\n\ndata: unfinished';
const EVENTS = [
  { event: "message", data: '{"text":"Größe 🦉"}' },
  { event: "error", data: "one\ntwo" },
];

function parse(pieces: Uint8Array[]): ServerEvent[] {
  const parser = new EventParser();
  return pieces.flatMap((piece) => parser.push(piece));
}

test("a stream is the same events wherever its pieces end", () => {
  const bytes = new TextEncoder().encode(STREAM);
  for (const size of [1, 2, 3, 7, bytes.length]) {
    const pieces = [];
    for (let at = 0; at < bytes.length; at += size) {
      pieces.push(bytes.subarray(at, at + size));
    }
    expect(parse(pieces)).toEqual(EVENTS);
  }
});
