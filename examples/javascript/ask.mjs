// SPDX-License-Identifier: Apache-2.0
// Asks questions about an image in one conversation, with OpenAI's client: node ask.mjs IMAGE QUESTION...
import { readFileSync } from "node:fs";
import { extname } from "node:path";
import OpenAI from "openai";

const [image, ...questions] = process.argv.slice(2);
if (questions.length === 0) {
  console.error("Usage: node ask.mjs IMAGE QUESTION...");
  process.exit(2);
}
const baseURL = `${process.env.OWL_URL ?? "http://127.0.0.1:9080"}/v1`;
const client = new OpenAI({ baseURL, apiKey: "none" });

try {
  // The type is a courtesy: the server looks into the file.
  const url = `data:image/${extname(image).slice(1)};base64,${readFileSync(image, "base64")}`;
  const model = (await client.models.list()).data[0].id;
  const messages = [];
  for (const [i, text] of questions.entries()) {
    const content = [{ type: "text", text }];
    if (i === 0) {
      content.unshift({ type: "image_url", image_url: { url } });
    }
    messages.push({ role: "user", content });
    let answer = "";
    for await (const chunk of await client.chat.completions.create({ model, messages, stream: true })) {
      const piece = chunk.choices[0]?.delta.content ?? "";
      process.stdout.write(piece);
      answer += piece;
    }
    console.log();
    messages.push({ role: "assistant", content: answer });
  }
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
