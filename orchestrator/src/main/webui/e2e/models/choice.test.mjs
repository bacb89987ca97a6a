// SPDX-License-Identifier: Apache-2.0
// A mesh of two models: the nano owl is the usual one, the other is called parrot. OWL_STAGES kills and starts stages.
import assert from "node:assert/strict";
import { after, afterEach, test } from "node:test";
import { eventually, launchBrowser, PAGE, Site } from "../site.mjs";

const context = await launchBrowser({ after, afterEach });
const STAGES = process.env.OWL_STAGES;

const choice = (site) => site.page.getByRole("combobox", { name: "Model" });
const offered = (site) => choice(site).locator("option").allInnerTexts();
const kept = async (site) => {
  const id = /#\/c\/(.*)/.exec(site.page.url())[1];
  return (await (await fetch(new URL(`api/sessions/${id}`, PAGE))).json()).session;
};

test("a model is chosen for a conversation and stays with it, and the next one has the usual model", async () => {
  const site = await Site.open(context);
  await choice(site).waitFor();
  assert.deepEqual(await offered(site), ["owl-nano", "parrot"]);
  assert.equal(await choice(site).inputValue(), "owl-nano");

  await choice(site).selectOption("parrot");
  await eventually(async () => (await site.page.locator(".example").count()) === 0, "no example that is another model's");
  await site.ask("What is in the picture?", "cross.png");

  assert.equal((await kept(site)).model, "parrot");
  await site.reload();
  assert.equal(await choice(site).inputValue(), "parrot");
  await site.page.getByRole("link", { name: "New conversation" }).click();
  await site.page.locator(".example").first().waitFor();
  assert.equal(await choice(site).inputValue(), "owl-nano");
  assert.equal(await site.ask("What does the sign say?", "sign.png"), "ROAD.");
  assert.equal((await kept(site)).model, "", "the usual one, whatever it is called");
});

test("answers say which model gave them, while they are written, side by side, and when the page is loaded again", async () => {
  const site = await Site.open(context);
  const models = () => site.answers.locator(".answered-by").allInnerTexts();
  await site.ask("What does the sign say?", "sign.png");
  await choice(site).selectOption("parrot");
  await site.ask("What is in the picture?");
  assert.deepEqual(await models(), ["Model owl-nano", "Model parrot"]);

  await site.reload();

  await eventually(async () => (await models()).join() === "Model owl-nano,Model parrot", "the same as before");
  await choice(site).selectOption("owl-nano");
  await site.answers.last().getByRole("button", { name: "Answer again" }).click();
  await eventually(async () => (await models()).join() === "Model owl-nano,Model owl-nano", "another one answers again");
  await site.answered();
  const { messages } = await (await fetch(new URL(`api/sessions/${/#\/c\/(.*)/.exec(site.page.url())[1]}`, PAGE))).json();
  const answers = messages.filter((message) => message.role === "ROLE_AI");
  assert.deepEqual(answers.map((message) => message.model), ["owl-nano", "parrot", "owl-nano"]);
  await site.shot("answered-by");
});

test("adapters are those of the model that is chosen", async () => {
  const site = await Site.open(context);
  const adapter = site.page.getByLabel("Adapter");
  await eventually(async () => (await adapter.locator("option").count()) === 3, "adapters of the nano owl");
  await adapter.selectOption("Base model alone");

  await choice(site).selectOption("parrot");

  await eventually(async () => (await adapter.locator("option").count()) === 2, "the other one has none");
  assert.equal(await adapter.inputValue(), "/default");
});

test("the mesh is shown with the model that each replica works for", async () => {
  const site = await Site.open(context);

  await site.page.goto(`${PAGE}#/mesh`);

  await site.page.locator(".replica-models").nth(5).waitFor();
  const models = await site.page.locator(".replica-models").allInnerTexts();
  assert.deepEqual(models.toSorted(), ["owl-nano", "owl-nano", "owl-nano", "parrot", "parrot", "parrot"]);
});

test("a model that has not said its name yet is the usual one by another name", async () => {
  const site = new Site(await context.newPage(), PAGE);
  await site.page.route("**/api/models", (route) =>
    route.fulfill({
      json: {
        models: [
          { name: "", defaultModel: true, ready: false, errorCode: "unavailable", errorField: "" },
          { name: "parrot", defaultModel: false, ready: true, errorCode: "", errorField: "" },
        ],
      },
    }),
  );
  await site.page.goto(PAGE);
  await choice(site).waitFor();
  assert.deepEqual(await offered(site), ["the usual model (not ready)", "parrot"]);
  await choice(site).selectOption("parrot");

  await choice(site).selectOption("the usual model (not ready)");

  await site.ask("What is in the picture?", "cross.png");
  assert.equal((await kept(site)).model, "");
});

test("while the usual model is down, another one is chosen and answers", { skip: STAGES === undefined && "OWL_STAGES is not set" }, async () => {
  await fetch(new URL("kill/llm", STAGES), { method: "POST" });
  await eventually(async () => !(await (await fetch(new URL("api/models", PAGE))).json()).models[0].ready, "it is down");
  const site = await Site.open(context);

  await site.page.getByText("The language model is not there right now.").waitFor();
  await site.page.getByText("Other models answer: choose one above.").waitFor();
  await site.shot("model-down");
  assert.deepEqual(await offered(site), ["owl-nano (not ready)", "parrot"]);
  await choice(site).selectOption("parrot");
  await eventually(async () => (await site.page.getByRole("alert").count()) === 0, "nothing is wrong with the other one");
  await site.ask("What is in the picture?", "cross.png");
  assert.equal((await kept(site)).model, "parrot");

  assert.equal((await fetch(new URL("start/llm", STAGES), { method: "POST" })).status, 200);
  await eventually(async () => (await offered(site))[0] === "owl-nano", "the usual one answers again");
});
