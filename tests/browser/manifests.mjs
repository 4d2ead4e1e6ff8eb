// The manifests whose pages are opened.

const time = (index, hours = 6) => new Date(Date.UTC(2025, 5, 1 + index * 5, hours)).toISOString();

/** A model of `count` versions; every fifth was promoted, and one of those was rolled back. */
function model(name, count, start) {
  const versions = [];
  const history = [];
  let prod = null;
  for (let index = 0; index < count; index += 1) {
    const version = `v${String(index + 1).padStart(2, "0")}`;
    const mae = start * (1 + Math.sin(index * 1.7) * 0.02 - index * 0.002);
    versions.push({
      version, run_id: `run-${index}`, stage: "dev", created_at: time(index), promoted_at: null,
      artifact_path: index % 2 ? `https://models.example.com/${name}/${version}` : `runs/${version}`,
      training_start: "2022-10-18", training_end: "2025-05-20", feature_schema_version: "v3",
      feature_hash: "9f2c41d07ab3e615", description: index % 3 ? "Weekly retrain" : "",
      metrics: { val_mae: index % 7 === 4 ? null : mae, val_rows: 5 + index },
    });
    if (index % 5 !== 2) continue;
    const move = (action, moved, replaced, hours, more) => history.push({
      at: time(index, hours), action, version: moved, from: "dev", to: "prod", replaced,
      by: index % 2 ? "ada" : "ci", reason: null, ...more,
    });
    const forced = index === 7 ? { forced: true, unmet: ["val_mae <= prod"], reason: "urgent" } : {};
    move("promote", version, prod, 9, forced);
    versions[index].stage = "prod";
    versions[index].promoted_at = time(index, 9);
    if (index === 12) {
      move("rollback", prod, version, 15, { reason: "errors on back-to-back games" });
      versions[index].stage = "dev";
    } else {
      prod = version;
    }
  }
  const staging = count > 3 ? versions[count - 1] : null;
  if (staging) staging.stage = "staging";
  return { name, versions, current_prod: prod, current_staging: staging?.version ?? null, history };
}

const manifest = (models) => JSON.stringify({
  schema_version: "1.0.0", updated_at: time(40),
  models: Object.fromEntries(models.map((one) => [one.name, one])),
});

const policy = new URL("policy.toml", import.meta.url).pathname;

export const example = {
  manifest: manifest([model("minutes", 24, 3.7), model("points", 9, 6.9), model("new", 2, 0.2)]),
  policy,
};

/** A project's first page: no model, and no policy. */
export const empty = { manifest: manifest([]) };

export const large = (count) => ({ manifest: manifest([model("minutes", count, 3.7)]) });

/** Many models, as on a large team's wall. */
export const many = {
  manifest: manifest(Array.from({ length: 40 }, (_, index) => model(`model_${index}`, 12, 1 + index))),
  policy,
};

/** Texts that JSON.stringify cannot write: keys that would set a prototype, and odd numbers. */
const raw = (text) => text
  .replaceAll('"PROTO"', '"__proto__"')
  .replaceAll('"NAN"', "NaN").replaceAll('"INF"', "-Infinity").replaceAll('"HUGE"', "1e400");

const attack = (index) => `"'><script>alert(${index})</script><img src=x onerror=alert(${index})><!--`;
const INVISIBLE = "\u202e\u0000\u001b[31m\u200b\ufeff\u00ad\u{e0041}\u2028";

/** Every text is an attack, every number is odd, and names are those of JavaScript or of the page. */
export const hostile = (() => {
  const bad = model(attack(1), 4, 1);
  bad.description = attack(2);
  bad.tags = { [attack(3)]: attack(4) };
  bad.aliases = { [attack(5)]: attack(6) };
  bad.versions.forEach((version, index) => {
    version.version = attack(10 + index);
    version.description = `${attack(20)} ${INVISIBLE} </textarea></style></title>]]>`;
    Object.assign(version.metrics, {
      [attack(30)]: index, constructor: index, toString: -index, PROTO: index, hasOwnProperty: null,
      odd: ["NAN", "INF", "HUGE", 1][index], [INVISIBLE]: 1,
    });
    version.artifact_path = [
      "javascript:alert(40)", "JAVASCRIPT:alert(41)", "data:text/html,<script>alert(42)</script>",
      `https://example.com/${attack(43)}`,
    ][index];
    version[attack(50)] = { [attack(51)]: attack(52), PROTO: { polluted: attack(53) } };
    version.PROTO = { polluted: attack(54) };
    version.created_at = [attack(55), "9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00+00:00", null][index];
  });
  bad.current_prod = bad.versions[2].version;
  bad.current_staging = attack(60);
  bad.history = [attack(70), "0001-01-01T00:00:00+00:00", "2025-13-45", null, 5].map((at, index) => ({
    at, action: ["promote", "rollback", attack(74)][index % 3], version: bad.versions[index % 4].version,
    to: ["prod", "staging", attack(75)][index % 3], by: attack(71), reason: attack(72), forced: true,
    unmet: [attack(73)], replaced: attack(76),
  }));
  // Names that are one once they are shortened to an anchor, and names of the page's own anchors.
  const same = ["a b", "a-b", "A B", "overview", "problems", "model-1", "PROTO", "constructor", ""];
  return { manifest: raw(manifest([bad, ...same.map((name) => model(name, 2, 1))])), policy };
})();

/** A description of a megabyte, a version with 5,000 metrics, and one with 5,000 fields. */
export const bulky = (() => {
  const bad = model("bulky", 6, 1);
  const word = "<b>word</b> ";
  bad.versions[0].description = word.repeat(1_000_000 / word.length);
  for (let index = 0; index < 5000; index += 1) {
    bad.versions[1].metrics[`metric ${index}`] = index;
    bad.versions[2][`field ${index}`] = `<i>${index}`;
  }
  return { manifest: manifest([bad]), policy };
})();
