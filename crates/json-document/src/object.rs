//! An object that can be edited.

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::OnceLock;

use crate::error::ParseError;
use crate::parser::Parser;
use crate::string::{decode, encode};
use crate::style::Style;
use crate::text::Text;

/// A member of an [`Object`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Member {
    key: Text,
    value: Option<Text>,
}

impl Member {
    /// Returns the key, decoded.
    pub fn name(&self) -> Cow<'_, str> {
        decode(&self.key)
    }

    /// Returns the key in quotes, as it is written in the document.
    pub const fn key(&self) -> &Text {
        &self.key
    }

    /// Returns the text of the value; `None` if the caller keeps it. See [`Object::hold`].
    pub const fn value(&self) -> Option<&Text> {
        self.value.as_ref()
    }
}

/// An object whose members keep their text.
///
/// A parsed object also keeps its layout, and a new member is laid out like the last one. An object
/// that was not parsed is laid out in a [`Style`] when it is written.
///
/// ```
/// use json_document::{Object, Style};
///
/// let style = Style::default();
/// let mut object = Object::parse(&"{\n\t\"a\" : 1e-07,\n\t\"b\" : [ ]\n}".into())?;
/// object.set("b", "true".into(), &style, 0);
/// object.set("c", "null".into(), &style, 0);
/// assert_eq!(object.to_text(&style, 0), "{\n\t\"a\" : 1e-07,\n\t\"b\" : true,\n\t\"c\": null\n}");
/// object.remove("a");
/// assert_eq!(object.to_text(&style, 0), "{\n\t\"b\" : true,\n\t\"c\": null\n}");
/// # Ok::<(), json_document::ParseError>(())
/// ```
#[derive(Debug, Default)]
pub struct Object {
    members: Vec<Member>,
    layout: Layout,
    /// Indexes of the members by name, built only for an object that has many.
    index: OnceLock<HashMap<String, usize>>,
}

/// Where the whitespace of an object comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
enum Layout {
    /// From the style in which it is written.
    #[default]
    Style,
    /// From the text that was parsed: around every member, or inside an empty object.
    Kept { members: Vec<Blanks>, empty: Text },
}

/// The whitespace before a key, the colon with the whitespace around it, and the whitespace after
/// the value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Blanks {
    before: Text,
    colon: Text,
    after: Text,
}

impl Object {
    /// Largest number of members that are searched one by one.
    const FEW: usize = 16;

    /// Returns an empty object, which is laid out in a style when it is written.
    pub const fn new() -> Self {
        Self { members: Vec::new(), layout: Layout::Style, index: OnceLock::new() }
    }

    /// Parses a text that contains one object.
    ///
    /// # Errors
    /// A [`ParseError`](crate::ParseError) if the text is not one object, or an object in it has a
    /// duplicate key.
    pub fn parse(text: &Text) -> Result<Self, ParseError> {
        let mut parser = Parser::from_str(text);
        let (mut members, mut blanks) = (Vec::new(), Vec::<Blanks>::new());
        // Where the whitespace before the next key starts: after the brace or a comma.
        let mut gap = parser.start()? + 1;
        parser.object::<ParseError>(|parser, key| {
            if let Some(last) = blanks.last_mut() {
                // The gap starts after the last value and contains its comma.
                let between = &text[gap..key.span.start];
                let comma = gap + between.find(',').unwrap_or_default();
                last.after = text.slice(gap..comma);
                gap = comma + 1;
            }
            let value = parser.skip_unique()?;
            blanks.push(Blanks {
                before: text.slice(gap..key.span.start),
                colon: text.slice(key.span.end..value.start),
                after: text.slice(value.end..value.end),
            });
            gap = value.end;
            members.push(Member { key: text.slice(key.span), value: Some(text.slice(value)) });
            Ok(())
        })?;
        let end = text.slice(gap..parser.offset() - 1);
        parser.finish()?;
        if let Some(last) = blanks.last_mut() {
            last.after = end.clone();
        }
        let layout = Layout::Kept { members: blanks, empty: end };
        Ok(Self { members, layout, index: OnceLock::new() })
    }

    /// Returns the members in their order.
    pub fn members(&self) -> impl ExactSizeIterator<Item = &Member> {
        self.members.iter()
    }

    /// Returns whether the object has no members.
    pub const fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Returns the text of a key's value; `None` if the object does not have the key, or the caller
    /// keeps the value.
    pub fn get(&self, name: &str) -> Option<&Text> {
        self.member(name)?.value()
    }

    /// Returns the member with a key.
    pub fn member(&self, name: &str) -> Option<&Member> {
        self.find(name).map(|position| &self.members[position])
    }

    /// Appends a member to an object that was not parsed. `key` is in quotes and must be new. With
    /// `None`, the caller keeps the value; see [`Object::hold`].
    pub fn push(&mut self, key: Text, value: Option<Text>) {
        if let Some(index) = self.index.get_mut() {
            index.insert(decode(&key).into_owned(), self.members.len());
        }
        self.members.push(Member { key, value });
    }

