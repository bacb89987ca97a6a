// SPDX-License-Identifier: Apache-2.0
// Prints a line for each document of a manifest that is not of its type: kind, name, and what is wrong. Reads the
// manifest at standard input.
import { text } from "node:stream/consumers";
import { parseAllDocuments } from "yaml";

const PACKAGES = [
  "kubernetes-models",
  "@kubernetes-models/gateway-api",
  "@kubernetes-models/keda",
  "@kubernetes-models/prometheus-operator",
];

/** The class of a resource; fails if none of the packages knows it. */
async function type({ apiVersion, kind }) {
  for (const name of PACKAGES) {
    try {
      const types = await import(`${name}/${apiVersion}`);
      if (types[kind]) {
        return types[kind];
      }
    } catch (error) {
      if (error.code !== "ERR_PACKAGE_PATH_NOT_EXPORTED") {
        throw error;
      }
    }
  }
  throw new Error("no package has this type");
}

let checked = 0;
for (const document of parseAllDocuments(await text(process.stdin))) {
  const resource = document.toJS();
  if (resource === null) {
    continue;
  }
  checked++;
  try {
    const Type = await type(resource);
    new Type(resource).validate();
  } catch (error) {
    console.log(`${resource.kind} ${resource.metadata?.name}: ${error.message}`);
  }
}
console.log(`${checked} checked`);
