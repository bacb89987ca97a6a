// SPDX-License-Identifier: Apache-2.0

/** Hands the credential to the mesh, which keeps it in a cookie that no script reads. */
const form = document.getElementById("sign-in") as HTMLFormElement;
const credential = document.getElementById("credential") as HTMLInputElement;
const problem = document.getElementById("problem")!;

/** The texts of this page in Chinese; all those of the other one need not be loaded for them. */
const ZH = {
  "OwlMesh: sign in": "OwlMesh：登录",
  "Sign in": "登录",
  "API key or token": "API 密钥或令牌",
  "Sign in with your organisation": "通过所属组织登录",
  "The mesh has no room right now. Try again in a moment.": "服务繁忙，请稍后再试。",
  "This key or token is not valid.": "此密钥或令牌无效。",
  "The mesh cannot be reached. Is it running?": "无法连接到网格。它在运行吗？",
};
type Words = keyof typeof ZH;

const speaksChinese = chosenLanguage().startsWith("zh");
const t = (text: Words) => (speaksChinese ? ZH[text] : text);

translate();

form.addEventListener("submit", (event) => {
  event.preventDefault();
  void signIn();
});

void offerProvider();
forgetDrafts();

/** As in language.ts: what a person chose, else what the device speaks. */
function chosenLanguage(): string {
  try {
    return localStorage.getItem("owl-language") ?? navigator.language;
  } catch {
    return navigator.language;
  }
}

function translate(): void {
  document.documentElement.lang = speaksChinese ? "zh" : "en";
  document.title = t("OwlMesh: sign in");
  for (const element of document.querySelectorAll("h1, label, button, a")) {
    element.textContent = t(element.textContent as Words);
  }
}

/** What was being written is for nobody else's eyes. */
function forgetDrafts(): void {
  try {
    sessionStorage.clear();
  } catch {
    // Storage may be forbidden: then nothing is kept.
  }
}

/** Shows the way to the identity provider where there is one. */
async function offerProvider(): Promise<void> {
  try {
    const response = await fetch("api/sign-in");
    const { provider } = (await response.json()) as { provider: boolean };
    document.getElementById("provider")!.hidden = !provider;
  } catch {
    // The form is there; whoever sends it hears what is wrong.
  }
}

async function signIn(): Promise<void> {
  problem.textContent = "";
  try {
    const response = await fetch("api/sign-in", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ credential: credential.value.trim() }),
    });
    if (response.ok) {
      location.replace(`./${location.hash}`);
      return;
    }
    problem.textContent =
      response.status === 429
        ? t("The mesh has no room right now. Try again in a moment.")
        : t("This key or token is not valid.");
  } catch {
    problem.textContent = t("The mesh cannot be reached. Is it running?");
  }
}
