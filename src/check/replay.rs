//! Replays the moves that were recorded since a published manifest.
//!
//! The state of a model follows from the published one and the events added since: each event is
//! planned, judged and applied with the code that made it. What the manifest has in another way is
//! a change that no event explains.

use std::borrow::Cow;
use std::collections::HashSet;

use json_document::{Object, Raw};

use super::{Finding, Severity, Subject};
use crate::diff::{events, unmatched, versions_by_name};
use crate::gate::{Gate, Policy, Verdict, judge};
use crate::manifest::{
    Action, DroppedMove, Event, Manifest, Model, ModelVersion, Move, Provenance, Prune, Stage,
};
use crate::merge::merge;

/// How severe findings about moves are. By default a move that no event explains is a problem, and
/// one that overrode failed rules is a warning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Strictness {
    unrecorded: Severity,
    forced: Severity,
}

impl Default for Strictness {
    fn default() -> Self {
        Self::new()
    }
}

impl Strictness {
    /// The default.
    pub const fn new() -> Self {
        Self { unrecorded: Severity::Problem, forced: Severity::Warning }
    }

    /// Whether to only warn of moves that no event explains.
    #[must_use]
    pub const fn allow_unrecorded(mut self, allow: bool) -> Self {
        self.unrecorded = if allow { Severity::Warning } else { Severity::Problem };
        self
    }

    /// Whether moves that overrode failed rules are problems.
    #[must_use]
    pub const fn refuse_forced(mut self, refuse: bool) -> Self {
        self.forced = if refuse { Severity::Problem } else { Severity::Warning };
        self
    }

    /// The severity of a move that no event explains.
    pub const fn unrecorded(self) -> Severity {
        self.unrecorded
    }
}

/// Returns what is wrong with the moves that were made since a manifest was published, given the
/// policy that was published with it.
///
/// The events that are published must all be there, in their order. The new ones are applied after
/// them, wherever a merge has put them. Each must fit the state of its model: the version must be
/// where the event has it, and the version that it replaced must have been current. Each move is
/// judged by the gates of the policy, relative rules against the model as it was at that point.
///
/// If an event does not fit after all published ones, it may have been made on a branch that was
/// merged since. Then the moves are replayed from where the branch began, and merged.
///
/// ```
/// use model_registry::check::{Strictness, replay};
/// use model_registry::{Manifest, Policy};
///
/// let manifest = |stage: &str, current: &str| {
///     let text = format!(
///         r#"{{"models": {{"m": {{"versions": [
///             {{"version": "1", "run_id": "1", "artifact_path": "a", "stage": "{stage}"}}
///         ], "current_prod": {current}}}}}}}"#
///     );
///     text.parse::<Manifest>()
/// };
/// let (published, edited) = (manifest("dev", "null")?, manifest("prod", "\"1\"")?);
/// let findings = replay(&edited, &published, &Policy::default(), Strictness::default());
/// assert_eq!(
///     findings[0].message,
///     "the current prod version of model `m` changed from none to `1`, but no event records it"
/// );
/// # Ok::<(), model_registry::Error>(())
/// ```
pub fn replay(
    manifest: &Manifest,
    published: &Manifest,
    policy: &Policy,
    strictness: Strictness,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for model in manifest.models() {
        let before = published.models().iter().find(|before| before.name() == model.name());
        if before == Some(model) {
            continue;
        }
        let published_events = before.map(events).unwrap_or_default();
        let all = events(model);
        let added = unmatched(&all, &published_events);
        findings.extend(reordered(model, &all, &added, &published_events));
        let added: Vec<Event> = added.iter().map(|event| Event::of(&event.value())).collect();
        let start = starting_point(manifest, before, model);
        let mut run = Run::new(start, model.name(), policy, strictness);
        run.give_up(&added);
        run.events(&added);
        let run = run.or_from_a_branch(&added);
        findings.extend(run.findings);
        let end = run.state.models().iter().find(|end| end.name() == model.name());
        findings.extend(
            end.map(|end| unexplained(before, end, model, strictness)).into_iter().flatten(),
        );
    }
    findings
}

