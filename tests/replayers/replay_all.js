// Asks the browser's replayer under Node. A line of JSON in, a line of JSON out:
//   {"bundle": base64, "policy": text}              {"verdict", "differs": first step that differs or null, "why", "seconds"}
//   {"key", "alpha", "pi"}, in hex                  {"beta": hex or null}
//   {"chain", "round", "signature", "previous"}     {"randomness": hex or null}
"use strict";
const { readFileSync } = require("node:fs");
const path = require("node:path");

const folder = path.join(__dirname, "../../expertpool/audit/replayer");
const page = readFileSync(path.join(folder, "index.html"), "utf8");
const scripts = [...page.matchAll(/<script src="([\w-]+\.js)"/g)].map(([, name]) => name);
for (const name of scripts.slice(0, scripts.indexOf("replay.js") + 1)) require(path.join(folder, name));

const { replay, fromHex, hex, vrfOutput, CHAINS, beaconOutput } = globalThis.replayer;
const orNull = (bytes) => (bytes === null ? null : hex(bytes));

async function answer(asked) {
  if ("key" in asked) return { beta: orNull(vrfOutput(fromHex(asked.key), fromHex(asked.alpha), fromHex(asked.pi))) };
  if ("chain" in asked) {
    const previous = asked.previous === null ? null : fromHex(asked.previous);
    return { randomness: orNull(beaconOutput(CHAINS[asked.chain], asked.round, fromHex(asked.signature), previous)) };
  }
  const file = new Uint8Array(Buffer.from(asked.bundle, "base64"));
  const began = performance.now();
  const { verdict, steps, en } = await replay(file, asked.policy);
  const seconds = (performance.now() - began) / 1000;
  const differs = steps.find((step) => step.outcome === "differs");
  return { verdict, differs: differs?.name ?? null, why: differs?.en ?? en ?? "", seconds };
}

async function main() {
  for (const line of readFileSync(0, "utf8").split("\n").filter(Boolean)) {
    console.log(JSON.stringify(await answer(JSON.parse(line)).catch((error) => ({ failed: error.stack }))));
  }
}
main();
