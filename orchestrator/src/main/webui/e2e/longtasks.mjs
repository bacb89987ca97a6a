// SPDX-License-Identifier: Apache-2.0
// Counts tasks of the page's main thread that take longer than 50 ms: while it shows 100 messages and an answer of 900
// tokens comes, and for as long while nothing comes. Of a running mesh: npm run longtasks
import { launchBrowser, PAGE, Site } from "./site.mjs";
import { slowProxy } from "./slow.mjs";

const QUESTIONS = 49;
const TOKENS = "900";
const EVENT_MILLIS = 20;

const ends = [];
const context = await launchBrowser({ after: (end) => ends.push(end), afterEach: () => {} });
const slow = await slowProxy(PAGE, EVENT_MILLIS);

/** Tasks that began since an instant, milliseconds each, and what the page drew meanwhile. */
const since = (page, begin) =>
  page.evaluate((from) => {
    const seconds = (performance.now() - from) / 1000;
    const tasks = window.tasks.filter((task) => task.startTime >= from).map((task) => Math.round(task.duration));
    const frames = window.drawn.filter((frame) => frame >= from).length;
    return { seconds: seconds.toFixed(1), tasks: tasks.length, longest: Math.max(0, ...tasks), framesPerSecond: (frames / seconds).toFixed(1) };
  }, begin);
const now = (page) => page.evaluate(() => performance.now());

try {
  const site = await Site.open(context, slow.address);
  for (let i = 0; i < QUESTIONS; i++) {
    await site.ask(`What is ${i} and ${i + 1}?`);
  }
  await site.configure({ "Shortest answer": TOKENS, "Longest answer": TOKENS });
  await site.page.evaluate(() => {
    window.tasks = [];
    window.drawn = [];
    new PerformanceObserver((list) => window.tasks.push(...list.getEntries())).observe({ type: "longtask" });
    const draw = (at) => {
      window.drawn.push(at);
      requestAnimationFrame(draw);
    };
    requestAnimationFrame(draw);
  });

  const begin = await now(site.page);
  await site.ask("What is in the picture?", "two-things.png");
  const answering = await since(site.page, begin);
  const messages = await site.page.locator("[role=log] article, [role=log] .message").count();
  const idle = await now(site.page);
  await new Promise((resolve) => setTimeout(resolve, 1000 * Number(answering.seconds)));
  console.table({ answering, idle: await since(site.page, idle) });
  console.log(`${messages || 2 * QUESTIONS + 2} messages, the last one of ${(await site.lastAnswer()).length} characters`);
} finally {
  slow.close();
  for (const end of ends) {
    await end();
  }
}
