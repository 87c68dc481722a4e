"""The status page's style, as it stands in the page. System fonts only: nothing is fetched from anywhere."""

from typing import Final

STYLE: Final = """
:root {
  color-scheme: light dark;
  --paper: #f6f4ef; --sheet: #fffefb; --ink: #1d2430; --soft: #5c6573; --line: #e2ddd2; --link: #1f5a8a;
  --seal: #b23a2e; --code: #f1ede4; --good: #1b6b46; --wait: #7f5200; --bad: #a3271b;
  --good-sheet: #e3f1e8; --wait-sheet: #f9eccf; --bad-sheet: #fbe6e2;
  --shadow: 0 1px 2px rgb(40 30 10 / 6%), 0 8px 24px rgb(40 30 10 / 5%);
  --sans: system-ui, -apple-system, "Segoe UI", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC",
    sans-serif;
  --serif: "Songti SC", "Source Han Serif SC", "Noto Serif CJK SC", "Noto Serif SC", SimSun, Georgia, serif;
  --mono: ui-monospace, "SF Mono", "Cascadia Code", Consolas, "DejaVu Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171c; --sheet: #1c2027; --ink: #e8e6e1; --soft: #a2a9b4; --line: #2e343e; --link: #86b8e0;
    --seal: #e0705f; --code: #12151a; --good: #8bd3ab; --wait: #ecc675; --bad: #ff9d8f;
    --good-sheet: #183427; --wait-sheet: #3a2e14; --bad-sheet: #43201b;
    --shadow: 0 1px 2px rgb(0 0 0 / 40%);
  }
}
*, *::before, *::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0 auto; max-width: 62rem; padding: 0 1.25rem 3rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.7 var(--sans); overflow-wrap: break-word;
}
a { color: var(--link); }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; border-radius: 4px; }
header {
  display: flex; justify-content: space-between; align-items: center; gap: 1rem; padding: 1.1rem 0;
  border-bottom: 1px solid var(--line);
}
header strong { font-weight: 600; }
header span { color: var(--soft); font-size: 0.9rem; }
.language {
  flex: none; padding: 0.3rem 0.9rem; border: 1px solid var(--line); border-radius: 99px; background: var(--sheet);
  font-size: 0.875rem; text-decoration: none;
}
.hero { padding: clamp(1.75rem, 5vw, 3rem) 0 clamp(1.25rem, 3vw, 2rem); }
h1 { margin: 0 0 0.6rem; font: 700 clamp(1.9rem, 1.2rem + 3vw, 3rem)/1.25 var(--serif); text-wrap: balance; }
h1::before {
  content: ""; display: inline-block; width: 0.42em; height: 0.42em; margin-right: 0.5em; border-radius: 50%;
  background: currentcolor; vertical-align: 0.12em;
}
.good { color: var(--good); } .wait { color: var(--wait); } .bad { color: var(--bad); }
.lead { margin: 0; max-width: 46rem; color: var(--soft); font-size: clamp(1rem, 0.95rem + 0.3vw, 1.1rem); }
section {
  margin-bottom: 1.1rem; padding: clamp(1.1rem, 3vw, 1.9rem); border: 1px solid var(--line); border-radius: 14px;
  background: var(--sheet); box-shadow: var(--shadow);
}
section.alarm { border: 2px solid var(--bad); background: var(--bad-sheet); }
section.asked { border-color: var(--wait); background: var(--wait-sheet); }
h2 { margin: 0 0 1rem; font-size: 1.05rem; line-height: 1.4; }
h2::before {
  content: ""; display: inline-block; width: 0.28em; height: 0.95em; margin-right: 0.6em; border-radius: 1px;
  background: var(--seal); vertical-align: -0.1em;
}
.pair { display: grid; gap: 0 1.1rem; align-items: stretch; }
.pair > * { min-width: 0; }
.pair > div { display: flex; flex-direction: column; }
.pair > div > section:last-child { flex: 1; }
@media (min-width: 46rem) { .pair { grid-template-columns: 1fr 1fr; } }
.figure { margin: 0; font: 700 clamp(2.6rem, 2rem + 4vw, 4rem)/1 var(--serif); font-variant-numeric: tabular-nums; }
.unit { margin: 0.4rem 0 0; color: var(--soft); }
dl { margin: 1.2rem 0 0; }
dl > div {
  display: grid; grid-template-columns: 8.5rem 1fr; gap: 0.1rem 1.2rem; padding: 0.55rem 0;
  border-top: 1px solid var(--line);
}
dl > div:last-child { padding-bottom: 0; }
dt { color: var(--soft); }
dd { margin: 0; min-width: 0; font-variant-numeric: tabular-nums; }
@media (max-width: 30rem) { dl > div { grid-template-columns: 1fr; } }
.ago, small { color: var(--soft); font-size: 0.9em; }
code { font: 0.88em/1.6 var(--mono); overflow-wrap: anywhere; }
pre { margin: 0.6rem 0 0; padding: 0.7rem 0.9rem; border: 1px solid var(--line); border-radius: 8px;
  background: var(--code); overflow-x: auto; }
.alarm pre, .asked pre { background: var(--sheet); }
ul { margin: 0; padding: 0; list-style: none; }
li { padding: 0.6rem 0; border-top: 1px solid var(--line); }
li:first-child { padding-top: 0; border-top: 0; }
li:last-child { padding-bottom: 0; }
.none { margin: 0; color: var(--soft); }
meter { width: 100%; height: 0.7rem; margin: 0; }
details summary { cursor: pointer; color: var(--link); padding: 0.4rem 0; }
footer { padding-top: 0.6rem; color: var(--soft); font-size: 0.9rem; }
"""
