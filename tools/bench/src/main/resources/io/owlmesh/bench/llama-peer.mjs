// SPDX-License-Identifier: Apache-2.0
// llama.cpp as ./owl bench peers drives it: FOLDER of an npm installation of node-llama-cpp, a GGUF file, threads, the
// most sequences, positions of each. Reads lines {"sequences", "prompt", "tokens"}, and answers each with a line of the
// milliseconds at which each sequence's tokens came, counted from the question.
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [folder, file, threads, sequences, positions] = process.argv.slice(2);
const { getLlama } = await import(pathToFileURL(join(folder, "node_modules/node-llama-cpp/dist/index.js")).href);
const llama = await getLlama({ gpu: false, build: "never", maxThreads: Number(threads), logLevel: "error" });
const model = await llama.loadModel({ modelPath: file });
const context = await model.createContext({
  sequences: Number(sequences),
  contextSize: Number(positions),
  threads: { ideal: Number(threads), min: Number(threads) },
});
const all = Array.from({ length: Number(sequences) }, () => context.getSequence());
let asked = 0;

async function answer(sequence, prompt, tokens, begin) {
  const times = [];
  asked++;
  const ids = Array.from({ length: prompt }, (_, i) => 300 + ((i * 7 + asked * 13) % 20000));
  for await (const _ of sequence.evaluate(ids, { temperature: 0, yieldEogToken: true })) {
    times.push(performance.now() - begin);
    if (times.length >= tokens) break;
  }
  return times;
}

console.log(JSON.stringify({ ready: `llama.cpp ${llama.llamaCppRelease?.release ?? ""}`.trim() }));
for await (const line of createInterface({ input: process.stdin })) {
  const question = JSON.parse(line);
  const used = all.slice(0, question.sequences);
  for (const sequence of used) await sequence.clearHistory();
  const begin = performance.now();
  const times = await Promise.all(used.map((s) => answer(s, question.prompt, question.tokens, begin)));
  console.log(JSON.stringify({ times }));
}
process.exit(0);
