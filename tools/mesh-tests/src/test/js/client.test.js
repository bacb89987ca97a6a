// SPDX-License-Identifier: Apache-2.0
// OpenAI's own client for JavaScript, unchanged, asks a running mesh with the nano owl.
import assert from "node:assert/strict";
import { createReadStream, readFileSync } from "node:fs";
import { test } from "node:test";
import OpenAI from "openai";

const picture = process.env.OWL_PICTURE;
const url = `data:image/png;base64,${readFileSync(picture, "base64")}`;
const client = new OpenAI({ baseURL: `${process.env.OWL_URL}/v1`, apiKey: "none", maxRetries: 0 });

function question(...images) {
  return {
    model: "owl-nano",
    messages: [
      {
        role: "user",
        content: [...images, { type: "text", text: "What colour is the square?" }],
      },
    ],
  };
}

const image = { type: "image_url", image_url: { url } };

async function answer(request) {
  return (await client.chat.completions.create(request)).choices[0].message.content;
}

test("models are listed and found", async () => {
  const ids = [];
  for await (const model of client.models.list()) {
    ids.push(model.id);
  }
  assert.deepEqual(ids, ["owl-nano", "owl-nano:base", "owl-nano:instruct"]);
  assert.equal((await client.models.retrieve("owl-nano:instruct")).object, "model");
});

test("a question about a picture is answered, whole and streamed", async () => {
  assert.equal(await answer(question(image)), "Blue.");

  const stream = await client.chat.completions.create({
    ...question(image),
    stream: true,
    stream_options: { include_usage: true },
  });
  let text = "";
  let usage;
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta.content ?? "";
    usage = chunk.usage ?? usage;
  }
  assert.equal(text, "Blue.");
  assert.ok(usage.completion_tokens > 0);

  const helped = client.chat.completions.stream(question(image));
  assert.equal(await helped.finalContent(), "Blue.");
});

test("choices, seed, stop, length and probabilities are as asked", async () => {
  const hot = { ...question(), temperature: 2, max_completion_tokens: 20, seed: 5 };
  const two = await client.chat.completions.create({ ...hot, n: 2 });
  assert.notEqual(two.choices[0].message.content, two.choices[1].message.content);
  assert.equal(await answer(hot), await answer(hot));
  assert.equal(await answer({ ...question(image), stop: ["ue"] }), "Bl");
  const cut = await client.chat.completions.create({
    ...question(image),
    max_completion_tokens: 1,
    logprobs: true,
    top_logprobs: 2,
  });
  assert.equal(cut.choices[0].finish_reason, "length");
  assert.equal(cut.choices[0].logprobs.content[0].top_logprobs.length, 2);
});

test("an answer keeps a schema", async () => {
  const schema = {
    type: "object",
    properties: { colour: { enum: ["red", "blue"] } },
    required: ["colour"],
    additionalProperties: false,
  };
  const parsed = await client.chat.completions.parse({
    ...question(image),
    response_format: { type: "json_schema", json_schema: { name: "seen", strict: true, schema } },
  });
  assert.ok(["red", "blue"].includes(JSON.parse(parsed.choices[0].message.content).colour));
});

test("a conversation goes on", async () => {
  const { model, messages } = question(image);
  messages[0].content[1].text = "Describe the picture.";
  const first = await client.chat.completions.create({ model, messages });
  messages.push(first.choices[0].message);
  messages.push({ role: "user", content: "What colour is it?" });
  assert.equal(await answer({ model, messages }), "Purple.");
});

test("a file is uploaded, shown and deleted", async () => {
  const file = await client.files.create({ file: createReadStream(picture), purpose: "vision" });
  assert.equal(file.filename, "two-things.png");
  const shown = { type: "file", file: { file_id: file.id } };
  assert.equal(await answer(question(shown)), "Blue.");
  const content = Buffer.from(await (await client.files.content(file.id)).arrayBuffer());
  assert.deepEqual(content, readFileSync(picture));
  const ids = [];
  for await (const one of client.files.list()) {
    ids.push(one.id);
  }
  assert.ok(ids.includes(file.id));
  assert.ok((await client.files.delete(file.id)).deleted);
  await assert.rejects(client.files.retrieve(file.id), OpenAI.NotFoundError);
});

test("what is refused arrives as the client's own errors", async () => {
  await assert.rejects(
    answer({ ...question(image), model: "gpt" }),
    (e) =>
      e instanceof OpenAI.NotFoundError && e.code === "model_not_found" && e.param === "model",
  );
  await assert.rejects(
    answer({ ...question(image), temperature: 7 }),
    (e) => e instanceof OpenAI.BadRequestError && e.param === "temperature",
  );
  const far = { type: "image_url", image_url: { url: "https://images.example.org/a.png" } };
  await assert.rejects(
    answer(question(far)),
    (e) =>
      e instanceof OpenAI.BadRequestError &&
      e.param === "messages[0].content[0].image_url.url" &&
      e.message.includes("OWL_IMAGE_ORIGINS"),
  );
});

test("a stream that is left ends", async () => {
  const stream = await client.chat.completions.create({
    ...question(image),
    stream: true,
    regex: "[a-z ]{1500}",
    max_completion_tokens: 1500,
  });
  let chunks = 0;
  for await (const _ of stream) {
    if (++chunks === 5) {
      break;
    }
  }
  assert.ok(stream.controller.signal.aborted);
});
