// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/report/HtmlPage.h"

#include "core/base/Text.h"
#include "core/report/HtmlText.h"

#include <fmt/format.h>

namespace pleat {

namespace {

constexpr std::string_view style = R"css(
:root { color-scheme: light dark; --window: #f6f7f9; --panel: #fff; --line: #e2e5ea; --text: #1f2530; --quiet: #646b79;
  --after: #2f6fed; --before: #9aa4b5; --edge: #5b6576; --good: #167a4a; --bad: #8f5a05; --area: #2f6fed33; --warm: #fdf5e8; }
@media (prefers-color-scheme: dark) { :root { --window: #1b1e24; --panel: #23272f; --line: #343a45; --text: #e6e9ee;
  --quiet: #9aa3b2; --after: #6ea0ff; --before: #7b8599; --edge: #b4bccb; --good: #3cc98a; --bad: #e6a23c; --area: #6ea0ff40;
  --warm: #2e2a23; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--window); color: var(--text); font: 14px/1.45 Inter, "Noto Sans", system-ui, sans-serif; }
main { max-width: 1240px; margin: 0 auto; padding: 32px 24px 48px; }
h1 { font-size: 24px; font-weight: 600; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 16px; font-weight: 600; margin: 32px 0 8px; }
p { margin: 0 0 8px; max-width: 130ch; }
.q, footer, .hint { color: var(--quiet); }
.hint { font-size: 13px; max-width: none; }
.card { background: var(--panel); border: 1px solid var(--line); border-radius: 8px; padding: 12px 16px; overflow-x: auto; }
.figures { display: flex; flex-wrap: wrap; gap: 12px; margin: 24px 0 12px; }
.figures div { flex: 1 1 150px; background: var(--panel); border: 1px solid var(--line); border-radius: 8px; padding: 12px 16px; }
.figures b { display: block; font-size: 26px; font-weight: 600; line-height: 1.2; font-variant-numeric: tabular-nums; }
.figures .alarm b { color: var(--bad); }
.facts th { text-align: left; font-weight: 400; color: var(--quiet); padding: 3px 24px 3px 0; vertical-align: top; white-space: nowrap; }
.facts td { padding: 3px 0; overflow-wrap: anywhere; }
code { font: 12px/1.5 "JetBrains Mono", "Noto Sans Mono", ui-monospace, monospace; overflow-wrap: anywhere; }
.hazard { background: var(--warm); border: 1px solid var(--line); border-left: 3px solid var(--bad); border-radius: 6px;
  padding: 10px 16px; margin: 0 0 8px; }
.hazard b { font-weight: 600; }
.hazard p, .hazard ul { margin: 4px 0 0; max-width: 100ch; }
.hazard ul { padding-left: 20px; }
.hazard li { overflow-wrap: anywhere; }
.calm { border-left-color: var(--good); background: var(--panel); }
table { border-collapse: collapse; width: 100%; font-size: 13px; font-variant-numeric: tabular-nums; }
.sortable th { text-align: left; vertical-align: bottom; border-bottom: 1px solid var(--line); padding: 0 12px 6px 0;
  font-weight: 400; font-size: 12px; }
.sortable th button { all: unset; cursor: pointer; color: var(--quiet); }
.sortable th button:hover, .sortable th[aria-sort] button { color: var(--text); }
.sortable th button:focus-visible, summary:focus-visible { outline: 2px solid var(--after); outline-offset: 2px; border-radius: 3px; }
.sortable th[aria-sort=ascending] button::after { content: " ↑"; }
.sortable th[aria-sort=descending] button::after { content: " ↓"; }
.sortable td { padding: 7px 12px 0 0; vertical-align: top; }
.sortable tbody { border-bottom: 1px solid var(--line); }
.sortable tbody:last-child { border-bottom: 0; }
.sortable .n { text-align: right; white-space: nowrap; }
.sortable tr > .n:last-child { padding-right: 0; }
.sortable td.name { overflow-wrap: anywhere; min-width: 200px; font-weight: 500; }
.sortable .more td { padding: 1px 0 7px; font-size: 12px; color: var(--quiet); overflow-wrap: anywhere; }
.single td { padding-bottom: 7px; }
.range { display: flex; gap: 8px; justify-content: flex-end; font-size: 12px; line-height: 17px; }
.range svg { flex: none; }
.range > span { min-width: 134px; }
summary { cursor: pointer; }
.plots { display: flex; flex-wrap: wrap; gap: 8px 24px; padding: 10px 0 6px; }
.plots figure { flex: 1 1 380px; max-width: 640px; margin: 0; }
figcaption { font-size: 12px; color: var(--quiet); }
.note { color: var(--bad); }
svg.plot { width: 100%; display: block; }
svg text { font: 11px Inter, "Noto Sans", system-ui, sans-serif; fill: var(--quiet); font-variant-numeric: tabular-nums; }
.before { fill: var(--before); stroke: none; } .after { fill: var(--after); stroke: none; }
.bar { fill: none; } .before.bar { stroke: var(--before); } .after.bar { stroke: var(--after); }
.area { fill: var(--area); stroke: var(--after); } .edge { fill: none; stroke: var(--edge); stroke-width: 1.2; }
.zero { stroke: var(--quiet); stroke-opacity: .6; fill: none; }
.key i { display: inline-block; width: 10px; height: 10px; border-radius: 2px; margin: 0 5px 0 10px; }
.code { display: inline-block; border: 1px solid var(--line); border-radius: 10px; padding: 0 8px; font-size: 12px; color: var(--bad); white-space: nowrap; }
footer { margin-top: 32px; font-size: 13px; }
@media print { :root { color-scheme: light; --window: #fff; --panel: #fff; --line: #ccc; --text: #000; --quiet: #444; --after: #2f6fed;
  --before: #9aa4b5; --edge: #5b6576; --good: #167a4a; --bad: #8f5a05; --area: #2f6fed33; --warm: #fff; }
  body { font-size: 10px; } td, th { padding-left: 5px; padding-right: 5px; } main { max-width: none; padding: 0; } .card { overflow: visible; } tbody, .hazard, .plots { break-inside: avoid; }
  * { print-color-adjust: exact; } @page { size: landscape; margin: 12mm; } }
)css";

constexpr std::string_view script = R"js(
'use strict';
function sort(head, up) {
  const table = head.closest('table'), column = [...head.parentNode.children].indexOf(head), isNumber = head.className === 'n';
  const rows = [...table.tBodies].map(body => {
    const cell = body.rows[0].cells[column], given = cell.dataset.v;
    return [body, isNumber ? (given === undefined ? NaN : Number(given)) : cell.textContent.trim()];
  });
  const order = (a, b) => isNumber ? a - b || 0 : a.localeCompare(b, undefined, { numeric: true });
  rows.sort(([, a], [, b]) => a !== a || b !== b ? (a !== a) - (b !== b) : up ? order(a, b) : order(b, a));
  for (const other of head.parentNode.children) other.removeAttribute('aria-sort');
  head.setAttribute('aria-sort', up ? 'ascending' : 'descending');
  table.append(...rows.map(row => row[0]));
}
const heads = [...document.querySelectorAll('.sortable th')];
for (const head of heads)
  head.firstChild.addEventListener('click', () => sort(head, head.getAttribute('aria-sort') !== 'ascending'));
function sortByAddress() {
  const [, down, key] = /^#sort=(-?)([a-z0-9-]+)$/.exec(location.hash) || [];
  for (const head of heads) if (head.dataset.key === key) sort(head, !down);
}
sortByAddress();
addEventListener('hashchange', sortByAddress);
)js";

} // namespace

std::string pageBegin(std::string_view title, std::string_view below)
{
    return fmt::format("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                       "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                       "style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n"
                       "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                       "<title>{0} – Pleat</title>\n<style>{2}</style>\n</head>\n<body>\n<main>\n"
                       "<h1>{0}</h1>\n<p class=\"q\">{1}</p>\n",
                       html(title), html(below), style);
}

std::string pageEnd(std::string_view date)
{
    return fmt::format("<footer>Written by Pleat {} on {}.</footer>\n</main>\n<script>{}</script>\n"
                       "</body>\n</html>\n",
                       PLEAT_VERSION, html(date), script);
}

std::string figures(const std::vector<Figure>& all)
{
    std::string result = "<div class=\"figures\">\n";
    for (const Figure& figure : all)
        result += fmt::format("<div{}><b>{}</b> {}</div>\n", figure.alarming ? " class=\"alarm\"" : "",
                              html(figure.number), html(figure.words));
    return result + "</div>\n";
}

std::string facts(const std::vector<Fact>& all)
{
    std::string result = "<div class=\"card\"><table class=\"facts\">\n";
    for (const Fact& fact : all)
        result += fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n", html(fact.name), fact.value);
    return result + "</table></div>\n";
}

std::string fileText(const RecipeSource& file)
{
    return fmt::format("{} · {}<br><span class=\"q\">SHA-256 <code>{}</code></span>", html(file.file),
                       counted(file.bytes, "byte"), file.sha256);
}

std::string unfolding(std::string_view line, const Result<std::string>& plots)
{
    return fmt::format("<details><summary>{}</summary>{}</details>", line,
                       plots ? *plots : "<p class=\"note\">" + html(plots.error().message) + "</p>");
}

} // namespace pleat
