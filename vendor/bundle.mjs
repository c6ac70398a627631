// Writes what the book publishes of other people's JavaScript, with versions and licences beside it:
// CodeMirror, bundled into one classic script, and Thebe as its authors bundled it. `make vendor`
// runs this after `npm ci`.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { build } from "esbuild";

const TO = "../autograder/static/on_demand/vendor";
const RULE = `\n${"-".repeat(72)}\n\n`;
const PACKAGE = /node_modules\/((?:@[^/]+\/)?[^/]+)/g;
const JUPYTERLAB = "../.venv/share/jupyter/lab/static/third-party-licenses.json";

const json = (path) => JSON.parse(readFileSync(path, "utf8"));
const sorted = (names) => [...new Set(names.filter(Boolean))].sort();
const packageOf = (path) => [...path.matchAll(PACKAGE)].at(-1)?.[1];

// The packages from which the bundle took anything, by name.
function packages(metafile) {
  const [{ inputs }] = Object.values(metafile.outputs);
  const used = Object.entries(inputs).filter(([, { bytesInOutput }]) => bytesInOutput);
  return sorted(used.map(([path]) => packageOf(path)));
}

function licenceIn(folder) {
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  return readFileSync(`${folder}/${file}`, "utf8").trim();
}

function licence(name) {
  const folder = `node_modules/${name}`;
  const { version, license } = json(`${folder}/package.json`);
  return { name, version, text: `${name} ${version} (${license})\n\n${licenceIn(folder)}\n` };
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
  writeFileSync(`${TO}/${name}.LICENSES.txt`, parts.map(({ text }) => text).join(RULE));
}

// A package as it is published, without the packages that it would bring: they are bundled in it.
function fetched(name) {
  const { version, integrity } = json("package.json").bundled[name];
  const folder = mkdtempSync(`${tmpdir()}/vendor-`);
  const pack = ["pack", `${name}@${version}`, "--silent", "--pack-destination", folder];
  const archive = `${folder}/${execFileSync("npm", pack, { encoding: "utf8" }).trim()}`;
  const found = `sha512-${createHash("sha512").update(readFileSync(archive)).digest("base64")}`;
  if (found !== integrity) throw new Error(`${name} ${version}: ${found}, expected ${integrity}`);
  execFileSync("tar", ["xzf", archive, "-C", folder]);
  return { folder: `${folder}/package`, version };
}

// What Thebe's authors say of its parts, and JupyterLab, which has most of them, of the same.
function thebe() {
  const { folder, version } = fetched("thebe-core");
  const script = `${folder}/dist/lib/thebe-core.min.js`;
  const known = new Map(json(JUPYTERLAB).packages.map((part) => [part.name, part]));
  const jupyter = readFileSync("jupyter.LICENSE.txt", "utf8").trim();
  const names = sorted(json(`${script}.map`).sources.map(packageOf));
  const text = (name) =>
    /^@(jupyter|lumino)/.test(name) ? "Project Jupyter, as below" : known.get(name)?.extractedText;
  const texts = names.map((name) => `${name}\n\n${(text(name) ?? licence(name).text).trim()}\n`);
  const own = `thebe-core ${version}\n\n${licenceIn(folder)}\n`;
  const theirs = readFileSync(`${script}.LICENSE.txt`, "utf8");
  const all = [own, theirs, ...texts, `Project Jupyter\n\n${jupyter}\n`];
  writeFileSync(`${TO}/thebe-core.min.js`, readFileSync(script));
  writeFileSync(`${TO}/thebe-core.LICENSES.txt`, all.join(RULE));
}

await bundle("codemirror", "CodeMirror");
thebe();
