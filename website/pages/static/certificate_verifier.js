// Verifies a certificate: an Open Badges 3.0 credential as a JSON web token, signed with Ed25519.
// The browser's own cryptography checks it against the key that the build put into this page; no
// request is made. The key inside the token is never trusted.

const published = JSON.parse(document.getElementById("llb-issuer").textContent);
const box = document.getElementById("llb-token");
const picker = document.querySelector(".llb-verify input");
const verdict = document.getElementById("llb-verdict");

class Refused extends Error {}

// ---- A token in parts. Only the canonical spelling is taken: base64 has unused bits, in which a
// changed character would go unnoticed.

const NO_TOKEN = "it is no signed token, or not a whole one";

function bytes(part) {
  const plain = part.replaceAll("-", "+").replaceAll("_", "/");
  try {
    const text = atob(plain);
    if (part && btoa(text).replaceAll("=", "") === plain && !/[+/]/.test(part)) {
      return Uint8Array.from(text, (sign) => sign.charCodeAt(0));
    }
  } catch {
    // said below
  }
  throw new Refused(NO_TOKEN);
}

function json(part) {
  const raw = bytes(part);
  try {
    return Object(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(raw)));
  } catch {
    throw new Refused("it cannot be read, so a character of it was changed");
  }
}

// ---- Its signature.

async function isSigned(jwk, signature, signed) {
  const { kty, crv, x } = jwk;
  const key = await crypto.subtle.importKey("jwk", { kty, crv, x }, "Ed25519", false, ["verify"]);
  return crypto.subtle.verify("Ed25519", key, signature, new TextEncoder().encode(signed));
}

async function checkSignature(token) {
  const [head, body, signature, ...more] = token.split(".");
  if (signature === undefined || more.length) throw new Refused(NO_TOKEN);
  const { alg, typ, jwk } = json(head);
  const raw = bytes(signature);
  const signed = `${head}.${body}`;
  if (!(await isSigned(published.jwk, raw, signed))) {
    const other =
      jwk?.x !== published.jwk.x && (await isSigned(jwk, raw, signed).catch(() => false));
    throw new Refused(
      other
        ? "it is signed with another key than this book publishes"
        : "its signature does not match what it says: a character of it was changed",
    );
  }
  if (alg !== "EdDSA" || typ !== "JWT") throw new Refused("it is no token of this kind");
  return json(body);
}

// ---- What it says: the token's claims repeat the credential's (Open Badges 3.0, section 8.2.6.1).

const seconds = (stamp) => (stamp === undefined ? undefined : Date.parse(stamp) / 1000);

function checkClaims(badge) {
  const said = [
    [badge.iss, badge.issuer?.id],
    [badge.jti, badge.id],
    [badge.sub, badge.credentialSubject?.id],
    [badge.nbf, seconds(badge.validFrom)],
    [badge.exp, seconds(badge.validUntil)],
  ];
  const whole = said.slice(0, 4).every(([claim]) => claim !== undefined);
  if (
    !whole ||
    said.some(([claim, value]) => claim !== value) ||
    ![badge.type].flat().includes("OpenBadgeCredential")
  ) {
    throw new Refused("it is no Open Badges credential");
  }
  const now = Date.now() / 1000;
  if (badge.nbf > now) throw new Refused(`it does not hold before ${day(badge.validFrom)}`);
  if (badge.exp <= now) throw new Refused(`it has expired on ${day(badge.validUntil)}`);
}

// ---- What is shown.

const day = (stamp) =>
  new Date(stamp).toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric" });

function element(tag, ...inside) {
  const made = document.createElement(tag);
  made.append(...inside);
  return made;
}

function facts({ issuer, validFrom, validUntil, credentialSubject: subject, id }) {
  const { achievement, identifier, result } = subject;
  const name = identifier?.find(({ identityType }) => identityType === "name")?.identityHash;
  const [{ valueMax } = {}] = achievement.resultDescription ?? [];
  const [{ value } = {}] = result ?? [];
  const rows = {
    For: name ?? subject.id,
    What: `${achievement.name}. ${achievement.description}`,
    Points: value && `${value} of ${valueMax}`,
    Criterion: achievement.criteria?.narrative,
    "Given by": issuer.name ?? issuer.id,
    On: day(validFrom),
    "Valid until": validUntil && day(validUntil),
    Number: id,
  };
  const known = Object.entries(rows).filter(([, what]) => what);
  return element(
    "dl",
    ...known.flatMap(([term, what]) => [element("dt", term), element("dd", what)]),
  );
}

function show(state, ...inside) {
  verdict.dataset.verdict = state;
  verdict.replaceChildren(...inside);
}

async function supported() {
  try {
    await isSigned(published.jwk, new Uint8Array(64), "");
    return true;
  } catch {
    return false;
  }
}

let turn = 0; // what is typed last counts, not what is verified last

async function verify() {
  const mine = ++turn;
  const token = box.value.trim();
  let shown = ["", ""];
  if (token && !(await supported())) {
    shown = [
      "unknown",
      element(
        "p",
        "This browser cannot verify it: that takes Ed25519, which newer " +
          "browsers have, on pages that come over https or from a file. The certificate may be good.",
      ),
    ];
  } else if (token) {
    try {
      const badge = await checkSignature(token);
      checkClaims(badge);
      shown = ["good", element("p", element("strong", "Genuine and unchanged.")), facts(badge)];
    } catch (error) {
      const why = error instanceof Refused ? error.message : "it is no Open Badges credential";
      shown = ["bad", element("p", element("strong", "Refused: "), `${why}.`)];
    }
  }
  if (mine === turn) show(...shown);
}

function take(text) {
  box.value = text;
  verify();
}

function takeAddress() {
  const fragment = location.hash.slice(1);
  if (fragment.split(".").length === 3) take(fragment);
}

box.addEventListener("input", verify);
box.addEventListener("dragover", (event) => event.preventDefault());
box.addEventListener("drop", async (event) => {
  const [file] = event.dataTransfer.files;
  if (!file) return; // text, which the box takes by itself
  event.preventDefault();
  take(await file.text());
});
picker.previousElementSibling.addEventListener("click", () => picker.click());
picker.addEventListener("change", async () => {
  const [file] = picker.files;
  if (file) take(await file.text());
  picker.value = "";
});
addEventListener("hashchange", takeAddress);
takeAddress();
