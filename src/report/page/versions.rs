//! The table of versions, with every field.

use std::collections::HashSet;

use maud::{Markup, html};

use super::columns::{Cells, Column, columns};
use super::model::ModelPage;
use super::show::{name, shown};
use crate::artifact::State;
use crate::manifest::Stage;
use crate::report::VersionView;

/// Shows versions of a model, the newest first. A column without any value is left out.
pub(super) fn versions(page: &ModelPage<'_>) -> Markup {
    let all = page.model.versions().len();
    let columns = columns(&page.versions, page.states.is_some());
    let placed: HashSet<&str> = columns.iter().filter_map(Column::metric).collect();
    html! {
        h3 { "Versions" }
        @if all > page.versions.len() {
            p.note {
                "The newest " (page.versions.len()) " of " (all) " versions. "
                code { "registry list" } " prints all of them, also as JSON."
            }
        }
        @if page.versions.is_empty() {
            p.none { "No version is registered." }
        } @else {
            div.scroll tabindex="0" role="region" aria-label={"Versions of " (name(page.model.name()))} {
                table.versions {
                    thead { tr {
                        th scope="col" data-key="version" { "Version" }
                        th scope="col" data-key="stage" { "Stage" }
                        @for column in &columns { (column.header()) }
                    } }
                    tbody {
                        @for (place, version) in page.versions.iter().enumerate().rev() {
                            @let view = VersionView::new(page.model, version);
                            @let state = page.states.and_then(|states| states.get(place));
                            tr.prod[view.current == Some(Stage::Prod)] {
                                th scope="row" { (shown(version.version())) }
                                td { (stage(&view)) }
                                @let cells = Cells::new(version, state, &columns, &placed);
                                @for column in &columns { (cells.cell(column)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The stage of a version as a badge; a version in dev has none, as most are there.
fn stage(view: &VersionView<'_>) -> Markup {
    let text = view.stage();
    match view.current {
        Some(Stage::Prod) => html! { span.badge.prod { (text) } },
        Some(_) => html! { span.badge.staging { (text) } },
        None if view.version.stage() == Stage::Dev => html! { (text) },
        None => html! { span.badge.past { (text) } },
    }
}

/// The state of an artifact as a badge.
pub(super) fn state_badge(state: &State) -> Markup {
    match state {
        State::Ok => html! { span.badge.passed { "verified" } },
        state if state.is_failure() => html! { span.badge.failed { (state.word()) } },
        state => html! { span.badge.past { (state.word()) } },
    }
}
