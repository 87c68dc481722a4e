// What the page says, in both languages, and how it makes elements.
"use strict";
(() => {
  const root = document.documentElement;

  /** A text in both languages; the style sheet shows the reader's. */
  function both(zh, en) {
    const text = document.createDocumentFragment();
    text.append(el("span", { class: "zh", lang: "zh-CN" }, zh), el("span", { class: "en", lang: "en" }, en));
    return text;
  }

  /** An element with attributes and children; texts are never read as markup. */
  function el(tag, attributes = {}, ...children) {
    return made(document.createElement(tag), attributes, children);
  }

  /** The same for a drawing. */
  function svg(tag, attributes = {}, ...children) {
    return made(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
  }

  function made(element, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) {
      if (value === true) element.setAttribute(name, "");
      else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
    }
    element.append(...children.filter((child) => child !== null));
    return element;
  }

  function chooseLanguage(lang) {
    root.className = `in-${lang}`;
    root.lang = lang === "zh" ? "zh-CN" : "en";
  }

  const asked = new URLSearchParams(location.search).get("lang");
  chooseLanguage(asked === "zh" || asked === "en" ? asked : navigator.language.startsWith("zh") ? "zh" : "en");
  document.getElementById("language").addEventListener("click", () => {
    chooseLanguage(root.className === "in-zh" ? "en" : "zh");
  });

  const TITLES = {
    format: ["文件格式", "Form of the file"],
    checkpoint: ["账本签名与外部共签", "Signatures on the ledger"],
    entries: ["账本条目", "Entries of the ledger"],
    intent: ["抽取意向", "The intent"],
    order: ["先后次序", "Order of events"],
    table: ["候选名单", "Table of candidates"],
    contributions: ["各方随机贡献", "Contributions"],
    beacon: ["公共随机信标", "Public beacon"],
    seed: ["随机种子", "Seed"],
    panel: ["抽取结果", "The panel"],
    struck: ["开标后的回避", "Recusals after the opening"],
    vacancies: ["补抽", "Vacancies"],
    lots: ["项目与标段", "Project and lots"],
    request: ["抽取申请", "The request"],
    roster: ["专家名册", "The roster"],
    decisions: ["逐人资格认定", "Decisions on every candidate"],
    recusals: ["逐人回避认定", "Decisions on recusals"],
    causes: ["空缺原因", "Causes of the vacancies"],
    "only-intent": ["是否重复抽取", "No other draw"],
    "only-roster": ["名册是否完整", "Whole roster"],
  };

  const OUTCOMES = {
    ok: ["一致", "ok"],
    differs: ["不一致", "differs"],
    "not-proven": ["未能证实", "not proven"],
    "not-checked": ["没有核对", "not checked"],
  };

  const VERDICTS = {
    proven: ["已证实", "Proven"],
    refuted: ["不能成立", "Refuted"],
    "not-proven": ["未能证实", "Not proven"],
    unreadable: ["读不出来", "Unreadable"],
  };

  Object.assign(replayer, { both, el, svg, TITLES, OUTCOMES, VERDICTS });
})();
