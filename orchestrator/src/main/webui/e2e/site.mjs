// SPDX-License-Identifier: Apache-2.0
// What the tests of the page share: a browser, the page in it, and a guard over all it asks for.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const SHOTS = at("../../../../target/page-shots/");

/** Address of the page that is tested, with a running mesh behind it. */
export const PAGE = process.env.OWL_PAGE ?? "";
export const picture = (name) => at(`../../../../../deploy/pictures/${name}`);

const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // Whatever asks another host finds none, and the guard sees that it asked.
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
];

/** A browser with a folder of its own, closed after the tests. */
export async function launchBrowser(testing) {
  assert.notEqual(PAGE, "", "OWL_PAGE must be the address of the page, as http://127.0.0.1:9080/");
  const folder = mkdtempSync(join(tmpdir(), "owl-page-"));
  const context = await chromium.launchPersistentContext(folder, {
    executablePath: process.env.OWL_CHROMIUM ?? "/usr/bin/chromium",
    args: FLAGS,
    viewport: { width: 1200, height: 800 },
  });
  context.setDefaultTimeout(60_000);
  const externalRequests = [];
  context.on("request", (request) => {
    const address = new URL(request.url());
    if (address.protocol !== "blob:" && address.hostname !== "127.0.0.1") {
      externalRequests.push(request.url());
    }
  });
  const pageErrors = [];
  context.on("weberror", (error) => pageErrors.push(String(error.error())));
  context.on("console", (message) => {
    if (/Content Security Policy|Refused to/.test(message.text())) {
      pageErrors.push(message.text());
    }
  });
  testing.after(async () => {
    await context.close();
    rmSync(folder, { recursive: true, force: true });
  });
  testing.afterEach(async () => {
    for (const page of context.pages().slice(1)) {
      await page.close();
    }
    assert.deepEqual(externalRequests.splice(0), [], "requests left this machine");
    assert.deepEqual(pageErrors.splice(0), [], "the page threw, or broke its security policy");
  });
  return context;
}

/** The page in a tab of its own, as a person uses it. */
export class Site {
  constructor(page, address) {
    this.page = page;
    this.address = address;
    this.message = page.getByRole("textbox", { name: "Message", exact: true });
    this.answers = page.getByRole("article", { name: "Answer" });
    this.userMessages = page.getByRole("article", { name: "You" });
    this.attachments = page.locator(".composer .attachment");
  }

  static async open(context, address = PAGE) {
    const site = new Site(await context.newPage(), address);
    await site.page.goto(address);
    await site.page.locator(".examples").waitFor();
    return site;
  }

  button(name) {
    return this.page.getByRole("button", { name, exact: true });
  }

  async pick(...names) {
    await this.page.locator(".composer input[type=file]").setInputFiles(names.map(picture));
  }

  async say(text) {
    await this.message.fill(text);
    await this.page.keyboard.press("Enter");
  }

  /** Asks about a picture and waits for the whole answer. */
  async ask(text, ...pictures) {
    if (pictures.length > 0) {
      await this.pick(...pictures);
    }
    const before = await this.answers.count();
    await this.say(text);
    await this.answers.nth(before).waitFor();
    return this.answered();
  }

  /** Waits until the last answer is over; its text. */
  async answered() {
    await this.answers.last().getByRole("button", { name: "Answer again" }).waitFor();
    await this.button("Send").waitFor();
    return this.lastAnswer();
  }

  async lastAnswer() {
    const said = this.answers.last().locator(".said");
    return (await said.count()) === 0 ? "" : said.innerText();
  }

  async reload() {
    await this.page.reload();
    await this.answers.first().waitFor();
  }

  /** Changes settings in their dialog. */
  async configure(values) {
    await this.button("Settings").click();
    const dialog = this.page.getByRole("dialog");
    await dialog.waitFor();
    if ((await dialog.locator("details[open]").count()) === 0) {
      await dialog.getByText("More", { exact: true }).click();
    }
    for (const [label, value] of Object.entries(values)) {
      await dialog.getByLabel(label, { exact: true }).fill(value);
    }
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.waitFor({ state: "detached" });
  }

  async shot(name) {
    mkdirSync(SHOTS, { recursive: true });
    await this.page.screenshot({ path: join(SHOTS, `${name}.png`) });
  }
}

/** Waits until something holds. */
export async function eventually(check, what) {
  const end = Date.now() + 20_000;
  while (!(await check())) {
    assert.ok(Date.now() < end, `in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