/// Returns a problem if published events are in another order.
fn reordered(
    model: &Model,
    all: &[Raw<'_>],
    added: &[Raw<'_>],
    published: &[Raw<'_>],
) -> Option<Finding> {
    let mut added = added.iter().peekable();
    let kept: Vec<_> = all
        .iter()
        .filter(|event| added.next_if(|next| std::ptr::eq(next.text(), event.text())).is_none())
        .copied()
        .collect();
    let gone = unmatched(published, all);
    let mut gone = gone.iter().peekable();
    let present = published
        .iter()
        .filter(|event| gone.next_if(|next| std::ptr::eq(next.text(), event.text())).is_none());
    let in_order = kept.iter().zip(present).all(|(one, two)| one.same_meaning(*two));
    let subject = Subject { model: Some(model.name()), version: None };
    (!in_order).then(|| {
        subject
            .problem("history", format!("the published events of {subject} are in another order"))
    })
}

/// Returns a manifest with one model as it was published, and the new versions of it in dev.
fn starting_point(manifest: &Manifest, before: Option<&Model>, after: &Model) -> Manifest {
    let style = manifest.style();
    let mut fields = before.unwrap_or(after).fields().clone();
    let mut versions: Vec<ModelVersion> = Vec::new();
    if let Some(before) = before {
        versions.extend(before.versions().iter().cloned());
    } else {
        for field in ["current_prod", "current_staging", "history", "aliases"] {
            fields.remove(field);
        }
    }
    let known = before.map(versions_by_name).unwrap_or_default();
    for version in after.versions().iter().filter(|v| !known.contains_key(v.version())) {
        versions.push(version.moved_to(Stage::Dev, None, style));
    }
    let model = after.with_fields(fields, versions);
    manifest.with_fields(Object::new(), vec![model])
}

/// Published moves that a replay takes back to find where a branch began.
const MAX_UNDONE: usize = 100;

/// Events that all these attempts read together.
const MAX_READ: usize = 20_000;

/// A replay of the events of one model.
struct Run<'r> {
    start: Manifest,
    state: Manifest,
    model: &'r str,
    policy: &'r Policy,
    strictness: Strictness,
    findings: Vec<Finding>,
    /// The moves that resolved conflicts gave up.
    dropped: HashSet<DroppedMove>,
    /// Whether published moves are among them.
    gives_up_published: bool,
    /// Whether an event did not fit.
    misfits: bool,
    /// The events that removed versions so far.
    pruned: Vec<Event>,
}

impl<'r> Run<'r> {
    fn new(start: Manifest, model: &'r str, policy: &'r Policy, strictness: Strictness) -> Self {
        let state = start.clone();
        Self {
            start,
            state,
            model,
            policy,
            strictness,
            findings: Vec::new(),
            dropped: HashSet::new(),
            gives_up_published: false,
            misfits: false,
            pruned: Vec::new(),
        }
    }

    /// Takes back the published moves that a resolved conflict gave up.
    fn give_up(&mut self, added: &[Event]) {
        self.dropped = added.iter().flat_map(|event| event.dropped.iter().cloned()).collect();
        let Ok(model) = self.start.model(self.model) else { return };
        let history = model.history();
        let mut published: Vec<_> = history
            .iter()
            .filter(|event| event.action != Some(Action::Resolve))
            .filter(|event| self.dropped.contains(&DroppedMove::of(event)))
            .collect();
        self.gives_up_published = !published.is_empty();
        let (retirements, moves): (Vec<_>, Vec<_>) = published
            .into_iter()
            .partition(|event| matches!(event.action, Some(Action::Retire | Action::Unretire)));
        published = moves;
        for event in retirements {
            self.give_up_retirement(event, added);
        }
        while let Some(event) = published.pop() {
            let last = self.state.model(self.model).ok().and_then(Model::last_move);
            if last.as_ref() != Some(event) || !self.state.undo_last_move(self.model) {
                self.misfits = true;
                let message = format!(
                    "{} cannot be given up: later moves build on it",
                    self.described(event)
                );
                self.add(event, Severity::Problem, message, Vec::new());
                return;
            }
        }
    }

    /// Takes back a published retirement that a resolved conflict gave up for a move of the version.
    fn give_up_retirement(&mut self, event: &Event, added: &[Event]) {
        let is_move = |added: &Event| {
            added.version == event.version
                && added.action.is_some_and(Action::is_move)
                && !self.dropped.contains(&DroppedMove::of(added))
        };
        let restored = event.time().is_some_and(|at| {
            let provenance = Provenance::at(at);
            self.state.unretire(self.model, &event.version, &provenance).is_ok()
        });
        if !(restored && added.iter().any(is_move)) {
            self.misfits = true;
            let message =
                format!("{} cannot be given up: no move replaces it", self.described(event));
            return self.add(event, Severity::Problem, message, Vec::new());
        }
        let message = format!("{} is given up by a resolved conflict", self.described(event));
        self.add(event, self.strictness.forced, message, Vec::new());
    }

    /// Compares the outcome of a conflict with the state that the moves in effect lead to.
    ///
    /// The version that was kept was judged by what its branch saw. Against the version that was
    /// published in the meantime it is only compared: to choose a side needs no override.
    fn resolved(&mut self, event: &Event) -> Result<(), String> {
        let Ok(model) = self.state.model(self.model) else { return Ok(()) };
        let Some(stage) = event.stage() else { return Err("names an unknown stage".to_owned()) };
        let current = model.current(stage).unwrap_or_default();
        if current != event.version {
            return Err(format!(
                "does not fit: the moves in effect lead to `{current}`, not `{}`",
                event.version
            ));
        }
        if !self.gives_up_published {
            return Ok(());
        }
        let by = event.by.as_deref().unwrap_or("an unknown author");
        let replaced = event.replaced.as_deref().unwrap_or("none");
        let message = format!(
            "model `{}`: {by} resolved a conflict for `{}`; the published move to `{replaced}` does \
             not take effect",
            self.model, event.version
        );
        let mut verdicts = Vec::new();
        if let Ok(published) = self.start.model(self.model)
            && let Some(candidate) = published.version(&event.version)
        {
            let gate = Gate { from: None, ..self.policy.gate(self.model, stage) };
            verdicts = gate.judge(published, candidate);
        }
        let unmet = verdicts.iter().any(|verdict| !verdict.met);
        let severity = if unmet { self.strictness.forced } else { Severity::Warning };
        self.add(event, severity, message, if unmet { verdicts } else { Vec::new() });
        Ok(())
    }

    fn events(&mut self, events: &[Event]) {
        for event in events {
            if self.dropped.contains(&DroppedMove::of(event)) {
                continue;
            }
            let misfit = match event.action {
                Some(Action::Promote | Action::Rollback) => self.step(event),
                Some(Action::Resolve) => self.resolved(event),
                Some(Action::Alias) => self.alias(event),
                Some(Action::Retire | Action::Unretire) => self.retirement(event),
                Some(Action::Prune) => self.prune(event),
                // What is described is free.
                Some(Action::Describe) => Ok(()),
                None => Err("has an unknown action".to_owned()),
            };
            if let Err(problem) = misfit {
                self.misfits = true;
                let message = format!("{} {problem}", self.described(event));
                self.add(event, Severity::Problem, message, Vec::new());
            }
        }
    }

    /// Replays the events from where a branch began, and merges the result, if they did not
    /// fit after all published events.
    fn or_from_a_branch(self, added: &[Event]) -> Self {
        if !self.misfits || !self.dropped.is_empty() {
            return self;
        }
        let mut fork = self.start.clone();
        // Each attempt reads the history, so that a long one allows fewer of them.
        let length = self.start.model(self.model).map_or(0, |model| model.events().count());
        for _ in 0..MAX_UNDONE.min(MAX_READ / length.max(1)) {
            if !fork.undo_last_move(self.model) {
                break;
            }
            let mut branch = Run::new(fork.clone(), self.model, self.policy, self.strictness);
            branch.events(added);
            if branch.misfits {
                continue;
            }
            let merged = merge(&fork, &self.start, &branch.state);
            if merged.conflicts.is_empty() {
                branch.state = merged.manifest;
                return branch;
            }
        }
        self
    }

    /// Plans, judges and applies a move as it is recorded.
    fn step(&mut self, event: &Event) -> Result<(), String> {
        let Ok(model) = self.state.model(self.model) else {
            return Err("is of a model that is not there".to_owned());
        };
        if model.version(&event.version).is_none() {
            return Err("names a version that the model does not have".to_owned());
        }
        let Some(to) = event.stage() else {
            return Err("names an unknown stage".to_owned());
        };
        let Some(at) = event.time() else {
            return Err("has no time".to_owned());
        };
        let plan = match event.action {
            Some(Action::Rollback) if to != Stage::Prod => {
                return Err("rolls back to another stage than prod".to_owned());
            }
            Some(Action::Rollback) => model.plan_rollback(Some(&event.version)),
            _ => model.plan_promotion(&event.version, to),
        };
        let plan = plan.map_err(|error| format!("does not fit: {error}"))?;
        fits(&plan, event)?;
        let reason = event.reason.as_deref();
        if plan.action == Action::Promote {
            let verdicts = judge(&[self.policy.gate(self.model, to)], model, &plan, reason);
            self.judged(event, verdicts);
        } else if event.forced {
            return Err("is a rollback that claims to have overridden rules".to_owned());
        }
        let unmet = event.unmet.clone();
        let provenance = Provenance { at, by: event.by.as_deref(), reason, unmet: &unmet };
        self.state.apply(&plan, &provenance).map_err(|error| format!("does not fit: {error}"))
    }

    /// Sets, moves or deletes an alias as it is recorded.
    fn alias(&mut self, event: &Event) -> Result<(), String> {
        let Some(alias) = event.alias.as_deref() else {
            return Err("names no alias".to_owned());
        };
        let at = event.time().ok_or("has no time")?;
        let provenance = Provenance::at(at);
        let version = Some(event.version.as_str()).filter(|version| !version.is_empty());
        let fits = self.state.expect_alias(self.model, alias, event.replaced.as_deref());
        let set = fits.and_then(|()| self.state.set_alias(self.model, alias, version, &provenance));
        set.map(drop).map_err(|error| format!("does not fit: {error}"))
    }

    /// Withdraws or restores a version as it is recorded.
    fn retirement(&mut self, event: &Event) -> Result<(), String> {
        let at = event.time().ok_or("has no time")?;
        let (by, reason) = (event.by.as_deref(), event.reason.as_deref());
        let provenance = Provenance { by, reason, ..Provenance::at(at) };
        let (model, version) = (self.model, event.version.as_str());
        let done = match event.action {
            Some(Action::Retire) => self.state.retire(model, version, &provenance),
            _ => self.state.unretire(model, version, &provenance),
        };
        done.map(drop).map_err(|error| format!("does not fit: {error}"))
    }

    /// Removes versions as it is recorded. A version that `prune` keeps in any case cannot be among
    /// them.
    fn prune(&mut self, event: &Event) -> Result<(), String> {
        let at = event.time().ok_or("has no time")?;
        let Ok(model) = self.state.model(self.model) else { return Ok(()) };
        let everything = Prune::keep(0).past(true);
        let prunable: HashSet<&str> =
            model.prunable(&everything, at).into_iter().map(ModelVersion::version).collect();
        // Both sides of a merge may have removed a version.
        let earlier = model.history();
        let gone: HashSet<&str> = earlier
            .iter()
            .chain(&self.pruned)
            .filter(|event| event.action == Some(Action::Prune))
            .flat_map(|event| event.versions.iter().map(String::as_str))
            .collect();
        for version in &event.versions {
            if gone.contains(version.as_str()) && model.version(version).is_none() {
                continue;
            }
            if !prunable.contains(version.as_str()) {
                return Err(format!("removes version `{version}`, which must be kept"));
            }
        }
        let gone: HashSet<&str> = event.versions.iter().map(String::as_str).collect();
        self.state.remove_versions(self.model, &gone);
        self.pruned.push(event.clone());
        let by = event.by.as_deref().unwrap_or("an unknown author");
        let message = format!("{by} removed {} versions of model `{}`", gone.len(), self.model);
        self.add(event, Severity::Warning, message, Vec::new());
        Ok(())
    }

    /// Reports a move that failed a gate.
    fn judged(&mut self, event: &Event, verdicts: Vec<Verdict>) {
        let unmet: Vec<&str> =
            verdicts.iter().filter(|verdict| !verdict.met).map(|v| v.rule.as_str()).collect();
        let described = self.described(event);
        let listed = |rules: &[&str]| {
            rules.iter().map(|rule| format!("`{rule}`")).collect::<Vec<_>>().join(", ")
        };
        let to = event.stage().unwrap_or(Stage::Dev);
        let gate = self.policy.gate(self.model, to);
        let hidden: Vec<&str> = unmet
            .iter()
            .copied()
            .filter(|rule| !(event.forced && event.unmet.iter().any(|claimed| claimed == rule)))
            .collect();
        if !hidden.is_empty() {
            let message =
                format!("{described} does not meet the published policy: {}", listed(&hidden));
            self.add(event, Severity::Problem, message, verdicts);
        } else if event.forced && !unmet.is_empty() && !gate.force {
            let message = format!(
                "{described} overrode {}, which the published policy forbids",
                listed(&unmet)
            );
            self.add(event, Severity::Problem, message, verdicts);
        } else if event.forced {
            let claimed: Vec<&str> = event.unmet.iter().map(String::as_str).collect();
            let by = event.by.as_deref().unwrap_or("an unknown author");
            let why = event.reason.as_deref().unwrap_or("no reason is recorded");
            let message = format!("{described} overrode {} ({by}: {why})", listed(&claimed));
            self.add(event, self.strictness.forced, message, verdicts);
        }
    }

    fn described(&self, event: &Event) -> String {
        let action = match event.action {
            Some(Action::Promote) => "promotion",
            Some(action) => action.as_str(),
            None => "event",
        };
        let to = event.to.as_ref().map(|to| format!(" to {to}")).unwrap_or_default();
        let at = event.at.as_deref().unwrap_or("an unknown time");
        format!("the {action} of version `{}`{to} at {at} in model `{}`", event.version, self.model)
    }

    fn add(&mut self, event: &Event, severity: Severity, message: String, verdicts: Vec<Verdict>) {
        let version = Some(event.version.clone()).filter(|version| !version.is_empty());
        self.findings.push(Finding {
            severity,
            model: Some(self.model.to_owned()),
            version,
            field: Some("history".to_owned()),
            message,
            verdicts,
        });
    }
}

/// Makes sure that an event records what its plan does.
fn fits(plan: &Move, event: &Event) -> Result<(), String> {
    let named = |name: Option<&str>| name.map_or("none".to_owned(), |name| format!("`{name}`"));
    if !plan.changed {
        return Err(format!("does not fit: the version was already in {}", plan.to));
    }
    match &event.from {
        Some(from) if *from == plan.from => {}
        Some(from) => {
            return Err(format!("does not fit: the version was in {}, not {from}", plan.from));
        }
        None => return Err("does not record where the version came from".to_owned()),
    }
    if event.replaced != plan.replaced {
        return Err(format!(
            "does not fit: {} was current there, not {}",
            named(plan.replaced.as_deref()),
            named(event.replaced.as_deref())
        ));
    }
    Ok(())
}

/// Whether a version is retired by a recorded event. Where both sides of a merge retired it, the
/// first event counts, also if one side restored it without knowing of the other.
fn is_recorded(version: &ModelVersion, history: &[Event]) -> bool {
    let Some(retired) = version.retired() else { return false };
    history.iter().any(|event| {
        event.action == Some(Action::Retire)
            && event.version == version.version()
            && (&event.at, &event.by, &event.reason) == (&retired.at, &retired.by, &retired.reason)
    })
}

/// Returns the pointers and labels that differ from those that the events lead to.
fn unexplained(
    before: Option<&Model>,
    expected: &Model,
    found: &Model,
    strictness: Strictness,
) -> Vec<Finding> {
    let severity = strictness.unrecorded;
    let subject = Subject { model: Some(found.name()), version: None };
    let mut findings = Vec::new();
    let named =
        |name: Option<Cow<'_, str>>| name.map_or("none".to_owned(), |name| format!("`{name}`"));
    for stage in [Stage::Prod, Stage::Staging] {
        let (old, new) = (expected.current(stage), found.current(stage));
        if old != new {
            let message = format!(
                "the current {stage} version of {subject} changed from {} to {}, but no event records it",
                named(old),
                named(new)
            );
            let field = Model::pointer(stage).unwrap_or_default();
            findings.push(Finding { severity, ..subject.problem(field, message) });
        }
    }
    let (old, new) = (expected.get("aliases"), found.get("aliases"));
    if old != new {
        let message = format!("the aliases of {subject} changed, but no event records it");
        findings.push(Finding { severity, ..subject.problem("aliases", message) });
    }
    let (expected, published) =
        (versions_by_name(expected), before.map(versions_by_name).unwrap_or_default());
    let history = found.history();
    for version in found.versions() {
        let name = version.version();
        let Some(old) = expected.get(name) else { continue };
        let subject = Subject::of(found, version);
        if old.stage() != version.stage() {
            let message = format!(
                "{subject} has stage {}, but {} according to its events",
                version.stage(),
                old.stage()
            );
            findings.push(Finding { severity, ..subject.problem("stage", message) });
        } else if old.retired() != version.retired() && !is_recorded(version, &history) {
            let message = format!("`retired` of {subject} changed, but no event records it");
            findings.push(Finding { severity, ..subject.problem("retired", message) });
        } else if old.promoted_at() != version.promoted_at() {
            // Where both sides of a merge promoted a version, the later time was kept.
            let at = version.promoted_at();
            let recorded = at.is_none() && history.iter().any(|event| !event.dropped.is_empty());
            let recorded = recorded
                || history.iter().any(|event| {
                    let times = [event.at.as_deref(), event.promoted_before.as_deref()];
                    event.version == name && times.contains(&at.as_deref())
                });
            let kept = published.get(name).is_some_and(|old| old.promoted_at() == at);
            if !recorded && !kept {
                let message =
                    format!("`promoted_at` of {subject} changed, but no event records it");
                findings.push(Finding { severity, ..subject.problem("promoted_at", message) });
            }
        }
    }
    findings
}
