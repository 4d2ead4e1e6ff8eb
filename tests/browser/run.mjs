// Opens pages of `registry report` in Chromium, and makes sure that they work there.
//
//   node tests/browser/run.mjs REGISTRY SCREENSHOTS [NAME]
//
// REGISTRY is the command to test; pictures go to the folder SCREENSHOTS. With NAME, only tests whose
// names contain it run. `.ci/browser` installs what this needs. Seen to fail: a mark too many in a chart, an inline style, a link to a style
// sheet, sorting by text, gray text on gray, a wide table that does not scroll.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createServer } from "node:http";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { HtmlValidate } from "html-validate";
import { chromium } from "playwright-core";

import { bulky, empty, example, hostile, large, many } from "./manifests.mjs";

const [registry, pictures, only = ""] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const folder = mkdtempSync(join(tmpdir(), "registry-browser-"));
mkdirSync(pictures, { recursive: true });

/** The page of a manifest, and its data block. */
function page(name, { manifest, policy }) {
  const output = join(folder, `${name}.html`);
  const args = ["-m", "-", "report", "-o", output, "--now", "2026-01-05T06:30:00Z"];
  if (policy) args.push("--policy", policy);
  execFileSync(registry, args, { input: manifest, stdio: ["pipe", "ignore", "inherit"] });
  const html = readFileSync(output, "utf8");
  const [, text] = html.match(/<script type="application\/json" id="registry-data">(.*?)<\/script>/s);
  return { name, html, data: JSON.parse(text) };
}

/** The policy that a page sets for itself. */
const policyOf = ({ html }) =>
  html.match(/http-equiv="Content-Security-Policy" content="([^"]*)"/)[1].replaceAll("&#39;", "'");

// The pages come from a server, so that a browser has an origin to leave. A page may name the policy
// that the server sends with it.
const pages = new Map();
const server = createServer((request, response) => {
  const { html, csp } = pages.get(request.url) ?? {};
  const headers = { "content-type": "text/html; charset=utf-8" };
  if (csp) headers["content-security-policy"] = csp;
  response.writeHead(html ? 200 : 404, headers);
  response.end(html);
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const origin = `http://127.0.0.1:${server.address().port}`;

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update"],
});

/** Opens a page, and calls `test` with it. Nothing may go wrong in it or leave it, except what
 * `refused` matches. */
