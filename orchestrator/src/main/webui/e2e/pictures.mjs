// SPDX-License-Identifier: Apache-2.0
// Takes the pictures of docs/images that show the page: of a mesh with replicas, ./owl up --replicas vision=2,llm=3 --detach
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { launchBrowser, PAGE, Site } from "./site.mjs";

const IMAGES = fileURLToPath(new URL("../../../../../docs/images/", import.meta.url));

const ends = [];
const context = await launchBrowser({ after: (end) => ends.push(end), afterEach: () => {} });
const take = async (what, name) => {
  await what.screenshot({ path: join(IMAGES, `${name}.png`), animations: "disabled" });
  console.log(`docs/images/${name}.png`);
};

try {
  const site = await Site.open(context);
  const { page } = site;
  await page.setViewportSize({ width: 1200, height: 1100 });

  await site.ask("Where is the purple cross?", "two-things.png", "sign.png");
  await site.answers.last().getByText("The way of this answer").click();
  await take(site.answers.last(), "page-journey");

  await site.button("Picture 1 of 2").click();
  await page.getByRole("dialog").waitFor();
  await site.button("What the model looks at").click();
  await page.getByRole("img", { name: /strongest in row/ }).waitFor();
  await take(page.getByRole("dialog"), "page-attention");
  await page.keyboard.press("Escape");

  for (let i = 0; i < 12; i++) {
    await site.ask(`What is ${i} and ${i + 1}?`);
  }
  await page.goto(`${PAGE}#/mesh`);
  await page.locator(".mesh").getByText("serving").first().waitFor();
  await take(page.locator(".mesh"), "page-mesh");
} finally {
  for (const end of ends) {
    await end();
  }
}
