// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { after, afterEach, test } from "node:test";
import { eventually, launchBrowser, PAGE, Site } from "./site.mjs";
import { slowProxy } from "./slow.mjs";

const context = await launchBrowser({ after, afterEach });
/** Where stages can be killed and started: POST kill/NAME, start/NAME. */
const STAGES = process.env.OWL_STAGES;

test("a file that is no picture is named, and everything else stays", async () => {
  const site = await Site.open(context);
  await site.message.fill("What is in the picture?");
  await site.pick("cross.png");
  await site.page.locator(".composer input[type=file]").setInputFiles({
    name: "letter.png",
    mimeType: "image/png",
    buffer: Buffer.from("Dear owl, this is no picture."),
  });

  const failed = site.page.getByRole("alert").filter({ hasText: "letter.png" });
  await failed.getByText("no picture that the mesh can read").waitFor();
  await site.shot("bad-file");
  await failed.getByText("Details").click();
  await failed.getByText(/^400 image_unsupported/).waitFor();

  await site.page.keyboard.press("Escape");
  assert.equal(await site.message.inputValue(), "What is in the picture?");
  await site.button("Remove letter.png").click();
  await eventually(async () => (await site.attachments.count()) === 1, "the picture alone");
  await site.message.press("Enter");
  assert.notEqual(await site.answered(), "");
});

test("a message that did not get through stays, and sent again is the same one", async () => {
  const site = await Site.open(context);
  const keys = [];
  let broken = true;
  await site.page.route("**/turns", async (route) => {
    keys.push(route.request().postDataJSON().requestId);
    if (!broken) {
      return route.continue();
    }
    broken = false;
    // The mesh gets it, but its answer does not come back.
    await route.fetch();
    return route.abort();
  });
  await site.pick("two-things.png");
  await site.say("Where is the purple cross?");

  await site.page.getByText("The mesh cannot be reached.").waitFor();
  assert.equal(await site.message.inputValue(), "Where is the purple cross?");
  assert.equal(await site.attachments.count(), 1);
  await site.shot("not-sent");
  await site.button("Try again").click();

  assert.equal(await site.answered(), "Right of the blue square.");
  assert.equal(keys.length, 2);
  assert.equal(keys[0], keys[1]);
  await site.reload();
  assert.equal(await site.userMessages.count(), 1);
  assert.equal(await site.page.getByText("/ 2").count(), 0);
});

test("a setting that the mesh does not take is named", async () => {
  const site = await Site.open(context);
  await site.configure({ "Regular expression": "(a)\\1" });

  await site.say("What is in the picture?");

  await site.page.getByText("The setting “Regular expression” has a value").waitFor();
  assert.equal(await site.answered(), "");
});

test("a view of the mesh that has lost it says so, and goes on when it is back", async () => {
  const proxy = await slowProxy(PAGE, 0);
  const page = await context.newPage();
  let refused = 1;
  await page.route("**/api/replicas", (route) => (refused-- > 0 ? route.fulfill({ status: 503 }) : route.continue()));
  await page.goto(`${proxy.address}#/mesh`);
  await page.getByText("The mesh does not tell of itself now.").waitFor();
  await page.locator(".replica").first().waitFor();
  assert.equal(await page.getByText("does not tell of itself").count(), 0);

  proxy.close();
  await page.getByText("This is how it was.").waitFor();

  assert.equal(await page.getByText("role of an operator").count(), 0);
});

test("whoever must sign in comes back to where he was", async () => {
  const page = await context.newPage();
  const refusal = { error: { message: "who?", type: "t", code: "invalid_api_key" } };
  await page.route("**/api/sessions/*", (route) => route.fulfill({ status: 401, json: refusal }));
  const there = `${PAGE}#/c/00000000-0000-4000-8000-000000000000`;
  await page.goto(there);
  await page.waitForURL(/sign-in/);
  await page.route("**/api/sign-in", (route) => route.fulfill({ json: {} }));

  await page.getByLabel("API key or token").fill("owl_key");
  await page.unroute("**/api/sessions/*");
  const opened = page.waitForRequest("**/api/sessions/00000000-0000-4000-8000-000000000000");
  await page.getByRole("button", { name: "Sign in" }).click();

  await opened;
});

test("the form to sign in speaks Chinese, too", async () => {
  const page = await context.newPage();
  await page.addInitScript(() => Object.defineProperty(navigator, "language", { get: () => "zh-CN" }));
  await page.route("**/api/sign-in", (route) =>
    route.request().method() === "POST" ? route.fulfill({ status: 401, json: {} }) : route.continue(),
  );
  await page.goto(new URL("sign-in.html", PAGE).href);

  await page.getByLabel("API 密钥或令牌").fill("owl_key");
  await page.getByRole("button", { name: "登录" }).click();

  await page.getByText("此密钥或令牌无效。").waitFor();
  assert.equal(await page.locator("html").getAttribute("lang"), "zh");
});

test("a conversation that is gone is said to be gone", async () => {
  const page = await context.newPage();

  await page.goto(`${PAGE}#/c/00000000-0000-4000-8000-000000000000`);

  await page.getByText("This conversation is not there any more.").waitFor();
});

test("a stage that is down is named; the message waits and is sent when it is back", { skip: STAGES === undefined && "OWL_STAGES is not set" }, async () => {
  const site = await Site.open(context);
  await fetch(new URL("kill/vision", STAGES), { method: "POST" });
  await site.pick("two-things.png");

  await site.say("Where is the purple cross?");

  await site.page.getByText("The part that looks at pictures").first().waitFor();
  await site.shot("stage-down");
  const started = await fetch(new URL("start/vision", STAGES), { method: "POST" });
  assert.equal(started.status, 200);
  const again = site.button("Try again");
  if ((await again.count()) > 0) {
    assert.equal(await site.message.inputValue(), "Where is the purple cross?");
    assert.equal(await site.attachments.count(), 1);
    await again.click();
  } else {
    // The mesh had taken the message before it saw that the stage was gone.
    await site.button("Answer again").click();
  }
  await eventually(async () => (await site.lastAnswer()) === "Right of the blue square.", "an answer");
});

test("the mesh is shown as it is, and a stage that goes is told within moments", { skip: STAGES === undefined && "OWL_STAGES is not set" }, async () => {
  const site = await Site.open(context);
  const health = (name) => site.page.getByRole("link", { name, exact: true });
  await health("The mesh is well").click();
  const replica = (stage) =>
    site.page.getByRole("listitem").filter({ has: site.page.getByRole("heading", { name: stage }) }).locator(".replica");
  for (const stage of ["Vision", "Abstractor", "Language model"]) {
    await replica(stage).getByText("serving").waitFor();
  }
  await site.shot("mesh");

  await fetch(new URL("kill/vision", STAGES), { method: "POST" });

  await health("The mesh does not answer").waitFor();
  await replica("Vision").getByText("unreachable").waitFor();
  await replica("Vision").getByText("Nothing answers at its address.").click();
  await replica("Vision").getByText("it does not answer: UNAVAILABLE").waitFor();
  await site.shot("mesh-without-vision");
  await site.button("中文").click();
  await site.page.getByText("其地址没有响应。").waitFor();
  assert.equal(await site.page.getByText("Nothing answers").count(), 0);
  await site.button("English").click();
  assert.equal((await fetch(new URL("start/vision", STAGES), { method: "POST" })).status, 200);
  await replica("Vision").getByText("serving").waitFor();
  await health("The mesh is well").click();
  await site.message.waitFor();
});