async function visit({ name, html, csp, refused }, options, test) {
  pages.set(`/${name}`, { html, csp });
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const tab = await context.newPage();
  const problems = [];
  tab.on("console", (message) => {
    if (!refused?.test(message.text())) problems.push(`console: ${message.text()}`);
  });
  tab.on("pageerror", (error) => problems.push(`error: ${error.message}`));
  tab.on("dialog", (dialog) => { problems.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  tab.on("request", (request) => {
    if (request.url() !== `${origin}/${name}` && !request.url().startsWith("data:")) {
      problems.push(`request: ${request.url()}`);
    }
  });
  await tab.goto(`${origin}/${name}`);
  await test(tab);
  assert.deepEqual(problems, [], name);
  await context.close();
}

/** The text of a page without what only a script adds. */
const facts = (tab) =>
  tab.evaluate(() => {
    document.querySelectorAll(".filter, script").forEach((element) => element.remove());
    return document.body.textContent.replace(/\s+/g, " ");
  });

const tests = {
  async "the page is valid HTML"() {
    const validator = new HtmlValidate({
      extends: ["html-validate:standard"],
      rules: {
        // Matters of taste: quotes, capitals, and spaces at the end of a line.
        "attr-quotes": "off", "doctype-style": "off", "no-trailing-whitespace": "off",
        // The icon and the policy of the page are meant to be in it.
        "no-inline-style": "error", "long-title": "off", "require-sri": "off",
      },
    });
    for (const shown of [example, hostile, many, empty]) {
      const report = await validator.validateString(page("valid", shown).html);
      const messages = report.results.flatMap((result) => result.messages);
      const lines = messages.map((one) => `${one.line}:${one.column} ${one.ruleId}: ${one.message}`);
      assert.deepEqual(lines, []);
    }
  },

  async "every chart has a mark for each version"() {
    const shown = page("charts", example);
    await visit(shown, {}, async (tab) => {
      const charts = await tab.$$eval(".model", (sections) => sections.map((section) =>
        [...section.querySelectorAll(".chart")].map((chart) => ({
          marks: chart.querySelectorAll(".points > *").length,
          gaps: chart.querySelectorAll(".points > .gap").length,
          prod: chart.querySelectorAll(".points > .prod").length,
          metric: chart.querySelector("h4").textContent,
        }))));
      assert.equal(charts.length, shown.data.models.length);
      shown.data.models.forEach(({ versions, current_prod }, index) => {
        assert.ok(charts[index].length > 0);
        for (const { marks, gaps, prod, metric } of charts[index]) {
          assert.equal(marks, versions.length, metric);
          const missing = versions.filter((one) => typeof one.metrics[metric] !== "number");
          assert.equal(gaps, missing.length, metric);
          const current = versions.find((one) => one.version === current_prod);
          assert.equal(prod, current && typeof current.metrics[metric] === "number" ? 1 : 0, metric);
        }
      });
    });
  },

  async "tables sort by value and filter"() {
    const shown = page("tables", example);
    await visit(shown, {}, async (tab) => {
      const table = tab.locator(".model").first().locator(".versions");
      const column = () => table.locator("tbody tr:visible th").allTextContents();
      const versions = shown.data.models[0].versions;
      // One metric is missing in some versions; the other sorts otherwise as text.
      for (const metric of ["val_mae", "val_rows"]) {
        const header = table.locator(`th[data-metric=${metric}]`);
        const value = (name) => versions.find((one) => one.version === name).metrics[metric];
        for (const [direction, sign] of [["ascending", 1], ["descending", -1]]) {
          await header.getByRole("button").press("Enter");
          assert.equal(await header.getAttribute("aria-sort"), direction);
          const values = (await column()).map(value);
          assert.equal(values.length, versions.length);
          const present = values.filter((one) => one !== null);
          assert.deepEqual(present, [...present].sort((one, two) => sign * (one - two)));
          // What is missing comes last.
          assert.deepEqual(values.slice(0, present.length), present);
        }
      }
      const wanted = versions[3].version;
      await tab.getByLabel("Filter").first().fill(wanted.toUpperCase());
      assert.deepEqual(await column(), [wanted]);
      const status = tab.locator(".filter [role=status]").first();
      assert.equal(await status.textContent(), `1 of ${versions.length} versions`);
      await tab.getByLabel("Filter").first().fill("");
      assert.equal((await column()).length, versions.length);
    });
  },

  async "the keyboard goes through a chart"() {
    const shown = page("keys", example);
    await visit(shown, {}, async (tab) => {
      const plot = tab.locator(".plot").first();
      const details = tab.locator(".details").first();
      const versions = [...shown.data.models[0].versions].reverse().map((one) => one.version);
      await plot.focus();
      const seen = [];
      for (const version of versions) {
        await plot.press("ArrowRight");
        seen.push((await details.textContent()).split(":")[0]);
      }
      assert.deepEqual(seen, versions);
      await plot.press("Home");
      assert.match(await details.textContent(), new RegExp(`^${versions[0]}: `));
    });
  },

  async "the keyboard goes through a table"() {
    await visit(page("table-keys", example), {}, async (tab) => {
      const section = tab.locator(".model").first();
      await section.getByLabel("Filter").focus();
      const focused = () => tab.evaluate(() => document.activeElement.className
        || document.activeElement.textContent);
      await tab.keyboard.press("Tab");
      assert.equal(await focused(), "scroll");
      // A browser scrolls a focused region with the arrow keys; this one has more than it shows.
      assert.ok(await tab.evaluate(() => {
        const { scrollWidth, clientWidth } = document.activeElement;
        return scrollWidth > clientWidth;
      }));
      await tab.keyboard.press("Tab");
      assert.equal(await focused(), "Version");
      await tab.keyboard.press("Space");
      const header = section.locator(".versions th").first();
      assert.equal(await header.getAttribute("aria-sort"), "ascending");
      const first = () => section.locator(".versions tbody th").first().textContent();
      assert.equal(await first(), "v01");
      await tab.keyboard.press("Enter");
      assert.equal(await header.getAttribute("aria-sort"), "descending");
      assert.equal(await first(), "v24");
    });
  },

  async "without JavaScript the page shows the same facts"() {
    for (const shown of [example, hostile]) {
      const report = page("facts", shown);
      let without;
      // Playwright runs its own code only where scripts may run, so the first visit reads the text.
      await visit(report, { javaScriptEnabled: false }, async (tab) => {
        const text = await tab.locator("body").evaluate((body) => {
          body.querySelectorAll("script").forEach((element) => element.remove());
          return body.textContent.replace(/\s+/g, " ");
        });
        without = text;
        assert.equal(await tab.locator(".filter").count(), 0);
      });
      await visit(report, {}, async (tab) => assert.equal(await facts(tab), without));
    }
  },

  async "text from the manifest runs nothing and links nowhere else"() {
    for (const shown of [hostile, bulky]) {
      await visit(page("hostile", shown), {}, async (tab) => {
        const found = await tab.evaluate(() => {
          const all = [...document.querySelectorAll("*")];
          const ids = all.map((one) => one.id).filter(Boolean);
          return {
            elements: [...new Set(all.map((one) => one.localName))],
            attributes: [...new Set(all.flatMap((one) => one.getAttributeNames()))],
            links: [...document.querySelectorAll("a")].map((one) => one.protocol),
            anchors: [...document.querySelectorAll('a[href^="#"]')]
              .filter((one) => !document.getElementById(one.hash.slice(1))).map((one) => one.hash),
            repeated: ids.filter((id, index) => ids.indexOf(id) !== index),
            comments: document.createTreeWalker(document, NodeFilter.SHOW_COMMENT).nextNode()?.data,
            scripts: document.scripts.length,
            polluted: ({}).polluted,
          };
        });
        const elements = `html head meta title link style body a header main footer section div p span
          h1 h2 h3 h4 ul li strong code time table thead tbody tr th td figure figcaption script svg g
          path circle rect text button label input`.split(/\s+/);
        assert.deepEqual(found.elements.filter((one) => !elements.includes(one)), []);
        const attributes = `lang charset http-equiv content name rel href class id aria-labelledby
          aria-label aria-hidden aria-sort role tabindex scope datetime data-key data-metric type
          autocomplete placeholder viewBox width height preserveAspectRatio x y cx cy r d fill stroke
          stroke-width stroke-opacity font-size text-anchor`.split(/\s+/);
        assert.deepEqual(found.attributes.filter((one) => !attributes.includes(one)), []);
        assert.ok(found.links.every((one) => one === "http:" || one === "https:"), found.links.join());
        assert.deepEqual(found.anchors, []);
        assert.deepEqual(found.repeated, []);
        assert.equal(found.comments, undefined);
        assert.equal(found.scripts, 2);
        assert.equal(found.polluted, undefined);
      });
    }
  },

  async "no character of the manifest is invisible"() {
    const { html } = page("invisible", hostile);
    const found = html.match(/[\p{Cc}\p{Cf}\u2028\u2029\u3164]/gu) ?? [];
    assert.deepEqual([...new Set(found)], ["\n"]);
  },

  async "tables sort by columns with odd names and numbers"() {
    const shown = page("odd", hostile);
    await visit(shown, {}, async (tab) => {
      const table = tab.locator(".model").first().locator(".versions");
      const headers = table.locator("thead button");
      const count = await headers.count();
      assert.ok(count > 10);
      for (let index = 0; index < count; index += 1) {
        await headers.nth(index).press("Enter");
        const rows = await table.locator("tbody tr").count();
        assert.equal(rows, shown.data.models[0].versions.length);
      }
      const column = async (metric) => {
        const header = table.locator(`th[data-metric=${metric}]`);
        await header.getByRole("button").press("Enter");
        const index = await header.evaluate((cell) => cell.cellIndex);
        return table.locator(`tbody tr > :nth-child(${index + 1})`).allTextContents();
      };
      assert.deepEqual(await column("constructor"), ["0", "1", "2", "3"]);
      assert.deepEqual(await column("toString"), ["-3", "-2", "-1", "0"]);
      assert.deepEqual(await column("__proto__"), ["0", "1", "2", "3"]);
    });
  },

  async "the page works under its own policy as a header"() {
    const report = page("strict", example);
    const csp = policyOf(report);
    assert.ok(csp.startsWith("default-src 'none'; "), csp);
    assert.ok(!/unsafe|\*|https?:/.test(csp), csp);
    await visit({ ...report, csp }, {}, async (tab) => {
      assert.ok(await tab.locator(".filter").count() > 0);
      assert.equal(await tab.locator(".card").first().evaluate((one) => getComputedStyle(one).display), "flex");
    });
  },

  async "under a policy that forbids everything the page shows the same facts"() {
    const report = page("closed", example);
    let allowed;
    await visit(report, {}, async (tab) => { allowed = await facts(tab); });
    const closed = { ...report, csp: "default-src 'none'", refused: /Content Security Policy/ };
    await visit(closed, {}, async (tab) => {
      assert.equal(await tab.locator(".filter").count(), 0);
      assert.equal(await facts(tab), allowed);
    });
  },

  async "a script that somebody adds to the page does not run"() {
    const report = page("added", example);
    const added = `<script>document.title = "owned"</script><img src="data:," onerror="document.title = 'owned'">`;
    const html = report.html.replace("</body>", `${added}</body>`);
    assert.notEqual(html, report.html);
    await visit({ ...report, html, refused: /Content Security Policy/ }, {}, async (tab) => {
      assert.equal(await tab.title(), "Model registry");
    });
  },

  async "the page is accessible"() {
    for (const colorScheme of ["light", "dark"]) {
      for (const shown of [example, hostile, empty]) {
        const report = page("accessible", shown);
        const context = await browser.newContext({ colorScheme, bypassCSP: true });
        const tab = await context.newPage();
        await tab.setContent(report.html);
        await tab.evaluate(axe);
        // Models that differ only in capitals have regions with one name.
        const off = shown === hostile ? ["landmark-unique"] : [];
        const found = await tab.evaluate((off) => window.axe.run({
          rules: Object.fromEntries(off.map((rule) => [rule, { enabled: false }])),
        }), off);
        const lines = found.violations.map((one) =>
          `${colorScheme} ${one.id}: ${one.help}: ${one.nodes.slice(0, 3).map((node) => node.html)}`);
        assert.deepEqual(lines, []);
        assert.ok(found.passes.some((one) => one.id === "color-contrast"));
        await context.close();
      }
    }
  },

  async "without its style the page can be read"() {
    const bare = page("bare", example).html.replace(/<style>.*?<\/style>/s, "");
    const tab = await browser.newPage();
    await tab.setContent(bare);
    const sizes = await tab.$$eval("svg", (all) => all.map((one) => one.getBoundingClientRect().width));
    assert.ok(sizes.length > 0 && sizes.every((width) => width <= 400), String(Math.max(...sizes)));
    await tab.close();
  },

  async "nothing is wider than the screen"() {
    for (const shown of [example, hostile, bulky, many, empty]) {
      const report = page("widths", shown);
      for (const width of [320, 768, 1280, 2560]) {
        await visit(report, { viewport: { width, height: 900 } }, async (tab) => {
          const overflow = await tab.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          assert.ok(overflow <= 0, `${overflow} pixels too wide at ${width}`);
        });
      }
    }
  },

  async "on paper nothing is cut off"() {
    await visit(page("paper", example), { viewport: { width: 794, height: 1123 } }, async (tab) => {
      await tab.emulateMedia({ media: "print" });
      const overflow = await tab.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(overflow <= 0, `${overflow} pixels too wide`);
      const cut = await tab.$$eval(".scroll", (all) => all.filter((one) =>
        one.scrollHeight > one.clientHeight + 1 || one.scrollWidth > one.clientWidth + 1).length);
      assert.equal(cut, 0);
      assert.equal(await tab.locator(".filter:visible").count(), 0);
    });
  },

  async "a dark screen prints dark text on white paper"() {
    const dark = { viewport: { width: 794, height: 1123 }, colorScheme: "dark" };
    await visit(page("ink", example), dark, async (tab) => {
      const colours = () => tab.evaluate(() => {
        const lightness = (value) => {
          const [red, green, blue, alpha = 1] = value.match(/[\d.]+/g).map(Number);
          return alpha === 0 ? null : (red + green + blue) / 765;
        };
        const shown = [...document.querySelectorAll("body, h1, h2, h3, p, li, td, th, .card, .chart")];
        const styles = shown.map((element) => getComputedStyle(element));
        return {
          inks: styles.map((style) => lightness(style.color)),
          papers: styles.map((style) => lightness(style.backgroundColor)).filter((one) => one !== null),
        };
      });
      const screen = await colours();
      assert.ok(Math.max(...screen.papers) < 0.3 && Math.max(...screen.inks) > 0.8);
      await tab.emulateMedia({ media: "print" });
      const paper = await colours();
      assert.ok(Math.min(...paper.papers) > 0.85, `paper ${Math.min(...paper.papers)}`);
      assert.ok(Math.max(...paper.inks) < 0.45, `ink ${Math.max(...paper.inks)}`);
      const pdf = await tab.pdf({ path: join(pictures, "report.pdf"), format: "A4", printBackground: true });
      assert.ok(pdf.length > 10_000);
    });
  },

  async "a page without models is one short page"() {
    await visit(page("empty", empty), {}, async (tab) => {
      assert.equal(await tab.locator(".none").count(), 1);
      assert.ok(await tab.evaluate(() => document.documentElement.scrollHeight <= innerHeight));
      await tab.screenshot({ path: join(pictures, "report-empty.png") });
    });
  },

  async "a large page is thinned and still works"() {
    const report = page("large", large(10000));
    assert.ok(report.html.length < 5_000_000);
    await visit(report, {}, async (tab) => {
      const rows = await tab.locator(".versions tbody tr").count();
      assert.equal(rows, report.data.models[0].versions.length);
      assert.match(await tab.locator("main").textContent(), /The newest \d+ of 10000 versions\./);
      await tab.locator("th[data-metric=val_mae] button").click();
    });
  },

  async "pictures are taken"() {
    const report = page("pictures", example);
    for (const width of [390, 1280, 2560]) {
      for (const colorScheme of ["light", "dark"]) {
        await visit(report, { viewport: { width, height: 1440 }, colorScheme }, async (tab) => {
          const path = join(pictures, `report-${width}-${colorScheme}.png`);
          assert.ok((await tab.screenshot({ path })).length > 10_000);
        });
      }
    }
  },
};

let failed = 0;
const chosen = Object.entries(tests).filter(([name]) => name.includes(only));
for (const [name, test] of chosen) {
  try {
    await test();
    console.log(`ok      ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED  ${name}\n${error.stack}`);
  }
}
await browser.close();
server.close();
rmSync(folder, { recursive: true });
console.log(`${chosen.length - failed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
