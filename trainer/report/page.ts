/** @file The page around the charts: one HTML document, in light or dark as the reader's system is. */

const STYLE = `
:root {
  color-scheme: light dark;
  --page: #fbfbfa; --card: #ffffff; --text: #22262c; --faint: #6a7280; --line: #e3e5e8;
  --after: #3b6fd4; --before: #d97706;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171b; --card: #1c2026; --text: #e4e7eb; --faint: #98a1ad; --line: #2e343c;
    --after: #5b8def; --before: #f0a33c;
  }
}
body {
  margin: 0 auto; padding: 24px; max-width: 1380px; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, sans-serif;
}
h1 { font-size: 26px; margin: 0 0 16px; }
h2 { font-size: 17px; margin: 32px 0 8px; }
h3 { font-size: 13px; font-weight: 600; margin: 0 0 4px; }
h3 > span { font-weight: 400; margin-left: 8px; }
p { color: var(--faint); margin: 0 0 8px; }
dl { display: flex; flex-wrap: wrap; gap: 12px; margin: 0; }
dl div, .charts > * {
  background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 10px 14px;
}
dt { color: var(--faint); font-size: 12px; }
dd { margin: 0; font-size: 19px; font-variant-numeric: tabular-nums; }
.charts { display: grid; gap: 12px; grid-template-columns: repeat(auto-fill, minmax(400px, 1fr)); }
.charts.small { grid-template-columns: repeat(auto-fill, minmax(200px, 1fr)); }
.charts.wide { grid-template-columns: 1fr; }
.charts:not(.wide) > :only-child { justify-self: start; }
.charts svg { --plot-background: var(--card); overflow: visible; width: 100%; }
.charts > :only-child svg { width: auto; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 14px; font-size: 13px; }
.key::before { content: ""; display: inline-block; width: 10px; height: 10px; margin-right: 5px;
  border-radius: 2px; background: currentColor; }
pre { margin: 0; overflow: auto; font-size: 12px; columns: 3 320px; }
`;

export function page(title: string, parts: readonly string[]): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)} · tritc</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escaped(title)}</h1>
${parts.join("\n")}
</body>
</html>
`;
}

/** A heading, a note in HTML, and boxes beside each other. */
export function section(
  title: string,
  note: string,
  boxes: readonly string[],
  size: "" | "small" | "wide" = "",
): string {
  const content = boxes.map(box => `<div>${box}</div>`).join("\n");
  return `<h2>${title}</h2>${note}<div class="charts ${size}">${content}</div>`;
}

export function escaped(text: string): string {
  return text.replace(/[&<>"]/g, character => `&#${character.codePointAt(0)};`);
}
