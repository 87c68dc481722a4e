// A bundle, replayed: docs/spec/bundle.md, section 4. `await replayer.replay(bytes, policy text)` gives the report.
"use strict";
(() => {
  const { Differs, NotProven, NotChecked, readArchive, readMembers, readTrust, logSteps, drawSteps } = replayer;

  /** The steps in order: what each rests on, and what it does. */
  const STEPS = [
    ["format", [], format],
    ["checkpoint", ["format"], (state, trust) => logSteps.checkpoint(state, trust)],
    ["entries", ["format"], logSteps.entries],
    ["intent", ["entries"], logSteps.intent],
    ["order", ["intent"], logSteps.order],
    ["table", ["intent"], drawSteps.table],
    ["contributions", ["order"], drawSteps.contributions],
    ["beacon", ["order"], drawSteps.beacon],
    ["seed", ["contributions", "beacon"], drawSteps.seed],
    ["panel", ["seed", "table"], (state, trust, pause) => drawSteps.panel(state, pause)],
    ["struck", ["table", "order"], drawSteps.struck],
    ["vacancies", ["panel", "struck"], (state, trust, pause) => drawSteps.vacancies(state, pause)],
    ["lots", ["intent"], drawSteps.lots],
    ["request", [], onlyAuditors],
    ["roster", [], onlyAuditors],
    ["decisions", [], onlyAuditors],
    ["recusals", [], onlyAuditors],
    ["causes", [], onlyAuditors],
    ["only-intent", [], onlyWholeLog],
    ["only-roster", [], onlyWholeLog],
  ];

  function format(state) {
    const { table, ...parts } = readMembers(state.members);
    Object.assign(state, parts, { tableData: table });
    return ["文件齐全，格式符合规范。", "All members are there, in the form of the specification."];
  }

  function onlyAuditors(state) {
    if (state.header?.kind === "audit") {
      throw new NotChecked("这是审计版证明包，本程序只核对其中公开的部分；此步请用命令行程序核对。",
        "This is an auditor's bundle, of which this program checks the public part; the command line checks this step.");
    }
    throw new NotChecked("公开版证明包不含个人资料，此步只有审计版能够核对。",
      "A public bundle has no personal data; only an auditor's bundle shows this.");
  }

  function onlyWholeLog() {
    throw new NotChecked("证明包本身不能说明没有遗漏；请用命令行程序和整个账本的副本来查。",
      "A bundle cannot show that nothing was left out of it: use the command line with a copy of the whole log.");
  }

  async function take(name, needs, run, state, trust, pause, outcomes) {
    if (needs.some((need) => !["ok", "not-proven", "nothing"].includes(outcomes.get(need)))) {
      return { name, outcome: "not-checked", zh: "它所依据的一步没有通过。", en: "It rests on a step that did not hold." };
    }
    try {
      const [zh, en] = await run(state, trust, pause);
      return { name, outcome: "ok", zh, en };
    } catch (error) {
      const outcome = error instanceof Differs ? "differs" : error instanceof NotProven ? "not-proven"
        : error instanceof NotChecked ? "not-checked" : null;
      if (outcome === null) throw error;
      return { name, outcome, nothing: outcome === "not-checked", zh: error.zh, en: error.en };
    }
  }

  /**
   * Replay the bytes of a bundle. `policy` is the text of the verifier's policy, or "". `tell(name)` is awaited before
   * each step and, without a name, now and then within long ones. Gives {verdict, steps, state}.
   */
  async function replay(file, policy, tell = async () => {}) {
    const state = {};
    let trust;
    try {
      trust = readTrust(policy);
      state.members = readArchive(file);
    } catch (error) {
      if (!(error instanceof Differs)) throw error;
      return { verdict: "unreadable", steps: [], state, zh: error.zh, en: error.en };
    }
    const steps = [];
    const outcomes = new Map();
    for (const [name, needs, run] of STEPS) {
      await tell(name);
      const step = await take(name, needs, run, state, trust, tell, outcomes);
      steps.push(step);
      outcomes.set(name, step.nothing ? "nothing" : step.outcome);
    }
    const checkpoint = steps.find((step) => step.name === "checkpoint");
    const verdict = steps.some((step) => step.outcome === "differs") ? "refuted"
      : checkpoint.outcome === "ok" ? "proven" : "not-proven";
    return { verdict, steps, state };
  }

  Object.assign(replayer, { replay });
})();
