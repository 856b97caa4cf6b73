// What stands in the way of a screen reader, a keyboard or a finger.
const all = (selector) => [...document.querySelectorAll(selector)];
const seen = (selector) => all(selector).filter((element) => element.checkVisibility());
const brief = (element) => element.outerHTML.slice(0, 120);
const found = [];

const controls = "input:not([type=hidden]), select, textarea, button, a[href], progress, summary";
for (const control of seen(controls)) {
  const label = control.labels && control.labels.length || control.getAttribute("aria-label") || control.textContent.trim();
  if (!label) found.push(`without a name: ${brief(control)}`);
}
for (const group of seen("fieldset")) if (!group.querySelector("legend")) found.push(`without a legend: ${brief(group)}`);
for (const image of all("img")) if (!image.hasAttribute("alt")) found.push(`without a text: ${brief(image)}`);
for (const table of seen("table")) if (!table.querySelector("th[scope]")) found.push(`without heads: ${brief(table)}`);

const ids = all("[id]").map((element) => element.id);
ids.forEach((id, place) => { if (ids.indexOf(id) !== place) found.push(`an id twice: ${id}`); });
for (const element of all("[aria-describedby], [aria-labelledby]")) {
  const named = `${element.getAttribute("aria-describedby") || ""} ${element.getAttribute("aria-labelledby") || ""}`;
  for (const id of named.split(" ").filter(Boolean)) if (!ids.includes(id)) found.push(`names nothing: ${id}`);
}
for (const landmark of ["header", "main", "footer", "h1"]) {
  if (all(landmark).length !== 1) found.push(`${all(landmark).length} times ${landmark}`);
}
const levels = seen("h1, h2, h3").map((heading) => Number(heading.tagName[1]));
levels.forEach((level, place) => { if (level > (levels[place - 1] || 0) + 1) found.push(`headings jump to h${level}`); });
for (const target of seen("button, .button, summary, input:not([type=hidden], [type=radio])")) {
  if (target.getBoundingClientRect().height < 24) found.push(`too small for a finger: ${brief(target)}`);
}
if (!document.documentElement.lang) found.push("no language");
if (!document.title) found.push("no title");
return found;