    /// Sets a member whose value the caller keeps, such as an array that is kept as a list of
    /// parsed elements. [`Object::write`] asks the caller for the value. A parsed object must have
    /// the member already.
    ///
    /// ```
    /// use json_document::{Object, Style};
    ///
    /// let style = Style::one_line();
    /// let mut object = Object::new();
    /// object.set("name", "\"m\"".into(), &style, 0);
    /// object.hold("versions", &style);
    /// let mut text = String::new();
    /// object.write(&style, 0, &mut |piece| text.push_str(piece), &mut |_, put| put("[1, 2]"));
    /// assert_eq!(text, r#"{"name": "m", "versions": [1, 2]}"#);
    /// ```
    pub fn hold(&mut self, name: &str, style: &Style) {
        match self.find(name) {
            Some(position) => self.members[position].value = None,
            None => self.push(encode(name, style.is_ascii()).into(), None),
        }
    }

    /// Sets the value of a key: replaces the value that it has, or appends a member.
    ///
    /// `depth` is the depth of the object in its document.
    pub fn set(&mut self, name: &str, value: Text, style: &Style, depth: usize) {
        if let Some(position) = self.find(name) {
            self.members[position].value = Some(value);
            return;
        }
        if let Layout::Kept { members, .. } = &mut self.layout {
            let new = match members.last_mut() {
                Some(last) => Blanks {
                    before: last.before.clone(),
                    colon: style.colon().into(),
                    after: std::mem::replace(&mut last.after, "".into()),
                },
                None => Blanks {
                    before: style.line(depth + 1).into(),
                    colon: style.colon().into(),
                    after: style.line(depth).into(),
                },
            };
            members.push(new);
        }
        self.push(encode(name, style.is_ascii()).into(), Some(value));
    }

    /// Removes a member with its comma. Returns whether the object had it.
    pub fn remove(&mut self, name: &str) -> bool {
        let Some(position) = self.find(name) else { return false };
        self.remove_where(|at, _| at == position);
        true
    }

    /// Keeps only the members for which `keep` returns `true`, and removes the others with their
    /// commas.
    pub fn retain(&mut self, mut keep: impl FnMut(&Member) -> bool) {
        self.remove_where(|_, member| !keep(member));
    }

    fn remove_where(&mut self, mut is_removed: impl FnMut(usize, &Member) -> bool) {
        let members = self.members.iter().enumerate();
        let removed: Vec<bool> =
            members.map(|(position, member)| is_removed(position, member)).collect();
        if !removed.contains(&true) {
            return;
        }
        self.index = OnceLock::new();
        let mut flags = removed.iter();
        self.members.retain(|_| flags.next() == Some(&false));
        if let Layout::Kept { members, empty } = &mut self.layout {
            // The first member that is kept gets the whitespace before the first member. Each kept
            // member gets the whitespace after the removed members that follow it.
            let first = members[0].before.clone();
            let mut kept: Vec<Blanks> = Vec::with_capacity(members.len());
            for (blanks, removed) in members.drain(..).zip(&removed) {
                match (removed, kept.last_mut()) {
                    (true, Some(last)) => last.after = blanks.after,
                    (true, None) => {}
                    (false, None) => kept.push(Blanks { before: first.clone(), ..blanks }),
                    (false, Some(_)) => kept.push(blanks),
                }
            }
            (*members, *empty) = (kept, "".into());
        }
    }

    /// Returns the object as JSON text, for an object at `depth` in its document. Values that the
    /// caller keeps are missing from it; use [`Object::write`] to include them.
    pub fn to_text(&self, style: &Style, depth: usize) -> String {
        let mut text = String::new();
        self.write(style, depth, &mut |piece| text.push_str(piece), &mut |_, _| {});
        text
    }

    /// Writes the object piece by piece, for an object at `depth` in its document. `held` is called
    /// with the name of every member whose value the caller keeps, and must write that value.
    pub fn write<P: FnMut(&str)>(
        &self,
        style: &Style,
        depth: usize,
        put: &mut P,
        held: &mut dyn FnMut(&str, &mut P),
    ) {
        let (line, comma, end) = (style.line(depth + 1), style.comma(depth + 1), style.line(depth));
        put("{");
        for (position, Member { key, value }) in self.members.iter().enumerate() {
            let kept = match &self.layout {
                Layout::Kept { members, .. } => Some(&members[position]),
                Layout::Style => None,
            };
            match kept {
                Some(blanks) => {
                    put(if position > 0 { "," } else { "" });
                    put(&blanks.before);
                }
                None => put(if position > 0 { &comma } else { &line }),
            }
            put(key);
            put(kept.map_or(style.colon(), |blanks| &blanks.colon));
            match value {
                Some(value) => put(value),
                None => held(&decode(key), put),
            }
            put(kept.map_or("", |blanks| &blanks.after));
        }
        match &self.layout {
            Layout::Kept { empty, .. } if self.is_empty() => put(empty),
            Layout::Style if !self.is_empty() => put(&end),
            _ => {}
        }
        put("}");
    }

    fn find(&self, name: &str) -> Option<usize> {
        if self.members.len() <= Self::FEW {
            return self.members.iter().position(|member| member.name() == name);
        }
        let index = self.index.get_or_init(|| {
            let names = self.members.iter().map(|member| member.name().into_owned());
            names.zip(0..).collect()
        });
        index.get(name).copied()
    }
}

impl Clone for Object {
    fn clone(&self) -> Self {
        let (members, layout) = (self.members.clone(), self.layout.clone());
        Self { members, layout, index: OnceLock::new() }
    }
}

impl PartialEq for Object {
    fn eq(&self, other: &Self) -> bool {
        (&self.members, &self.layout) == (&other.members, &other.layout)
    }
}

impl Eq for Object {}
