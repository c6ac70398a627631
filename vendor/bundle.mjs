// Writes what the book publishes of other people's JavaScript: one classic script, with the versions
// and licences of all that is in it beside it. `make vendor` runs this after `npm ci`.

import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

const TO = "../autograder/static/on_demand/vendor";

// The packages from which the bundle took anything, by name.
function packages(metafile) {
  const [{ inputs }] = Object.values(metafile.outputs);
  const used = Object.entries(inputs).filter(([, { bytesInOutput }]) => bytesInOutput);
  const names = used.map(([path]) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1]);
  return [...new Set(names.filter(Boolean))].sort();
}

function licence(name) {
  const folder = `node_modules/${name}`;
  const { version, license } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  const text = readFileSync(`${folder}/${file}`, "utf8").trim();
  return { name, version, text: `${name} ${version} (${license})\n\n${text}\n` };
}

async function bundle(name, global) {
  const { metafile, outputFiles } = await build({
    entryPoints: [`${name}.js`],
    bundle: true,
    format: "iife",
    globalName: global,
    legalComments: "none", // all of them stand in the file beside it
    metafile: true,
    minify: true,
    target: "es2022",
    write: false,
  });
  const parts = packages(metafile).map(licence);
  const versions = parts.map((part) => `${part.name} ${part.version}`).join(", ");
  const head = `/* ${versions}; licences: ${name}.LICENSES.txt */\n`;
  writeFileSync(`${TO}/${name}.js`, head + outputFiles[0].text);
  const rule = `\n${"-".repeat(72)}\n\n`;
  writeFileSync(`${TO}/${name}.LICENSES.txt`, parts.map(({ text }) => text).join(rule));
}

await bundle("codemirror", "CodeMirror");
