// Writes what the book publishes of other people's work, with versions and licences beside it:
// CodeMirror, bundled into one classic script, Thebe as its authors bundled it, and what text and
// formulas need of their fonts. `make vendor` runs this after `npm ci`.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { build } from "esbuild";
import subsetFont from "subset-font";

const TO = "../website/pages/static/on_demand/vendor";
const TEXT_FONT_TO = "../widgets/static";
const RULE = `\n${"-".repeat(72)}\n\n`;
const PACKAGE = /node_modules\/((?:@[^/]+\/)?[^/]+)/g;
const JUPYTERLAB = "../.venv/share/jupyter/lab/static/third-party-licenses.json";
const FONT = "@fontsource/stix-two-math";
const TEXT_FONT = "@fontsource-variable/public-sans";
const TEXT_FONT_AT_REST = "@fontsource/public-sans"; // one weight a file, for those who know no axes
// ASCII, the slanted letters that MathML makes of single ones, and operators.
const range = (from, to) =>
  String.fromCodePoint(...Array.from({ length: to - from }, (_, at) => from + at));
const IN_FORMULAS =
  `${range(0x20, 0x7f)}\u00a0${range(0x1d434, 0x1d468)}\u210e${range(0x1d6fc, 0x1d70f)}` +
  "\u2212\u00d7\u00b1\u00b7\u2264\u2265\u2260\u2248\u221e\u2202\u2207\u2211\u220f\u222b\u221a\u2208" +
  "\u2192\u2190\u2194\u21a6\u21d2\u2032\u2026\u22ef\u2016\u221d\u2218\u2299\u22a4\u27e8\u27e9\u2308\u2309\u230a\u230b";
const IN_TEXT =
  `${range(0x20, 0x7f)}\u00a0\u00a9\u00ab\u00b0\u00b1\u00b2\u00b3\u00b7\u00bb\u00bd\u00d7\u00df` +
  "\u00e0\u00e4\u00e7\u00e8\u00e9\u00f1\u00f6\u00f7\u00fc\u2013\u2014\u2018\u2019\u201c\u201d\u2022\u2026" +
  "\u2032\u2190\u2191\u2192\u2193\u2212\u2248\u2260\u2264\u2265";

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

// In the sheet itself: a font that came later would move the lines that are being read.
async function mathFont() {
  const { version } = json(`node_modules/${FONT}/package.json`);
  const whole = readFileSync(`node_modules/${FONT}/files/stix-two-math-latin-400-normal.woff2`);
  const font = await subsetFont(whole, IN_FORMULAS, {
    targetFormat: "woff2",
    noHinting: true,
    dropTables: ["GDEF", "GPOS"],
  });
  const head = `/* ${FONT} ${version}, in part; licence: math.LICENSES.txt */\n`;
  const source = `url(data:font/woff2;base64,${font.toString("base64")}) format("woff2")`;
  const points = [...IN_FORMULAS].map((each) => `U+${each.codePointAt(0).toString(16)}`);
  const sheet =
    `@font-face{font-family:"STIX Two Math, in part";src:${source};unicode-range:${points}}\n` +
    'math{font-family:"STIX Two Math, in part","STIX Two Math","Cambria Math",math}\n';
  writeFileSync(`${TO}/math.css`, head + sheet);
  writeFileSync(`${TO}/math.LICENSES.txt`, licence(FONT).text);
}

// Public Sans tells l, I and 1 apart, and its digits are equally wide. Pages get all weights in one
// file and slant it themselves; matplotlib gets two, since it reads no compressed font.
async function textFont() {
  const cut = async (name, from, options) => {
    const whole = readFileSync(`node_modules/${from}.woff2`);
    const font = await subsetFont(whole, IN_TEXT, {
      noHinting: true,
      dropTables: ["GSUB", "GDEF"],
      ...options,
    });
    writeFileSync(`${TEXT_FONT_TO}/${name}`, font);
  };
  const weights = { wght: { min: 400, max: 700 } };
  const inPages = { targetFormat: "woff2", variationAxes: weights };
  await cut("public-sans.woff2", `${TEXT_FONT}/files/public-sans-latin-wght-normal`, inPages);
  for (const [name, style] of [
    ["Regular", "normal"],
    ["Italic", "italic"],
  ]) {
    const from = `${TEXT_FONT_AT_REST}/files/public-sans-latin-400-${style}`;
    await cut(`PublicSans-${name}.ttf`, from, { targetFormat: "truetype" });
  }
  writeFileSync(`${TEXT_FONT_TO}/PublicSans.LICENSE.txt`, licence(TEXT_FONT).text);
}

await bundle("codemirror", "CodeMirror");
await textFont();
await mathFont();
thebe();
