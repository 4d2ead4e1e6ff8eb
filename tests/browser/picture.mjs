// Takes the picture of docs/report.md and README.md: the top of docs/example-report.html.
//
//   .ci/browser picture

import { readFileSync, writeFileSync } from "node:fs";

import { chromium } from "playwright-core";

const [page, output] = process.argv.slice(2);
const html = readFileSync(page, "utf8");
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update"],
});
const tab = await browser.newPage({ viewport: { width: 1200, height: 820 }, bypassCSP: true });
await tab.setContent(html);
writeFileSync(output, await tab.screenshot());
await browser.close();
