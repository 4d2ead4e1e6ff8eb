// Takes the picture of docs/report.md and README.md: the page of the example manifest.
//
//   .ci/browser picture

import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";

import { chromium } from "playwright-core";

const [registry, output] = process.argv.slice(2);
const args = ["report", "--now", "2026-01-05T06:30:00Z"];
const html = execFileSync(registry, args, { encoding: "utf8" });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update"],
});
const tab = await browser.newPage({ viewport: { width: 1200, height: 880 }, bypassCSP: true });
await tab.setContent(html);
// The metrics of the first model directly below the cards.
await tab.addStyleTag({ content: "section:has(#problems), .legend h2 { display: none } .legend { margin-top: 1.2rem }" });
writeFileSync(output, await tab.screenshot());
await browser.close();
