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

export const large = (count) => ({ manifest: manifest([model("minutes", count, 3.7)]) });

/** Every text is an attack. */
export const hostile = (() => {
  const attack = (index) => `"'><script>alert(${index})</script><img src=x onerror=alert(${index})><!--`;
  const name = attack(1);
  const bad = model(name, 4, 1);
  bad.versions.forEach((version, index) => {
    version.version = attack(10 + index);
    version.description = `${attack(20)} \u202e\u0000\u001b[31m </textarea></style></title>`;
    version.metrics[attack(30)] = index;
    version.artifact_path = [
      "javascript:alert(40)", "JAVASCRIPT:alert(41)", "data:text/html,<script>alert(42)</script>",
      `https://example.com/${attack(43)}`,
    ][index];
    version[attack(50)] = { [attack(51)]: attack(52) };
  });
  bad.current_prod = bad.versions[2].version;
  bad.current_staging = attack(60);
  bad.history = [{
    at: attack(70), action: "promote", version: bad.current_prod, to: "prod", by: attack(71),
    reason: attack(72), forced: true, unmet: [attack(73)],
  }];
  return { manifest: manifest([bad]), policy };
})();
