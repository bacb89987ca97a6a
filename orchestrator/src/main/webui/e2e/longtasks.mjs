// SPDX-License-Identifier: Apache-2.0
// Counts tasks of the page's main thread that take longer than 50 ms: while it shows 100 messages and an answer of 900
// tokens comes, and for as long while nothing comes. What others do to the machine is in that; how long the page had the
// processor is told besides. Of a running mesh: npm run longtasks
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

/** Watches while something is done: long tasks, and the processor time of all tasks and of the one with most of it. */
async function watched(page, deed) {
  const debug = await page.context().newCDPSession(page);
  const events = [];
  debug.on("Tracing.dataCollected", ({ value }) => events.push(...value));
  await debug.send("Tracing.start", {
    traceConfig: { includedCategories: ["toplevel"] },
    transferMode: "ReportEvents",
  });
  const begin = await page.evaluate(() => performance.now());
  await deed();
  const found = await since(page, begin);
  const complete = new Promise((resolve) => debug.once("Tracing.tracingComplete", resolve));
  await debug.send("Tracing.end");
  await complete;
  await debug.detach();
  const pages = new Set(events.filter(({ args }) => args?.name === "CrRendererMain").map(({ pid, tid }) => `${pid} ${tid}`));
  const times = new Map([...pages].map((thread) => [thread, []]));
  for (const { name, pid, tid, tdur = 0 } of events) {
    if (name === "ThreadControllerImpl::RunTask") {
      times.get(`${pid} ${tid}`)?.push(tdur / 1000);
    }
  }
  // Of several pages, the one that does more.
  const sum = (all) => all.reduce((total, each) => total + each, 0);
  const [busiest = []] = [...times.values()].toSorted((one, other) => sum(other) - sum(one));
  const longestCpu = busiest.reduce((longest, each) => Math.max(longest, each), 0);
  return { ...found, cpuPercent: (sum(busiest) / found.seconds / 10).toFixed(1), longestCpu: longestCpu.toFixed(1) };
}

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

  const answering = await watched(site.page, () => site.ask("What is in the picture?", "two-things.png"));
  const messages = await site.page.locator("article").count();
  const pause = () => new Promise((resolve) => setTimeout(resolve, 1000 * Number(answering.seconds)));
  console.table({ answering, idle: await watched(site.page, pause) });
  console.log(`${messages} messages, the last one of ${(await site.lastAnswer()).length} characters`);
} finally {
  slow.close();
  for (const end of ends) {
    await end();
  }
}
