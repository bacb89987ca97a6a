// SPDX-License-Identifier: Apache-2.0

/** Hands the credential to the mesh, which keeps it in a cookie that no script reads. */
const form = document.getElementById("sign-in") as HTMLFormElement;
const credential = document.getElementById("credential") as HTMLInputElement;
const problem = document.getElementById("problem")!;

form.addEventListener("submit", (event) => {
  event.preventDefault();
  void signIn();
});

void offerProvider();
forgetDrafts();

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
        ? "The mesh has no room right now. Try again in a moment."
        : "This key or token is not valid.";
  } catch {
    problem.textContent = "The mesh cannot be reached. Is it running?";
  }
}
